/* SPDX-License-Identifier: MIT */
/*
 * Functions whose tables TFLite fills in with float arithmetic: the input's real
 * value, the function, and the result rounded to the output's scale.
 */
#ifndef V3C_TABLE_FLOAT_H
#define V3C_TABLE_FLOAT_H

#include "table.h"

typedef float (*v3c_function)(float x);

/* TFLite's LUTPopulate() for int8 */
void v3c_table_float(int8_t *table, struct v3c_quant in, struct v3c_quant out,
		     v3c_function function);

/* What CONCATENATION makes of an input of uint8 with another scale, as int8 like @in and @out */
void v3c_table_concat_uint8(int8_t *table, struct v3c_quant in, struct v3c_quant out);

float v3c_logistic(float x);
float v3c_elu(float x);
float v3c_gelu(float x);
/* GELU by way of the hyperbolic tangent */
float v3c_gelu_tanh(float x);
float v3c_square(float x);
float v3c_negate(float x);

#endif /* V3C_TABLE_FLOAT_H */
