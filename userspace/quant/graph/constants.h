/* SPDX-License-Identifier: MIT */
/*
 * Float constants as integers: weights, biases, and constants where activations could be.
 */
#ifndef V3Q_CONSTANTS_H
#define V3Q_CONSTANTS_H

#include "groups.h"

#define WEIGHT_MAX	127	/* of int8 weights, which are symmetric: -128 is not used */

/**
 * struct q_stored - a float constant that has been made int8
 * @data: its bytes
 * @quant: what they stand for
 * @dim: dimension of the channels that it was made for, -1 if it is no weights
 */
struct q_stored {
	const int8_t *data;
	struct q_quant quant;
	int dim;
};

/* The place of an operator's constant weights, 0 if it has none; their channels' dimension */
uint32_t q_weights_of(const struct q_graph *g, const struct q_op *op, int *dim);

/**
 * q_store_constants() - make a float graph's constants int8 ahead
 * @g: float graph; stays one
 *
 * What q_quantize() then makes of it is the same, only sooner: for graphs that
 * are quantized again and again.
 *
 * Return: 0 or -ENOMEM.
 */
int q_store_constants(struct q_graph *g);

/*
 * Each adds the integer form of the float constant @number as a new tensor, since
 * others may use the constant in another way. Returns the tensor's number or -ENOMEM.
 */

/* Weights of @op, symmetric, with channels in dimension @dim */
int32_t q_add_weights(struct q_graph *g, const struct q_op *op, int32_t number, int dim);

/* A bias, as int32 in the scale of a product's sums */
int32_t q_add_bias(struct q_graph *g, int32_t number, float in_scale,
		   const struct q_quant *weights);

/* A constant where an activation could be, in the scale of @group, or its own if that is NULL */
int32_t q_add_constant(struct q_graph *g, int32_t number, const struct q_group *group);

#endif /* V3Q_CONSTANTS_H */
