# SPDX-License-Identifier: MIT

CHECK_PROGS += tests/run-guest/test.sh
CHECK_DEPS += qemu guest-kernel
