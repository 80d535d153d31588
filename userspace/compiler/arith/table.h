/* SPDX-License-Identifier: MIT */
/*
 * Functions of one int8 as tables of their 256 results, as TFLite's reference
 * kernels compute them. Entry q + 128 is the result for q.
 */
#ifndef V3C_TABLE_H
#define V3C_TABLE_H

#include <stdint.h>

#define V3C_TABLE_SIZE	256

/* Quantization of a tensor: real = scale * (q - zero_point) */
struct v3c_quant {
	float scale;
	int32_t zero_point;
};

/*
 * Each returns 0, or -ENOTSUP if the scales' ratio is beyond what TFLite's
 * arithmetic can express.
 */
int v3c_table_requantize(int8_t *table, struct v3c_quant in, struct v3c_quant out);
int v3c_table_leaky_relu(int8_t *table, struct v3c_quant in, struct v3c_quant out, float alpha);
int v3c_table_abs(int8_t *table, struct v3c_quant in, struct v3c_quant out);
/* RELU, RELU6, RELU_N1_TO_1 as operators of their own; @activation: enum tfl_activation */
int v3c_table_relu(int8_t *table, struct v3c_quant in, struct v3c_quant out, int activation);
/* RELU_0_TO_1, which no other operator can have fused */
int v3c_table_relu_0_to_1(int8_t *table, struct v3c_quant in, struct v3c_quant out);

/* @first becomes @second of @first */
void v3c_table_compose(int8_t *first, const int8_t *second);

#endif /* V3C_TABLE_H */
