# SPDX-License-Identifier: MIT

CHECK_PROGS += tests/check/test
