/* SPDX-License-Identifier: MIT */
/*
 * The MAC array as CONV and MATMUL use it: a chunk of output channels, whose
 * weights are ready in brick format, is applied to gathered operands.
 */
#ifndef V3NPU_MODEL_MAC_H
#define V3NPU_MODEL_MAC_H

#include "internal.h"
#include "kernels.h"

/* Output channels whose constants are expanded at a time */
#define V3NPU_CHUNK_CHANNELS	1024

/**
 * struct v3npu_array - the MAC array, set up for one chunk
 * @run: of the command
 * @output: output stage of the command
 * @table: its table
 * @zero_point: of the operand that is gathered
 * @channel: first output channel of the chunk
 * @channels: output channels, at most V3NPU_CHUNK_CHANNELS
 * @bricks: bricks, the last one possibly partly filled
 * @quads: quads of a pixel, all taps together
 * @weights: the bricks
 * @bias: of each channel, the correction for the kernels' bias included
 * @multiplier: of each channel
 * @left: of each channel, see struct v3npu_scale
 * @right: of each channel
 * @narrow: see struct v3npu_scale
 * @weight_zero_point: of the weights; 0 in MATMUL, which has addends for that
 * @mask: a brick that is 1 where there is a weight, if that is not 0
 * @mask_bias: of each of its channels, the correction for the kernels' bias
 * @alike: all output channels see the same operands, so that its channels are all the same;
 *	otherwise there is only one brick
 */
struct v3npu_array {
	struct v3npu_run *run;
	const struct v3npu_output *output;
	struct v3npu_table table;
	int32_t zero_point;
	uint32_t channel;
	uint32_t channels;
	uint32_t bricks;
	uint32_t quads;
	const int8_t *weights;
	int32_t bias[V3NPU_CHUNK_CHANNELS];
	int32_t multiplier[V3NPU_CHUNK_CHANNELS];
	int32_t left[V3NPU_CHUNK_CHANNELS];
	int32_t right[V3NPU_CHUNK_CHANNELS];
	bool narrow;
	int32_t weight_zero_point;
	const int8_t *mask;
	int32_t mask_bias[V3NPU_BRICK_O];
	bool alike;
};

/**
 * struct v3npu_source - pixels to be gathered
 * @view: of the operand
 * @addr: of the first pixel's first channel
 * @pixel_stride: bytes from pixel to pixel
 * @channel_stride: bytes from channel to channel
 */
struct v3npu_source {
	struct v3npu_view *view;
	uint64_t addr;
	uint32_t pixel_stride;
	uint32_t channel_stride;
};

/**
 * struct v3npu_pixels - gathered operands of consecutive output pixels
 * @lines: of the first pixel
 * @stride: bytes from pixel to pixel
 * @taps: offsets of a pixel's taps; NULL for one tap at 0
 * @num_taps: taps, which divides the array's quads
 * @count: pixels
 * @row: pixels from row to row, if they are of several rows of which only the
 *	first @width have results; else 0
 * @width: see @row
 * @addend: NULL, or of each pixel, added to all its sums
 */
struct v3npu_pixels {
	const uint8_t *lines;
	size_t stride;
	const uint32_t *taps;
	uint32_t num_taps;
	uint32_t count;
	uint32_t row;
	uint32_t width;
	const int32_t *addend;
};

/* Reads and checks the output constants and the table; false when the run has failed */
bool v3npu_array_init(struct v3npu_array *array, struct v3npu_run *run,
		      const struct v3npu_output *output, uint32_t channels, int32_t zero_point);

/* Weights have this zero point, and are where @mask, a brick of that many quads, is 1 */
void v3npu_array_mask(struct v3npu_array *array, int32_t weight_zero_point, const int8_t *mask,
		      uint32_t quads, bool alike);

/* Most bricks of that many quads that a chunk can have */
uint32_t v3npu_array_max_bricks(uint32_t quads);

/* Takes output channels @channel.. with their weights, ready at @weights */
void v3npu_array_chunk(struct v3npu_array *array, uint32_t channel, uint32_t channels,
		       uint32_t quads, const int8_t *weights);

/* Gathers @count pixels of @channels channels as operands, @quads quads a pixel */
bool v3npu_array_gather(struct v3npu_thread *thread, const struct v3npu_array *array,
			const struct v3npu_source *source, uint32_t count, uint32_t channels,
			uint32_t quads, uint8_t *lines);

/* Bytes of a quad of gathered operands */
static inline size_t v3npu_quad_bytes(const struct v3npu_array *array)
{
	return (size_t)array->run->engine->kernels->element * V3NPU_BRICK_I;
}

/* Bytes from pixel to pixel of v3npu_array_apply()'s results where they are held back */
static inline size_t v3npu_array_pitch(const struct v3npu_array *array)
{
	return (size_t)array->bricks * V3NPU_BRICK_O;
}

/* Before a thread calls v3npu_array_apply() for pixels of @num_taps taps, and when it has */
void v3npu_array_enter(const struct v3npu_array *array, uint32_t num_taps);
void v3npu_array_leave(const struct v3npu_array *array);

/**
 * v3npu_array_apply() - apply the array to pixels and write the results
 * @out: view of the result
 * @tile: where they go: a row of it is the channels of a pixel that has results
 *
 * Return: false when the run has failed
 */
bool v3npu_array_apply(struct v3npu_thread *thread, const struct v3npu_array *array,
		       const struct v3npu_pixels *pixels, struct v3npu_view *out,
		       const struct v3npu_tile *tile);

#endif /* V3NPU_MODEL_MAC_H */
