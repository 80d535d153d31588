// SPDX-License-Identifier: MIT
/* Kernels in plain C, for any processor. */
#include <string.h>

#include "fixed.h"
#include "kernels.h"

static void load_c(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
		   uint32_t channels, uint32_t quads, int32_t zero_point)
{
	int16_t *operand = (int16_t *)to;
	uint32_t depth = quads * V3NPU_BRICK_I;
	uint32_t p, i;

	for (p = 0; p < pixels; p++) {
		for (i = 0; i < channels; i++)
			operand[i] = (int16_t)(from[i] - zero_point);
		for (; i < depth; i++)
			operand[i] = 0;
		from += stride;
		operand += depth;
	}
}

/*
 * The sums are taken as dot products of a fixed length, which compilers turn
 * into vector instructions of any processor. So depth is cut into parts, and
 * the last one is filled up with weights of 0.
 */
#define PART_QUADS	16
#define PART_DEPTH	(PART_QUADS * V3NPU_BRICK_I)

/**
 * struct part - a part of a brick and what it is multiplied with
 * @weights: of each output channel
 * @operands: of each pixel
 */
struct part {
	int16_t weights[V3NPU_BRICK_O][PART_DEPTH];
	int16_t operands[V3NPU_VECTOR_PIXELS][PART_DEPTH];
};

static int32_t dot(const int16_t *a, const int16_t *b)
{
	int32_t sum = 0;
	unsigned int i;

	for (i = 0; i < PART_DEPTH; i++)
		sum += a[i] * b[i];
	return sum;
}

static void unpack_weights(struct part *part, const int8_t *brick, unsigned int quads)
{
	unsigned int q, o, i;

	if (quads < PART_QUADS)
		memset(part->weights, 0, sizeof(part->weights));
	for (q = 0; q < quads; q++)
		for (o = 0; o < V3NPU_BRICK_O; o++)
			for (i = 0; i < V3NPU_BRICK_I; i++)
				part->weights[o][q * V3NPU_BRICK_I + i] = *brick++;
}

/* Operands of @quads quads from number @first of all taps on */
static void collect_operands(struct part *part, const struct v3npu_mac *mac, uint32_t first,
			     unsigned int quads)
{
	const size_t bytes = V3NPU_BRICK_I * sizeof(int16_t);
	unsigned int p, i;

	for (i = 0; i < quads; i++) {
		const uint8_t *from = mac->lines + mac->taps[(first + i) / mac->quads] +
				      (first + i) % mac->quads * bytes;

		for (p = 0; p < mac->pixels; p++, from += mac->pixel_stride)
			memcpy(&part->operands[p][i * V3NPU_BRICK_I], from, bytes);
	}
}

static void mac_c(const struct v3npu_mac *mac)
{
	uint32_t total = mac->num_taps * mac->quads;
	struct part part = { 0 };
	unsigned int p, b, o;
	uint32_t q;

	memset(mac->acc, 0, mac->pixels * V3NPU_ACC_PITCH * sizeof(*mac->acc));
	for (q = 0; q < total; q += PART_QUADS) {
		unsigned int quads = total - q < PART_QUADS ? total - q : PART_QUADS;

		collect_operands(&part, mac, q, quads);
		for (b = 0; b < mac->bricks; b++) {
			unpack_weights(&part, mac->weights + ((size_t)b * total + q) *
				       V3NPU_BRICK_BYTES, quads);
			for (p = 0; p < mac->pixels; p++) {
				int32_t *acc = mac->acc + p * V3NPU_ACC_PITCH + b * V3NPU_BRICK_O;

				for (o = 0; o < V3NPU_BRICK_O; o++)
					acc[o] += dot(part.operands[p], part.weights[o]);
			}
		}
	}
}

static void output_c(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
		     unsigned int blocks, int8_t *to, size_t pitch)
{
	unsigned int p, c;

	for (p = 0; p < pixels; p++) {
		for (c = 0; c < blocks * V3NPU_BRICK_O; c++) {
			int32_t x = v3npu_wrap_add(acc[c], scale->bias[c]);

			x = v3npu_mbqm(x, scale->multiplier[c], scale->left[c] - scale->right[c]);
			x = v3npu_wrap_add(x, scale->zero_point);
			to[c] = v3npu_clamp(x, scale->min, scale->max);
		}
		acc += V3NPU_ACC_PITCH;
		to += pitch;
	}
}

/* V3NPU_SOFTMAX_ROWS rows */
static void softmax_rows(const struct v3npu_softmax_table *table, int8_t *data, uint32_t depth,
			 size_t pitch)
{
	int32_t scale[V3NPU_SOFTMAX_ROWS];
	uint32_t sum[V3NPU_SOFTMAX_ROWS] = { 0 };
	int8_t max[V3NPU_SOFTMAX_ROWS];
	unsigned int r, shift;
	uint32_t d;

	memset(max, INT8_MIN, sizeof(max));
	for (d = 0; d < depth; d++)
		for (r = 0; r < V3NPU_SOFTMAX_ROWS; r++)
			max[r] = max[r] > data[d * pitch + r] ? max[r] : data[d * pitch + r];
	for (d = 0; d < depth; d++)
		for (r = 0; r < V3NPU_SOFTMAX_ROWS; r++)
			sum[r] += table->term[max[r] - data[d * pitch + r]];
	/* The sum is 2^31 shifted right by its leading zeros, times 1 + x */
	for (r = 0; r < V3NPU_SOFTMAX_ROWS; r++)
		scale[r] = v3npu_reciprocal((sum[r] << __builtin_clz(sum[r])) >> 1);
	for (d = 0; d < depth; d++) {
		for (r = 0; r < V3NPU_SOFTMAX_ROWS; r++) {
			int8_t *q = &data[d * pitch + r];
			int32_t e = v3npu_srdhm(scale[r], table->exponential[max[r] - *q]);

			shift = V3NPU_SOFTMAX_SHIFT - __builtin_clz(sum[r]);
			*q = v3npu_clamp(v3npu_rounding_shift(e, shift) - 128, -128, 127);
		}
	}
}

static void softmax_c(const struct v3npu_softmax_table *table, int8_t *data, uint32_t depth,
		      size_t pitch, uint32_t rows)
{
	uint32_t r;

	for (r = 0; r < rows; r += V3NPU_SOFTMAX_ROWS)
		softmax_rows(table, data + r, depth, pitch);
}

static void max_c(int8_t *to, const int8_t *from, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		to[i] = to[i] > from[i] ? to[i] : from[i];
}

void v3npu_add_c(const struct v3npu_addend addend[2], const int8_t *a, const int8_t *b,
		 int32_t *sums, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		sums[i] = v3npu_wrap_add(addend[0].value[(uint8_t)a[i]],
					 addend[1].value[(uint8_t)b[i]]);
}

void v3npu_look_up_c(const int8_t table[256], int8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = table[(uint8_t)data[i]];
}

const struct v3npu_kernels v3npu_kernels_c = {
	.name = "c",
	.element = sizeof(int16_t),
	.pixels = V3NPU_VECTOR_PIXELS,
	.granule = 1,
	.load = load_c,
	.mac = mac_c,
	.output = output_c,
	.softmax = softmax_c,
	.add = v3npu_add_c,
	.look_up = v3npu_look_up_c,
	.max = max_c,
};
