# SPDX-License-Identifier: MIT
#
# The library's binary interface, against what was released.

CHECK_PROGS += tests/abi/run
CHECK_DEPS += userspace
