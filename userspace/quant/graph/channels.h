/* SPDX-License-Identifier: MIT */
/*
 * Which channels of a graph's activations can be scaled, and which only together.
 */
#ifndef V3Q_CHANNELS_H
#define V3Q_CHANNELS_H

#include "graph.h"

/**
 * struct q_channels - the channels, the last dimension, of all float activations
 * @first: number of each tensor's first channel; they are numbered through
 * @of: of each of @count channels the one that stands for all that are scaled with it
 * @fixed: of that one: they cannot be scaled
 */
struct q_channels {
	uint32_t *first;
	uint32_t *of;
	bool *fixed;
	uint32_t count;
};

/**
 * q_channels_find() - put channels that must be scaled by one factor together
 * @g: float graph
 * @channels: the result
 *
 * A convolution can scale each channel that it writes and each that it reads by
 * its weights. Between two of them a factor passes through what moves, adds or
 * compares numbers, and through RELU and LEAKY_RELU; whatever else reads or
 * writes a channel fixes it.
 *
 * Return: 0 or -ENOMEM.
 */
int q_channels_find(const struct q_graph *g, struct q_channels *channels);

/* The channel that stands for channel @channel of tensor @tensor */
static inline uint32_t q_channel(const struct q_channels *channels, int32_t tensor,
				 uint32_t channel)
{
	return channels->of[channels->first[tensor] + channel];
}

/* Channels of a tensor */
uint32_t q_channel_count(const struct q_tensor *t);

/* Is the operator a convolution whose weights and bias can take factors in? */
bool q_takes_factors(const struct q_graph *g, const struct q_op *op);

#endif /* V3Q_CHANNELS_H */
