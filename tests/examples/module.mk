# SPDX-License-Identifier: MIT
#
# The programs of examples/, as applications would build them.

CHECK_PROGS += tests/examples/run
CHECK_DEPS += userspace-tests smallnet
