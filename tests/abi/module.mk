# SPDX-License-Identifier: MIT
#
# The libraries' binary interfaces, against what was released.

CHECK_PROGS += tests/abi/run
CHECK_DEPS += userspace
