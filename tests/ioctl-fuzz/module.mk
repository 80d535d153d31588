# SPDX-License-Identifier: MIT
#
# The ioctl fuzzer, in the guest.

ioctl_fuzz := $(B)/tests/guest/v3npu_ioctl_fuzz

CHECK_PROGS += tests/ioctl-fuzz/run
CHECK_DEPS += ioctl-fuzz

.PHONY: ioctl-fuzz

ioctl-fuzz: $(ioctl_fuzz) qemu guest-kernel kernel firmware userspace smallnet

$(ioctl_fuzz): $(wildcard $(top)/tests/ioctl-fuzz/*.[ch]) $(B)/tests/guest/npu.o \
		$(contracts)
	$(CC) $(guest_cflags) -I$(top)/tests/guest -pthread -o $@ $(filter %.c %.o,$^) \
		$(shell pkg-config --libs libdrm)
