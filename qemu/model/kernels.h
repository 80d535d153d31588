/* SPDX-License-Identifier: MIT */
/*
 * The MAC array's inner loops, one set for each instruction set, all with the
 * same results. Weights come in bricks (struct v3npu_cmd_conv): 64 bytes for
 * 16 output channels and a quad of 4 input channels.
 */
#ifndef V3NPU_MODEL_KERNELS_H
#define V3NPU_MODEL_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "v3npu/cmd.h"

#define V3NPU_BRICK_BYTES	(V3NPU_BRICK_O * V3NPU_BRICK_I)
/* Pixels and bricks of one call, at most, and accumulators from pixel to pixel */
#define V3NPU_MAC_PIXELS	32
#define V3NPU_MAC_BRICKS	2
#define V3NPU_ACC_PITCH		(V3NPU_MAC_BRICKS * V3NPU_BRICK_O)
/* Pixels whose sums vector registers hold */
#define V3NPU_VECTOR_PIXELS	12
/* The output stage may look at sums of so many pixels more than it is asked for */
#define V3NPU_OUTPUT_AHEAD	3

/**
 * struct v3npu_mac - one call: acc = sum of operands times weights
 * @lines: gathered operands of the first pixel
 * @pixel_stride: bytes from pixel to pixel
 * @taps: offsets from a pixel to its taps, in bytes
 * @num_taps: taps
 * @quads: quads of a tap, one after the other in @lines and in a brick
 * @weights: of the first brick; a brick is num_taps * quads * 64 bytes
 * @pixels: 1..the set's @pixels
 * @bricks: 1..V3NPU_MAC_BRICKS
 * @acc: [pixels][V3NPU_ACC_PITCH], of which the first 16 * @bricks are set
 */
struct v3npu_mac {
	const uint8_t *lines;
	size_t pixel_stride;
	const uint32_t *taps;
	uint32_t num_taps;
	uint32_t quads;
	const int8_t *weights;
	unsigned int pixels;
	unsigned int bricks;
	int32_t *acc;
};

/**
 * struct v3npu_scale - the output stage of some channels, a multiple of 16
 * @bias: added first
 * @multiplier: Q31
 * @left: left shift before, 0..30
 * @right: rounding right shift after, 0..31
 * @zero_point: added last
 * @min: lower clamp
 * @max: upper clamp
 * @narrow: allows shorter arithmetic: no sum with its bias reaches 2^29 in
 *	magnitude, @left is 0 and @right is 1..V3NPU_NARROW_RIGHT throughout
 */
struct v3npu_scale {
	const int32_t *bias;
	const int32_t *multiplier;
	const int32_t *left;
	const int32_t *right;
	int32_t zero_point;
	int32_t min;
	int32_t max;
	bool narrow;
};

/**
 * struct v3npu_put - an output stage that is put off until the next call
 * @scale: of it
 * @acc: sums, as of struct v3npu_mac; another array than that of the next call
 * @pixels: pixels
 * @blocks: bricks
 * @to: where the results go
 * @pitch: bytes from pixel to pixel there
 */
struct v3npu_put {
	struct v3npu_scale scale;
	const int32_t *acc;
	unsigned int pixels;
	unsigned int blocks;
	int8_t *to;
	size_t pitch;
};

#define V3NPU_NARROW_RIGHT	21

/* Is the scale of a channel narrow? @most: what a sum with its bias can be, in magnitude */
static inline bool v3npu_is_narrow(int64_t most, int shift)
{
	return most < 1 << 29 && shift <= -1 && shift >= -V3NPU_NARROW_RIGHT;
}

/**
 * struct v3npu_softmax_table - a softmax's exponentials, by how far an element is below its
 *	row's maximum
 * @exponential: Q0.31, not negative; INT32_MAX at 0
 * @term: the same in Q12.19, at most 2^19
 */
struct v3npu_softmax_table {
	int32_t exponential[256];
	int32_t term[256];
};

/**
 * struct v3npu_addend - what an operand adds to a sum, by its byte without a sign
 * @value: the numbers
 * @byte: their bytes, the lowest first
 */
struct v3npu_addend {
	int32_t value[256];
	uint8_t byte[4][256];
};

/* Rows that are done together, and the most elements of one: their sum is at most 2^31 */
#define V3NPU_SOFTMAX_ROWS	64
#define V3NPU_SOFTMAX_DEPTH	4096
/*
 * A result is exponential times reciprocal, in Q0.31, of which 8 bits are kept. The reciprocal is
 * of a sum of 12 integer bits that was shifted left by its leading zeros, which is made up for.
 */
