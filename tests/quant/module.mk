# SPDX-License-Identifier: MIT
#
# Tests of v3quant: what it makes and prints, its mean average precision, and
# damaged models and labels.

tests_quant := $(B)/tests/quant

CHECK_PROGS += tests/quant/cli $(patsubst %,$(SANITIZED_DIR)/tests/quant/%_test,map damage)
CHECK_DEPS += userspace smallnet $(tests_quant)/models/list

$(tests_quant)/models/list: $(top)/tests/quant/small_models.py \
		$(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< $(@D)
