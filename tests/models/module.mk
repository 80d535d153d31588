# SPDX-License-Identifier: MIT
#
# A small model with a picture, and the picture as the model's input; two smaller models
# that take the same; and detectors of a few pixels.

tests_smallnet := $(addprefix $(B)/tests/smallnet,.tflite .png .raw)
tests_parts := $(addprefix $(B)/tests/,identity.tflite classifier.tflite)
tests_detectors := $(B)/tests/detectors/list

.PHONY: smallnet
smallnet: $(tests_smallnet) $(tests_parts) $(tests_detectors)

$(tests_smallnet) &: $(top)/tests/models/smallnet.py $(top)/tests/models/tflite_writer.py
	@mkdir -p $(B)/tests
	$< $(tests_smallnet)

$(tests_parts) &: $(top)/tests/models/parts.py $(top)/tests/models/tflite_writer.py
	@mkdir -p $(B)/tests
	$< $(tests_parts)

$(tests_detectors): $(top)/tests/models/detectors.py $(top)/tests/models/tflite_writer.py
	@mkdir -p $(@D)
	$< $(@D)
