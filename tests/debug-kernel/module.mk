# SPDX-License-Identifier: MIT
#
# A kernel with all checks that help to find a driver's bugs, and the tests of
# the guest on it. Not part of "make check": it takes longer than all of that.

debug_kernel := $(B)/debug-kernel
debug_tests := tests/debug-kernel/faults tests/guest/run.sh tests/e2e/guest tests/userspace/guest \
	tests/hotplug/test.py tests/soak/unplug.py tests/inject/test.py tests/ioctl-fuzz/run

CHECK_DEPS += $(B)/tests/guest/v3npu_faults

.PHONY: debug-kernel check-debug-run coverage-run

debug-kernel: $(debug_kernel)/guest/version

$(debug_kernel)/guest/version: $(top)/tests/debug-kernel/build-kernel $(top)/tests/debug-kernel/config \
		$(wildcard $(top)/kernel/* $(top)/kernel/tests/*) $(top)/Kconfig $(contracts)
	+$< $(debug_kernel)
	@touch $@

$(B)/tests/guest/v3npu_faults: $(top)/tests/debug-kernel/faults.c $(B)/tests/guest/npu.o \
		$(B)/linux/version
	$(CC) $(guest_cflags) -I$(top)/tests/guest -o $@ $< $(B)/tests/guest/npu.o \
		$(shell pkg-config --libs libdrm)

check-debug-run:
	@$(top)/tests/debug-kernel/run tests/debug-kernel/detects tests/debug-kernel/kunit $(debug_tests)

coverage-run:
	@$(top)/tests/debug-kernel/coverage $(debug_tests)
