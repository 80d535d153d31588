# SPDX-License-Identifier: MIT
#
# The newest kernel that Debian has: the driver must build for it without a
# warning, and the tests that boot the test machine are run on it.

newest_kernel := $(B)/newest-kernel
newest_tests := tests/guest/run.sh tests/hotplug/test.py tests/hotplug/busy.py \
	tests/userspace/guest tests/e2e/guest

.PHONY: newest-kernel check-kernels-run

newest-kernel: $(newest_kernel)/guest/v3npu.ko

$(newest_kernel)/guest/version: $(top)/tests/kernels/fetch $(top)/qemu/guest/unpack-kernel
	$< $(newest_kernel)
	@touch $@

$(newest_kernel)/guest/v3npu.ko: $(top)/tests/kernels/build $(newest_kernel)/guest/version \
		$(kernel_sources) $(contracts)
	$< $(newest_kernel)

check-kernels-run:
	@$(top)/tests/kernels/run $(newest_tests)
