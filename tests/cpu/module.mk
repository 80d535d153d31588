# SPDX-License-Identifier: MIT
#
# Tests of the CPU backend, with the sanitizers, on small models; on the V3
# models, which take their time, without them.

tests_cpu := $(B)/tests/cpu

CHECK_PROGS += $(patsubst %,$(SANITIZED_DIR)/tests/cpu/%_test,ops damage) \
	$(USERSPACE_DIR)/tests/cpu/models_test
CHECK_DEPS += $(tests_cpu)/models/list

$(tests_cpu)/models/list: $(top)/tests/cpu/ops.py $(top)/tests/cpu/ops.expected \
		$(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< models $(@D)
