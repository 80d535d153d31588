# SPDX-License-Identifier: MIT
#
# Tests of libv3npu-vision's parts: metadata, layouts of outputs, inputs, and the pictures and
# models of ../shared/cases.

CHECK_PROGS += tests/vision/cases $(patsubst %,$(SANITIZED_DIR)/tests/vision/%_test,metadata layout \
	decode input)
CHECK_DEPS += userspace
