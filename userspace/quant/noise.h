/* SPDX-License-Identifier: MIT */
/*
 * What quantization adds to each tensor: the ratio of signal to quantization
 * noise, as a table and as a plot.
 */
#ifndef V3Q_NOISE_H
#define V3Q_NOISE_H

#include "convert.h"

/**
 * struct q_noise - a tensor
 * @name: of the float graph's, owned by the graph
 * @shape: of it
 * @signal: energy of the float numbers
 * @noise: energy of the differences to them
 */
struct q_noise {
	const char *name;
	struct ir_shape shape;
	double signal;
	double noise;
};

/* The ratio in decibels, at most 99 */
double q_noise_db(const struct q_noise *n);

/**
 * q_noise_measure() - run the float graph and the full-integer one side by side
 * @p: both
 * @folder: of pictures
 * @list: set to the tensors that both have in memory, in execution order, for free()
 * @count: how many
 *
 * Return: 0 or -1 with @error set.
 */
int q_noise_measure(const struct q_product *p, const char *folder, struct q_noise **list,
		    uint32_t *count, struct tool_error *error);

/* Prints the tensors that lose most */
void q_noise_print(const struct q_noise *list, uint32_t count);

/* Draws a bar for each tensor, in execution order; 0 or -1 */
int q_noise_plot(const struct q_noise *list, uint32_t count, const char *path,
		 struct tool_error *error);

#endif /* V3Q_NOISE_H */
