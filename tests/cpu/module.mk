# SPDX-License-Identifier: MIT
#
# Tests of the CPU backend, with the sanitizers, on small models; on the V3
# models, which take their time, without them.

tests_cpu := $(B)/tests/cpu
tests_cpu_progs := $(addprefix $(tests_cpu)/, ops_test damage_test)
tests_cpu_objs := $(patsubst $(top)/userspace/%.c,$(tests_cpu)/%.o, \
	$(foreach folder,cpu compiler libv3npu,$(call userspace_srcs,$(folder))))
tests_cpu_sanitize := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

CHECK_PROGS += $(tests_cpu_progs) $(tests_cpu)/models_test
CHECK_DEPS += $(tests_cpu)/models/list

$(tests_cpu)/%.o: $(top)/userspace/%.c
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_cpu_sanitize) -MMD -MP -c -o $@ $<

$(tests_cpu_progs): $(tests_cpu)/%: $(top)/tests/cpu/%.c $(tests_cpu_objs) $(model_lib) \
		$(top)/tests/userspace/tap.h
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_cpu_sanitize) -I$(top)/tests -o $@ \
		$(filter-out %.h,$^) $(LIBV3NPU_LIBS)

$(tests_cpu)/models_test: $(top)/tests/cpu/models_test.c $(B)/userspace/libv3npu.a \
		$(top)/tests/userspace/tap.h
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -I$(top)/tests -o $@ $(filter-out %.h,$^) $(LIBV3NPU_LIBS)

$(tests_cpu)/models/list: $(top)/tests/cpu/ops.py $(top)/tests/cpu/ops.expected \
		$(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< models $(@D)

-include $(tests_cpu_objs:.o=.d)
