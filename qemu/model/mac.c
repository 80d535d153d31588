// SPDX-License-Identifier: MIT
/*
 * The MAC array: output constants, gathering of operands, and the loop over
 * bricks and pixels around the kernels.
 */
#include <stdlib.h>
#include <string.h>

#include "fixed.h"
#include "mac.h"

/* Quads times pixels of one call of a kernel, so that an abort is seen in time */
#define CALL_QUADS_MAX	(1u << 16)
/* Output constants that are checked between looks for one */
#define CHECKED_CHANS	(1u << 16)

bool v3npu_array_init(struct v3npu_array *array, struct v3npu_run *run,
		      const struct v3npu_output *output, uint32_t channels, int32_t zero_point)
{
	struct v3npu_chan *chan = run->engine->chan;
	uint32_t entries = output->flags & V3NPU_OUTPUT_PER_TENSOR ? 1 : channels;
	uint64_t size = (uint64_t)entries * sizeof(*chan);
	struct v3npu_view view;
	uint32_t i;

	array->run = run;
	array->output = output;
	array->zero_point = zero_point;
	array->weight_zero_point = 0;
	v3npu_view_init(&view, run, output->chan + size, false);
	if (!v3npu_read(&view, output->chan, chan, size))
		return false;
	for (i = 0; i < entries; i++) {
		if (i % CHECKED_CHANS == 0 && v3npu_run_stopped(run))
			return false;
		if (chan[i].multiplier < 0 || chan[i].shift < -31 || chan[i].shift > 30) {
			v3npu_run_fail(run, V3NPU_RESULT_ILLEGAL, 0);
			return false;
		}
	}
	return v3npu_table_load(run, output->table, &array->table);
}

void v3npu_array_mask(struct v3npu_array *array, int32_t weight_zero_point, const int8_t *mask,
		      uint32_t quads, bool alike)
{
	const struct v3npu_kernels *kernels = array->run->engine->kernels;
	int32_t sums[V3NPU_BRICK_O] = { 0 };
	uint32_t o;

	array->weight_zero_point = weight_zero_point;
	array->mask = mask;
	array->alike = alike;
	if (kernels->biased)
		kernels->sums(mask, quads, sums);
	for (o = 0; o < V3NPU_BRICK_O; o++)
		array->mask_bias[o] = -(kernels->offset + array->zero_point) * sums[o];
}

uint32_t v3npu_array_max_bricks(uint32_t quads)
{
	uint32_t fit = V3NPU_WEIGHTS_BYTES / ((uint64_t)quads * V3NPU_BRICK_BYTES);
	uint32_t most = V3NPU_CHUNK_CHANNELS / V3NPU_BRICK_O;

	return fit < most ? fit : most;
}

void v3npu_array_chunk(struct v3npu_array *array, uint32_t channel, uint32_t channels,
		       uint32_t quads, const int8_t *weights)
{
	const struct v3npu_kernels *kernels = array->run->engine->kernels;
	const struct v3npu_chan *chan = array->run->engine->chan;
	bool per_tensor = array->output->flags & V3NPU_OUTPUT_PER_TENSOR;
	int32_t correction = kernels->offset + array->zero_point;
	/* Of a sum: (a - za) (b - zb), in MATMUL as two products */
	int64_t most = (int64_t)quads * V3NPU_BRICK_I * 255 * 128 * 2;
	uint32_t b, i;

	array->channel = channel;
	array->channels = channels;
	array->bricks = (channels + V3NPU_BRICK_O - 1) / V3NPU_BRICK_O;
	array->quads = quads;
	array->weights = weights;
	array->narrow = true;
	for (i = 0; i < array->bricks * V3NPU_BRICK_O; i++) {
		struct v3npu_chan c = { .shift = -1 };

		if (i < channels)
			c = chan[per_tensor ? 0 : channel + i];
		array->bias[i] = c.bias;
		array->multiplier[i] = c.multiplier;
		array->left[i] = c.shift > 0 ? c.shift : 0;
		array->right[i] = c.shift > 0 ? 0 : -c.shift;
		array->narrow &= v3npu_is_narrow(most + llabs((int64_t)c.bias), c.shift);
	}
	if (!kernels->biased)
		return;
	for (b = 0; b < array->bricks; b++) {
		int32_t sums[V3NPU_BRICK_O];

		kernels->sums(weights + (size_t)b * quads * V3NPU_BRICK_BYTES, quads, sums);
		for (i = 0; i < V3NPU_BRICK_O; i++) {
			int32_t *bias = &array->bias[b * V3NPU_BRICK_O + i];
			uint32_t excess = (uint32_t)correction * (uint32_t)sums[i];

			*bias = v3npu_wrap_sub(*bias, (int32_t)excess);
		}
	}
}

