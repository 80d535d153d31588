# SPDX-License-Identifier: MIT
#
# V3NPU: everything is built below build/. Each directory says what it builds
# in its module.mk, with these variables:
#
#   top, B        the repository and its build directory
#   HOST_CFLAGS   flags for programs of this machine
#   CHECK_PROGS   += a program or script that "make check" runs from $(top)
#                 with no arguments; it prints TAP and is a prerequisite
#   CHECK_DEPS    += other targets the tests need
#
top := $(CURDIR)
B := $(top)/build

WARN := -Wall -Wextra -Werror
HOST_CFLAGS := -std=gnu11 -O2 -g $(WARN) -I$(top)/uapi $(EXTRA_CFLAGS)

CHECK_PROGS :=
CHECK_DEPS :=

.DELETE_ON_ERROR:
.PHONY: all
all:

include $(sort $(wildcard $(top)/*/module.mk $(top)/tests/*/module.mk))
