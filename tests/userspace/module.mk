# SPDX-License-Identifier: MIT
#
# Tests of the runtime and the tools. The readers and all that handles what
# users bring are built with the sanitizers, which the test machine has not.

CHECK_PROGS += $(patsubst %,$(SANITIZED_DIR)/tests/userspace/%_test,letterbox detect image vision find \
		device session share api memory) \
	tests/userspace/cli tests/userspace/guest
CHECK_DEPS += userspace-tests smallnet qemu guest-kernel kernel firmware
