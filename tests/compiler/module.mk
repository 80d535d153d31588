# SPDX-License-Identifier: MIT
#
# Tests of the compiler, with the sanitizers, on the engine library; those of the
# V3 models, which take the engine's time, without them.

tests_compiler := $(B)/tests/compiler

CHECK_PROGS += $(patsubst %,$(SANITIZED_DIR)/tests/compiler/%_test,reader layout ops cascade damage) \
	$(patsubst %,$(USERSPACE_DIR)/tests/compiler/%_test,golden place roll)
CHECK_DEPS += $(tests_compiler)/models/list

# The V3 model with an unrolled product, made full-integer
tests_compiler_shared := $(or $(V3NPU_SHARED),$(top)/../shared)
tests_compiler_v3 := $(wildcard $(tests_compiler_shared)/models/v3/level2_leaky_int8.tflite)
ifneq ($(tests_compiler_v3),)
CHECK_DEPS += $(tests_compiler)/full_integer.tflite
endif

$(tests_compiler)/full_integer.tflite: $(top)/tests/compiler/full_integer.py $(tests_compiler_v3) \
		$(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< $(tests_compiler_v3) $@

$(tests_compiler)/models/list: $(top)/tests/compiler/ops.py $(top)/tests/compiler/ops_roll.py \
		$(top)/tests/compiler/ops_tree.py $(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< models $(@D)
