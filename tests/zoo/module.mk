# SPDX-License-Identifier: MIT
#
# Public models of ../shared/zoo, on the simulator.

CHECK_PROGS += tests/zoo/test
CHECK_DEPS += userspace
