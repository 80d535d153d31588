# SPDX-License-Identifier: MIT
#
# The test machine with an IOMMU between the NPU and memory.

CHECK_PROGS += tests/iommu/test.sh
CHECK_DEPS += qemu guest-kernel kernel firmware $(guest_built)

.PHONY: check-iommu-run

check-iommu-run:
	@$(top)/tests/iommu/run tests/guest/run.sh tests/hotplug/test.py tests/hotplug/busy.py \
		tests/userspace/guest tests/e2e/guest tests/inject/test.py
