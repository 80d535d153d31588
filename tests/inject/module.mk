# SPDX-License-Identifier: MIT
#
# Recovery from all the faults that the NPU has on demand.

inject_dir := $(top)/tests/inject

CHECK_PROGS += tests/inject/test.py
CHECK_DEPS += qemu guest-kernel kernel firmware $(guest_out)/v3npu_inject

$(guest_out)/v3npu_inject: $(inject_dir)/inject.c $(inject_dir)/load.c $(inject_dir)/load.h \
		$(guest_out)/npu.o
	$(CC) $(guest_cflags) -I$(top)/tests/guest -pthread -o $@ $(filter %.c %.o,$^) \
		$(shell pkg-config --libs libdrm)
