# SPDX-License-Identifier: MIT
#
# A small model with a picture, and the picture as the model's input.

tests_smallnet := $(addprefix $(B)/tests/smallnet,.tflite .png .raw)

.PHONY: smallnet
smallnet: $(tests_smallnet)

$(tests_smallnet) &: $(top)/tests/models/smallnet.py $(top)/tests/models/tflite_writer.py
	@mkdir -p $(B)/tests
	$< $(tests_smallnet)
