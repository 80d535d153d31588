# SPDX-License-Identifier: MIT
#
# Userspace and the driver for arm64. Not part of "make check": it builds both once more, and
# emulates a processor.

.PHONY: check-cross-run

check-cross-run:
	@$(top)/scripts/check --timeout 7200 --logs $(B)/logs/cross $(if $(ONLY),--only $(ONLY)) \
		tests/cross/kernel tests/cross/userspace
