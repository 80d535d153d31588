# SPDX-License-Identifier: MIT

CHECK_PROGS += tests/hotplug/test.py
CHECK_DEPS += qemu guest-kernel
