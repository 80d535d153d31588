# SPDX-License-Identifier: MIT
#
# Tests of the operators beyond those of the V3 detectors, and of small networks.

CHECK_PROGS += tests/ops/test
CHECK_DEPS += $(B)/tests/ops/list

$(B)/tests/ops/list: $(top)/tests/ops/operators.py $(top)/tests/ops/networks.py \
		$(top)/tests/ops/shapes.py $(top)/tests/ops/uint8.py \
		$(top)/tests/compiler/ops.py $(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< models $(@D)