/* Channels lie side by side: whole pixels go to the kernel's load as they are in memory */
static bool gather_direct(struct v3npu_thread *thread, const struct v3npu_array *array,
			  const struct v3npu_source *source, uint32_t count, uint32_t channels,
			  uint32_t quads, uint8_t *lines)
{
	const struct v3npu_kernels *kernels = array->run->engine->kernels;
	size_t pixel_bytes = quads * v3npu_quad_bytes(array);
	uint64_t addr = source->addr;

	while (count) {
		size_t run;
		const uint8_t *from = v3npu_view_at(source->view, addr, &run);
		uint32_t fit = 1;

		if (!from)
			return false;
		if (run >= channels) {
			size_t more = source->pixel_stride ? (run - channels) / source->pixel_stride
							   : count - 1;

			fit = more < count ? more + 1 : count;
			fit = fit < V3NPU_VIEW_LINES ? fit : V3NPU_VIEW_LINES;
			if (!v3npu_view_go_on(source->view, fit))
				return false;
		} else {
			if (!v3npu_read(source->view, addr, thread->tile[2], channels))
				return false;
			from = (const uint8_t *)thread->tile[2];
		}
		kernels->load(lines, (const int8_t *)from, source->pixel_stride, fit, channels,
			      quads, array->zero_point);
		lines += fit * pixel_bytes;
		addr += (uint64_t)fit * source->pixel_stride;
		count -= fit;
	}
	return true;
}

bool v3npu_array_gather(struct v3npu_thread *thread, const struct v3npu_array *array,
			const struct v3npu_source *source, uint32_t count, uint32_t channels,
			uint32_t quads, uint8_t *lines)
{
	const struct v3npu_kernels *kernels = array->run->engine->kernels;
	size_t pixel_bytes = quads * v3npu_quad_bytes(array);
	struct v3npu_tile tile = {
		.addr = source->addr,
		.cols = channels,
		.row_stride = source->pixel_stride,
		.col_stride = source->channel_stride,
	};

	if (source->channel_stride == 1 || channels == 1)
		return gather_direct(thread, array, source, count, channels, quads, lines);
	while (count) {
		uint32_t fit = V3NPU_TILE_BYTES / channels;

		tile.rows = fit < count ? fit : count;
		if (!v3npu_read_tile(source->view, &tile, thread->tile[2], channels))
			return false;
		kernels->load(lines, thread->tile[2], channels, tile.rows, channels, quads,
			      array->zero_point);
		lines += tile.rows * pixel_bytes;
		tile.addr += (uint64_t)tile.rows * source->pixel_stride;
		count -= tile.rows;
	}
	return true;
}

/* Pixels of a call of the kernels, so that calls are of about the same size and none is too long */
static uint32_t call_pixels(const struct v3npu_kernels *kernels, uint32_t count, uint32_t quads)
{
	uint32_t most = CALL_QUADS_MAX / quads, granules, calls;

	if (most > kernels->pixels)
		most = kernels->pixels;
	most /= kernels->granule;
	if (!most)
		most = 1;
	granules = (count + kernels->granule - 1) / kernels->granule;
	calls = (granules + most - 1) / most;
	return (granules + calls - 1) / calls * kernels->granule;
}

