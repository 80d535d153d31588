# SPDX-License-Identifier: MIT
#
# What maintainers upstream would get. Not part of "make check": it builds a QEMU and a kernel.

.PHONY: check-upstream-run

check-upstream-run: $(B)/tests/smallnet.tflite
	@$(top)/scripts/check --timeout 7200 --logs $(B)/logs/upstream $(if $(ONLY),--only $(ONLY)) \
		tests/upstream/kernel tests/upstream/qemu tests/upstream/guest tests/upstream/kunit
