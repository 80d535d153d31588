# SPDX-License-Identifier: MIT
#
# Tests of the compiler, with the sanitizers, on the engine library; those of the
# V3 models, which take the engine's time, without them.

tests_compiler := $(B)/tests/compiler
tests_compiler_progs := $(addprefix $(tests_compiler)/, reader_test layout_test ops_test \
	cascade_test damage_test)
tests_compiler_objs := $(patsubst $(top)/userspace/%.c,$(tests_compiler)/%.o, \
	$(call userspace_srcs,compiler))
tests_compiler_cpu_objs := $(patsubst $(top)/userspace/%.c,$(tests_compiler)/%.o, \
	$(call userspace_srcs,cpu))
tests_compiler_sanitize := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
tests_compiler_libs := -lzip -lz -lm -pthread
tests_compiler_headers := $(wildcard $(top)/tests/compiler/*.h $(top)/tests/userspace/tap.h)

tests_compiler_models := $(addprefix $(tests_compiler)/, golden_test place_test roll_test)

CHECK_PROGS += $(tests_compiler_progs) $(tests_compiler_models)
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

$(tests_compiler)/damage_test: $(tests_compiler_cpu_objs) $(top)/tests/compiler/damage.c
$(tests_compiler)/damage_test: tests_compiler_libs += -lXNNPACK -lpthreadpool

$(tests_compiler_objs) $(tests_compiler_cpu_objs): $(tests_compiler)/%.o: $(top)/userspace/%.c
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_compiler_sanitize) -MMD -MP -c -o $@ $<

$(tests_compiler_progs): $(tests_compiler)/%: $(top)/tests/compiler/%.c \
		$(top)/tests/compiler/sim.c $(tests_compiler_objs) $(model_lib) \
		$(tests_compiler_headers)
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_compiler_sanitize) -I$(top)/tests -o $@ \
		$(filter-out %.h,$^) $(tests_compiler_libs)

$(tests_compiler_models): $(tests_compiler)/%: $(top)/tests/compiler/%.c \
		$(top)/tests/compiler/sim.c $(B)/userspace/libv3c.a $(model_lib) \
		$(tests_compiler_headers)
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -I$(top)/tests -o $@ $(filter-out %.h,$^) $(tests_compiler_libs)

$(tests_compiler)/models/list: $(top)/tests/compiler/ops.py $(top)/tests/compiler/ops_roll.py \
		$(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< models $(@D)

-include $(tests_compiler_objs:.o=.d) $(tests_compiler_cpu_objs:.o=.d)
