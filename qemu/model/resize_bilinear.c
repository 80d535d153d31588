// SPDX-License-Identifier: MIT
/* RESIZE's bilinear mode, as TFLite's ResizeBilinearInteger, or as its ResizeBilinear of uint8. */
#include <math.h>

#include "internal.h"

/* Positions have this many fraction bits */
#define FRACTION_BITS	10
#define ONE		(1 << FRACTION_BITS)
/* Channels of an item */
#define CHANNELS	(V3NPU_TILE_BYTES / 4)
/* Output columns of an item */
#define COLUMNS		64

/**
 * struct bilinear - a command in work
 * @run: of the command
 * @cmd: the command
 * @scale: input elements for an output element, for h and w
 * @real_scale: the same with V3NPU_RESIZE_FLOAT
 * @channels: of an item
 * @columns: output columns of an item
 * @channel_items: items along c
 * @column_items: items along w
 */
struct bilinear {
	struct v3npu_run *run;
	const struct v3npu_cmd_resize *cmd;
	int32_t scale[2];
	float real_scale[2];
	uint32_t channels;
	uint32_t columns;
	uint32_t channel_items;
	uint32_t column_items;
};

/**
 * struct position - where an output element is between two input elements
 * @lower: the one before
 * @upper: the one after, or the same
 * @weight: of each, ONE in all; one is negative where half-pixel centres put the
 *	output outside of the input
 * @part: with V3NPU_RESIZE_FLOAT, of @upper; that of @lower is the rest of 1
 */
struct position {
	uint32_t lower;
	uint32_t upper;
	int32_t weight[2];
	float part;
};

static int32_t scale_of(uint32_t in, uint32_t out, uint8_t flags)
{
	if (flags & V3NPU_RESIZE_ALIGN_CORNERS && out > 1)
		return (ONE * (in - 1) + (out - 1) / 2) / (out - 1);
	return (ONE * in + out / 2) / out;
}

static struct position position_of(uint32_t index, int32_t scale, uint32_t in, uint8_t flags)
{
	int32_t last = in - 1, at = index * scale, lower, upper;

	if (flags & V3NPU_RESIZE_HALF_PIXEL)
		at += scale / 2 - ONE / 2;
	lower = at < 0 ? 0 : at / ONE;
	upper = (at + ONE - 1) / ONE;
	if (lower > last)
		lower = last;
	if (upper > last)
		upper = last;
	return (struct position) {
		lower, upper, { ONE - (at - ONE * lower), at - ONE * lower }, 0
	};
}

static float real_scale_of(uint32_t in, uint32_t out, uint8_t flags)
{
	if (flags & V3NPU_RESIZE_ALIGN_CORNERS && out > 1)
		return (float)(in - 1) / (out - 1);
	return (float)in / out;
}

static struct position real_position_of(uint32_t index, float scale, uint32_t in, uint8_t flags)
{
	float at = flags & V3NPU_RESIZE_HALF_PIXEL ? (index + 0.5f) * scale - 0.5f : index * scale;
	float last = in - 1, lower = fminf(fmaxf(floorf(at), 0), last);

	return (struct position) { lower, fminf(fmaxf(ceilf(at), 0), last), { 0, 0 }, at - lower };
}

static struct position find_position(const struct bilinear *b, uint32_t index, int d)
{
	const struct v3npu_cmd_resize *cmd = b->cmd;

	if (cmd->flags & V3NPU_RESIZE_FLOAT)
		return real_position_of(index, b->real_scale[d], cmd->in.dim[1 + d], cmd->flags);
	return position_of(index, b->scale[d], cmd->in.dim[1 + d], cmd->flags);
}

/* As interpolate(), in the order of TFLite's operations */
static void interpolate_real(int8_t *to, const int8_t *const *from, float y, float x,
			     uint32_t channels)
{
	uint32_t c;

	for (c = 0; c < channels; c++) {
		float sum = (from[0][c] + 128) * (1 - y) * (1 - x);

		sum += (from[2][c] + 128) * y * (1 - x);
		sum += (from[1][c] + 128) * (1 - y) * x;
		sum += (from[3][c] + 128) * y * x;
		to[c] = (int)(sum + 0.5f) - 128;
	}
}

