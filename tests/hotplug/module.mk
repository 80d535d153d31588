# SPDX-License-Identifier: MIT

CHECK_PROGS += tests/hotplug/test.py tests/hotplug/busy.py
CHECK_DEPS += qemu guest-kernel kernel firmware userspace smallnet
