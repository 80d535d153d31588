# SPDX-License-Identifier: MIT
#
# QEMU with the device in it, and the kernel of the test machine.

qemu_bin := $(B)/qemu/qemu-system-x86_64
qemu_sources := $(top)/qemu/build-qemu $(top)/scripts/deb-src.py \
	$(wildcard $(top)/qemu/patches/*/*.patch $(top)/qemu/hw/* \
		$(top)/qemu/model/*.[ch] $(top)/qemu/device/*.[ch]) $(contracts)

.PHONY: qemu guest-kernel

qemu: $(qemu_bin)

# ninja knows which of the changes matter; touch says that it has seen them.
$(qemu_bin): $(qemu_sources)
	$(top)/qemu/build-qemu $(B)/qemu
	@touch $@

guest-kernel: $(B)/guest/kernel/version

$(B)/guest/kernel/version: $(top)/qemu/guest/fetch-kernel $(top)/qemu/guest/unpack-kernel \
		$(B)/kernel-version
	$(top)/qemu/guest/fetch-kernel $(B)/guest/kernel
	@touch $@

# The choice of the kernel, which the driver is built for too.
$(B)/kernel-version: $(top)/scripts/kernel-version.sh
	@$< >/dev/null
	@touch $@
