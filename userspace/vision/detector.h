/* SPDX-License-Identifier: MIT */
/* A detector, as its parts know it */
#ifndef V3V_DETECTOR_H
#define V3V_DETECTOR_H

#include "decode/layout.h"
#include "image/input.h"
#include "meta/names.h"

/**
 * struct v3npu_detector - a model's input and outputs
 * @info: for the user
 * @input: picture
 * @layout: of the outputs
 * @sizes: of each output, bytes
 * @names: of the classes
 */
struct v3npu_detector {
	struct v3npu_detector_info info;
	struct input input;
	struct layout layout;
	size_t sizes[LAYOUT_OUTPUTS_MAX];
	struct names names;
};

/* Whether memory that a caller gives is that of a tensor of @wanted bytes; @what is for messages */
int v3v_check_memory(const char *what, const void *memory, size_t size, size_t wanted);

#endif /* V3V_DETECTOR_H */