static void add_to_pixels(int32_t *acc, const int32_t *addend, unsigned int pixels)
{
	unsigned int p, c;

	for (p = 0; p < pixels; p++, acc += V3NPU_ACC_PITCH) {
		/* Not among the sums, which compilers that are to vectorize the loop must know */
		const int32_t add = addend[p];

		for (c = 0; c < V3NPU_ACC_PITCH; c++)
			acc[c] = v3npu_wrap_add(acc[c], add);
	}
}

/*
 * sum (a - za)(w - zw) = sum (a - za) w - zw sum (a - za): the second is what the array makes
 * of the mask. Takes it off the sums of @mac, whose last pixel is number @end - 1. Channels that
 * are alike need it once, for the first brick, and keep it.
 */
static void take_off_zero_point(struct v3npu_thread *thread, const struct v3npu_array *array,
				const struct v3npu_mac *mac, uint32_t end, bool first)
{
	const uint32_t zero = array->weight_zero_point;
	struct v3npu_mac sum = *mac;
	int32_t *kept = (int32_t *)thread->tile[1] + (end - mac->pixels);
	uint32_t p, c;

	sum.weights = array->mask;
	sum.bricks = 1;
	sum.acc = thread->acc[1];
	if (first)
		array->run->engine->kernels->mac(&sum);
	for (p = 0; p < mac->pixels; p++) {
		const int32_t *from = sum.acc + p * V3NPU_ACC_PITCH;
		int32_t *to = mac->acc + p * V3NPU_ACC_PITCH;

		if (array->alike && first)
			kept[p] = v3npu_wrap_add(from[0], array->mask_bias[0]);
		if (array->alike) {
			const int32_t taken = zero * (uint32_t)kept[p];

			for (c = 0; c < V3NPU_ACC_PITCH; c++)
				to[c] = v3npu_wrap_sub(to[c], taken);
			continue;
		}
		for (c = 0; c < V3NPU_BRICK_O; c++) {
			uint32_t all = v3npu_wrap_add(from[c], array->mask_bias[c]);

			to[c] = v3npu_wrap_sub(to[c], (int32_t)(zero * all));
		}
	}
}

/* The output stage of pixels first..first+count-1, whose sums of a brick or two are at @acc */
static void put_out(const struct v3npu_kernels *kernels, const struct v3npu_scale *scale,
		    const struct v3npu_pixels *pixels, uint32_t first, uint32_t count,
		    unsigned int bricks, const int32_t *acc, int8_t *to, size_t pitch)
{
	uint32_t x, y, some;

	if (!pixels->row) {
		kernels->output(scale, acc, count, bricks, to + first * pitch, pitch);
		return;
	}
	x = first % pixels->row;
	y = first / pixels->row;
	for (; count; count -= some, acc += some * V3NPU_ACC_PITCH, x = 0, y++) {
		some = pixels->row - x < count ? pixels->row - x : count;
		if (x < pixels->width)
			kernels->output(scale, acc, some < pixels->width - x ? some
									    : pixels->width - x,
					bricks, to + (y * pixels->width + x) * pitch, pitch);
	}
}

