# SPDX-License-Identifier: MIT
#
# The whole stack, against what TensorFlow Lite computes.

CHECK_PROGS += tests/e2e/sim tests/e2e/guest tests/e2e/models
CHECK_DEPS += smallnet qemu guest-kernel kernel firmware userspace
