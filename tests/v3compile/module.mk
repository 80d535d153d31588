# SPDX-License-Identifier: MIT
#
# Tests of v3compile and of the files it writes; the file's reader with the sanitizers.

CHECK_PROGS += tests/v3compile/cli $(SANITIZED_DIR)/tests/v3compile/v3m_test
CHECK_DEPS += userspace smallnet $(tests_compiler)/models/list