#define V3NPU_SOFTMAX_SHIFT	(12 + 31 - 8)

/**
 * struct v3npu_kernels - one set
 * @name: as v3npu_engine_kernel() reports it
 * @element: bytes of a gathered operand element
 * @pixels: of one call of @mac, at most
 * @granule: as many pixels, or multiples of it, are what @mac is good at
 * @biased: @load adds @offset to an element instead of subtracting the zero
 *	point; the caller corrects the sum by the weights' sum
 * @offset: V3NPU_KERNEL_OFFSET, or 0: operands are the elements as they are
 * @supported: can this processor run them? NULL: any can
 * @enter: gets the calling thread ready for @mac with @quads quads a tap; NULL:
 *	it always is
 * @leave: the end of that; NULL if @enter is
 * @load: puts @pixels times @channels elements, @stride bytes from pixel to
 *	pixel, at @to as operands of @quads quads a pixel; elements that fill up
 *	the last quad count as @zero_point
 * @mac: multiply and accumulate
 * @mac_put: the same, and meanwhile the output stage of an earlier call; may be NULL
 * @put_pays: does that take less time than one after the other, on this processor?
 * @sums: sum of the weights of each of a brick's 16 channels; @biased only
 * @output: the output stage: 16 * @blocks channels of @pixels pixels, which go
 *	@pitch bytes apart to @to. @acc is as of struct v3npu_mac, and
 *	V3NPU_OUTPUT_AHEAD pixels longer, whatever is in those.
 * @softmax: of @rows rows in place; element d of row r is at @data[d * @pitch + r].
 *	There is room for rows up to the next multiple of V3NPU_SOFTMAX_ROWS,
 *	in which anything may be written.
 * @add: sums, which wrap, of what two operands add, for @size elements
 * @look_up: replaces @size bytes by what is at them in a table, which is indexed
 *	without a sign
 * @max: raises each of @size bytes at @to to the one at @from
 */
struct v3npu_kernels {
	const char *name;
	unsigned int element;
	unsigned int pixels;
	unsigned int granule;
	bool biased;
	uint8_t offset;
	bool (*supported)(void);
	void (*enter)(uint32_t quads);
	void (*leave)(void);
	void (*load)(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
		     uint32_t channels, uint32_t quads, int32_t zero_point);
	void (*mac)(const struct v3npu_mac *mac);
	void (*mac_put)(const struct v3npu_mac *mac, const struct v3npu_put *put);
	bool (*put_pays)(void);
	void (*sums)(const int8_t *brick, size_t quads, int32_t *sums);
	void (*output)(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
		       unsigned int blocks, int8_t *to, size_t pitch);
	void (*softmax)(const struct v3npu_softmax_table *table, int8_t *data, uint32_t depth,
			size_t pitch, uint32_t rows);
	void (*add)(const struct v3npu_addend addend[2], const int8_t *a, const int8_t *b,
		    int32_t *sums, size_t size);
	void (*look_up)(const int8_t table[256], int8_t *data, size_t size);
	void (*max)(int8_t *to, const int8_t *from, size_t size);
};

/* Are operands of whole quads the elements as they are? */
static inline bool v3npu_kernels_as_is(const struct v3npu_kernels *kernels)
{
	return kernels->biased && !kernels->offset;
}

/* What @load adds to an element to have operands without a sign */
#define V3NPU_KERNEL_OFFSET	128

extern const struct v3npu_kernels v3npu_kernels_c;
/* For sets that have none of their own */
void v3npu_add_c(const struct v3npu_addend addend[2], const int8_t *a, const int8_t *b,
		 int32_t *sums, size_t size);
void v3npu_look_up_c(const int8_t table[256], int8_t *data, size_t size);
#if defined(__x86_64__)
extern const struct v3npu_kernels v3npu_kernels_avx2;
extern const struct v3npu_kernels v3npu_kernels_avxvnni;
extern const struct v3npu_kernels v3npu_kernels_avx512_vnni;
extern const struct v3npu_kernels v3npu_kernels_avx512_vbmi;
extern const struct v3npu_kernels v3npu_kernels_amx;
#endif

/* The best set, or the one of that @name; NULL if it is unknown or not for this processor */
const struct v3npu_kernels *v3npu_kernels_choose(const char *name);

#endif /* V3NPU_MODEL_KERNELS_H */
