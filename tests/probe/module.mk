# SPDX-License-Identifier: MIT

CHECK_PROGS += tests/probe/test
CHECK_DEPS += qemu guest-kernel kernel firmware $(guest_built)
