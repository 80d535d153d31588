/* SPDX-License-Identifier: MIT */
/* Numbers of a model's output */
#ifndef V3V_STORED_H
#define V3V_STORED_H

#include "vision/v3npu_vision.h"

/**
 * struct stored - a tensor
 * @data: of the dtype int8, uint8 or float32
 * @scale: of int8 and uint8: real = scale * (q - zero_point)
 * @zero_point: likewise
 */
struct stored {
	const void *data;
	enum v3npu_dtype dtype;
	float scale;
	int32_t zero_point;
};

/* Element @i of a tensor of int8 or uint8, as it is stored */
static inline int stored_byte(const struct stored *t, size_t i)
{
	return t->dtype == V3NPU_UINT8 ? ((const uint8_t *)t->data)[i] : ((const int8_t *)t->data)[i];
}

/* A number of a tensor of int8 or uint8 */
static inline float stored_number(const struct stored *t, int byte)
{
	return t->scale * (byte - t->zero_point);
}

/* Element @i of a tensor, as the number that it stands for */
static inline float stored_real(const struct stored *t, size_t i)
{
	return t->dtype == V3NPU_FLOAT32 ? ((const float *)t->data)[i] :
					   stored_number(t, stored_byte(t, i));
}

/* The largest number that a tensor of int8 or uint8 can have */
static inline float stored_highest(const struct stored *t)
{
	return stored_number(t, t->dtype == V3NPU_UINT8 ? 255 : 127);
}

#endif /* V3V_STORED_H */
