# SPDX-License-Identifier: MIT
#
# What userspace is made of, for its own build and for the tests that build parts of it.

# userspace_srcs FOLDER: the sources in it, and in folders in it
userspace_srcs = $(sort $(wildcard $(addprefix $(top)/userspace/, $(1)/*.c $(1)/*/*.c)))
