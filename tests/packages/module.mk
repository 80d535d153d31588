# SPDX-License-Identifier: MIT
#
# The Debian packages, built and used in clean Debians of 12 and 13.

.PHONY: check-packages-run
check-packages-run: qemu smallnet
	@$(top)/scripts/check --timeout 5400 --logs $(B)/logs/packages \
		tests/packages/debian12 tests/packages/debian13