static bool apply(struct v3npu_thread *thread, const struct v3npu_array *array,
		  const struct v3npu_pixels *pixels, int8_t *to, size_t pitch)
{
	static const uint32_t one_tap;
	const struct v3npu_kernels *kernels = array->run->engine->kernels;
	const uint32_t granule = kernels->granule;
	const uint32_t most = call_pixels(kernels, pixels->count, array->quads);
	struct v3npu_mac mac = {
		.pixel_stride = pixels->stride,
		.taps = pixels->taps ? pixels->taps : &one_tap,
		.num_taps = pixels->num_taps,
		.quads = array->quads / pixels->num_taps,
		.acc = thread->acc[0],
	};
	const bool put_off = array->run->engine->put_off && !pixels->row && !pixels->addend &&
			     !array->weight_zero_point;
	/* Of the call before, with some pixels if it was put off */
	struct v3npu_put put = { 0 };
	uint32_t b, p, size;

	for (b = 0; b < array->bricks; b += mac.bricks) {
		struct v3npu_scale scale = {
			.bias = array->bias + b * V3NPU_BRICK_O,
			.multiplier = array->multiplier + b * V3NPU_BRICK_O,
			.left = array->left + b * V3NPU_BRICK_O,
			.right = array->right + b * V3NPU_BRICK_O,
			.zero_point = array->output->zero_point,
			.min = array->output->min,
			.max = array->output->max,
			.narrow = array->narrow,
		};

		mac.bricks = array->bricks - b < V3NPU_MAC_BRICKS ? array->bricks - b
								  : V3NPU_MAC_BRICKS;
		mac.weights = array->weights + (size_t)b * array->quads * V3NPU_BRICK_BYTES;
		for (p = 0; p < pixels->count; p += size) {
			int32_t *acc = mac.acc;

			if (v3npu_run_stopped(array->run))
				return false;
			size = pixels->count - p < most ? pixels->count - p : most;
			mac.pixels = (size + granule - 1) / granule * granule;
			/* To make a granule full, some that are done already are done again */
			if (mac.pixels - size > p)
				mac.pixels = size;
			mac.lines = pixels->lines + (p + size - mac.pixels) * pixels->stride;
			if (put.pixels)
				kernels->mac_put(&mac, &put);
			else
				kernels->mac(&mac);
			if (array->weight_zero_point)
				take_off_zero_point(thread, array, &mac, p + size, !b);
			acc += (mac.pixels - size) * V3NPU_ACC_PITCH;
			if (put_off) {
				put = (struct v3npu_put){
					.scale = scale, .acc = acc, .pixels = size,
					.blocks = mac.bricks, .pitch = pitch,
					.to = to + p * pitch + b * V3NPU_BRICK_O,
				};
				mac.acc = thread->acc[mac.acc == thread->acc[0]];
				continue;
			}
			if (pixels->addend)
				add_to_pixels(acc, pixels->addend + p, size);
			put_out(kernels, &scale, pixels, p, size, mac.bricks, acc,
				to + b * V3NPU_BRICK_O, pitch);
		}
	}
	if (put.pixels)
		kernels->output(&put.scale, put.acc, put.pixels, put.blocks, put.to, put.pitch);
	return true;
}

void v3npu_array_enter(const struct v3npu_array *array, uint32_t num_taps)
{
	const struct v3npu_kernels *kernels = array->run->engine->kernels;

	if (kernels->enter)
		kernels->enter(array->quads / num_taps);
}

void v3npu_array_leave(const struct v3npu_array *array)
{
	const struct v3npu_kernels *kernels = array->run->engine->kernels;

	if (kernels->leave)
		kernels->leave();
}

/* Where results can go as the kernels make them; NULL if they cannot, or the run has failed */
static int8_t *find_result(struct v3npu_view *out, const struct v3npu_tile *tile)
{
	uint64_t size = (uint64_t)(tile->rows - 1) * tile->row_stride + tile->cols;
	uint8_t *host;
	size_t run;

	if (tile->col_stride != 1 || tile->cols % V3NPU_BRICK_O)
		return NULL;
	host = v3npu_view_at(out, tile->addr, &run);
	return host && run >= size ? (int8_t *)host : NULL;
}

bool v3npu_array_apply(struct v3npu_thread *thread, const struct v3npu_array *array,
		       const struct v3npu_pixels *pixels, struct v3npu_view *out,
		       const struct v3npu_tile *tile)
{
	size_t pitch = v3npu_array_pitch(array);
	int8_t *to = find_result(out, tile);
	uint32_t p;

	if (to) {
		if (!apply(thread, array, pixels, to, tile->row_stride))
			return false;
		if (tile->row_stride == tile->cols)
			v3npu_table_apply(&array->table, to, (size_t)tile->rows * tile->cols);
		else
			for (p = 0; p < tile->rows; p++)
				v3npu_table_apply(&array->table, to + (size_t)p * tile->row_stride,
						  tile->cols);
		return true;
	}
	to = thread->tile[0];
	if (!apply(thread, array, pixels, to, pitch))
		return false;
	v3npu_table_apply(&array->table, to, tile->rows * pitch);
	return v3npu_write_tile(out, tile, to, pitch);
}
