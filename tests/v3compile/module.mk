# SPDX-License-Identifier: MIT
#
# Tests of v3compile and of the files it writes; the file's reader with the
# sanitizers, on the compiler's objects that are built with them.

tests_v3compile := $(B)/tests/v3compile

CHECK_PROGS += tests/v3compile/cli $(tests_v3compile)/v3m_test
CHECK_DEPS += userspace smallnet $(tests_compiler)/models/list

$(tests_v3compile)/v3m_test: $(top)/tests/v3compile/v3m_test.c $(top)/tests/compiler/sim.c \
		$(tests_compiler_objs) $(model_lib) $(tests_compiler_headers)
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_compiler_sanitize) -I$(top)/tests \
		-I$(top)/tests/compiler -o $@ $(filter-out %.h,$^) $(tests_compiler_libs)
