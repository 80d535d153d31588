# SPDX-License-Identifier: MIT
#
# Tests of v3quant: what it makes and prints, its mean average precision, and
# damaged models and labels.

tests_quant := $(B)/tests/quant

CHECK_PROGS += tests/quant/cli $(tests_quant)/map_test $(tests_quant)/damage_test
CHECK_DEPS += userspace smallnet $(tests_quant)/models/list

$(tests_quant)/map_test: $(top)/tests/quant/map_test.c $(top)/userspace/quant/score/map.c \
		$(top)/userspace/vision/detect.c $(top)/tests/userspace/tap.h
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
		-I$(top)/tests -o $@ $(filter %.c,$^) -lm

# All of v3quant that reads a model or writes one
tests_quant_srcs := $(addprefix $(top)/userspace/, common/tool.c quant/score/labels.c \
	quant/weights/equalize.c) $(call userspace_srcs,quant/graph) $(call userspace_srcs,quant/write)

$(tests_quant)/damage_test: $(top)/tests/quant/damage_test.c $(tests_quant_srcs) \
		$(top)/tests/compiler/damage.c $(top)/tests/compiler/sim.c $(tests_compiler_objs) \
		$(tests_compiler_cpu_objs) $(model_lib) $(tests_compiler_headers) \
		$(wildcard $(top)/userspace/quant/*/*.h)
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_compiler_sanitize) -I$(top)/tests -o $@ \
		$(filter-out %.h,$^) $(tests_compiler_libs) -lXNNPACK -lpthreadpool

$(tests_quant)/models/list: $(top)/tests/quant/small_models.py \
		$(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< $(@D)