/* One output pixel: @from are the pixels upper left, upper right, lower left, lower right */
static void interpolate(int8_t *to, const int8_t *const *from, const struct position *y,
			const struct position *x, uint32_t channels)
{
	int64_t weight[4];
	uint32_t c, i;

	for (i = 0; i < 4; i++)
		weight[i] = (int64_t)y->weight[i / 2] * x->weight[i % 2];
	for (c = 0; c < channels; c++) {
		int64_t sum = 0;

		for (i = 0; i < 4; i++)
			sum += from[i][c] * weight[i];
		sum += sum > 0 ? ONE * ONE / 2 : -(ONE * ONE / 2);
		to[c] = sum / (ONE * ONE);
	}
}

static bool read_pixel(struct v3npu_view *view, const struct v3npu_tensor *in, uint64_t addr,
		       int8_t *to, uint32_t channels)
{
	struct v3npu_tile from = { addr, 1, channels, 0, in->stride[3] };

	return v3npu_read_tile(view, &from, to, channels);
}

static void bilinear_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct bilinear *b = ctx;
	const struct v3npu_tensor *in = &b->cmd->in, *out = &b->cmd->out;
	uint32_t c = item % b->channel_items * b->channels;
	uint32_t x0 = item / b->channel_items % b->column_items * b->columns;
	uint64_t line = item / b->channel_items / b->column_items;
	uint32_t n = line / out->dim[1];
	uint32_t channels = in->dim[3] - c < b->channels ? in->dim[3] - c : b->channels;
	uint32_t columns = out->dim[2] - x0 < b->columns ? out->dim[2] - x0 : b->columns;
	struct position y = find_position(b, line % out->dim[1], 0);
	struct position x, last = { UINT32_MAX, UINT32_MAX, { 0, 0 }, 0 };
	int8_t *pixel = thread->tile[1];
	const int8_t *from[4] = { pixel, pixel + channels, pixel + 2 * (size_t)channels,
				  pixel + 3 * (size_t)channels };
	struct v3npu_tile to = {
		v3npu_tensor_at(out, n, line % out->dim[1], x0, c), columns, channels,
		out->stride[2], out->stride[3]
	};
	struct v3npu_view read, write;
	uint32_t col, i;

	v3npu_view_tensor(&read, b->run, in, false);
	for (col = 0; col < columns; col++) {
		int8_t *result = thread->tile[0] + (size_t)col * channels;

		x = find_position(b, x0 + col, 1);
		for (i = 0; i < 4 && (x.lower != last.lower || x.upper != last.upper); i++)
			if (!read_pixel(&read, in,
					v3npu_tensor_at(in, n, i / 2 ? y.upper : y.lower,
							i % 2 ? x.upper : x.lower, c),
					pixel + i * (size_t)channels, channels))
				return;
		if (b->cmd->flags & V3NPU_RESIZE_FLOAT)
			interpolate_real(result, from, y.part, x.part, channels);
		else
			interpolate(result, from, &y, &x, channels);
		last = x;
	}
	v3npu_view_tensor(&write, b->run, out, true);
	v3npu_write_tile(&write, &to, thread->tile[0], channels);
}

void v3npu_run_resize_bilinear(struct v3npu_run *run, const struct v3npu_cmd_resize *cmd)
{
	const struct v3npu_tensor *in = &cmd->in, *out = &cmd->out;
	struct bilinear b = { .run = run, .cmd = cmd };
	int i;

	for (i = 0; i < 2; i++) {
		b.scale[i] = scale_of(in->dim[1 + i], out->dim[1 + i], cmd->flags);
		b.real_scale[i] = real_scale_of(in->dim[1 + i], out->dim[1 + i], cmd->flags);
	}
	b.channels = out->dim[3] < CHANNELS ? out->dim[3] : CHANNELS;
	b.columns = V3NPU_TILE_BYTES / b.channels;
	if (b.columns > COLUMNS)
		b.columns = COLUMNS;
	if (b.columns > out->dim[2])
		b.columns = out->dim[2];
	b.channel_items = (out->dim[3] + b.channels - 1) / b.channels;
	b.column_items = (out->dim[2] + b.columns - 1) / b.columns;
	v3npu_parallel(run, (uint64_t)out->dim[0] * out->dim[1] * b.column_items * b.channel_items,
		       (uint64_t)b.columns * (b.channels * 4 + 100), bilinear_item, &b);
}
