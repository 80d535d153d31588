# SPDX-License-Identifier: MIT
#
# "make mutants" says how good the tests are; this says whether it can tell.

CHECK_PROGS += tests/mutants/test
