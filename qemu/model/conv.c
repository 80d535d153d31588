// SPDX-License-Identifier: MIT
/*
 * Convolution. Its groups are done a block at a time (all at once when there
 * is one), a block's output channels a chunk at a time, and a chunk's output
 * in parallel, a band of rows an item. A band gathers input rows into a ring
 * of lines and slides over them; windows too sparse or too large for that are
 * gathered tap by tap. Windows of one pixel can be used where they are.
 */
#include <string.h>

#include "mac.h"

/*
 * Work items a thread gets of one command, so that all finish at about the same time; fewer where
 * kernels want many pixels, which are of several of an item's rows
 */
#define ITEMS_A_THREAD	8
#define ITEMS_OF_GRANULES	4
/* A ring has at most this many lines */
#define RING_LINES	64
/* Fewer pixels than this are not worth a segment with its own lines */
#define SEGMENT_MIN	8
/* Bytes of the lines that rows which are done together see */
#define ROWS_BYTES	(48u << 10)
/* Bytes of a line, unless it holds fewer pixels then, so that lines stay in the nearest cache */
#define LINE_BYTES	(32u << 10)

/**
 * struct conv - a convolution in work
 * @cmd: the command
 * @array: MAC array, for the chunk in work
 * @in_channel: first input channel of the block of groups
 * @in_channels: input channels of the block
 * @quads: quads of a tap
 * @tap_bytes: bytes of a tap's gathered operands
 * @ring: input rows that a window spans; 0 when windows are gathered tap by tap
 * @rows: output rows that are done together, more than 1 if their lines are kept
 *	one after the other instead of in a ring
 * @in_place: windows are as the kernels want them, where they are contiguous on the host
 * @taps: taps of a window as they are gathered: columns that lie side by side in a line are one
 * @line_bytes: bytes of a line
 * @segment: output pixels of a row that are done at a time
 * @segments: of a row
 * @band: output rows of an item
 * @bands: of an image
 */
struct conv {
	const struct v3npu_cmd_conv *cmd;
	struct v3npu_array array;
	uint32_t in_channel;
	uint32_t in_channels;
	uint32_t quads;
	size_t tap_bytes;
	uint32_t ring;
	uint32_t rows;
	bool in_place;
	uint32_t taps;
	size_t line_bytes;
	uint32_t segment;
	uint32_t segments;
	uint32_t band;
	uint32_t bands;
};

/**
 * struct conv_item - an item in work
 * @conv: of it
 * @thread: that works on it
 * @in: view of the input
 * @out: view of the output
 * @n: image
 * @x: first output column
 * @width: output columns
 * @line_row: input row in each line of the ring, -1 for none
 */
struct conv_item {
	const struct conv *conv;
	struct v3npu_thread *thread;
	struct v3npu_view in;
	struct v3npu_view out;
	uint32_t n;
	uint32_t x;
	uint32_t width;
	int64_t line_row[RING_LINES];
};

static uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Input columns that @width output columns see */
static uint64_t columns_seen(const struct v3npu_cmd_conv *cmd, uint32_t width)
{
	return (uint64_t)(width - 1) * cmd->stride[1] +
	       (uint64_t)(cmd->kernel[1] - 1) * cmd->dilation[1] + 1;
}

static void fill_pad(const struct conv_item *it, uint8_t *to, uint64_t count)
{
	const struct conv *conv = it->conv;
	const struct v3npu_kernels *kernels = conv->array.run->engine->kernels;
	int8_t *pixel = it->thread->tile[2];

	if (!count)
		return;
	memset(pixel, conv->cmd->pad_value, conv->in_channels);
	kernels->load(to, pixel, 0, count, conv->in_channels, conv->quads, conv->array.zero_point);
}

/* Gathers input columns first..first+count-1, which may lie outside, of a row, which does not */
static bool gather_row(struct conv_item *it, int64_t row, int64_t first, uint64_t count,
		       uint8_t *to)
{
	const struct conv *conv = it->conv;
	const struct v3npu_tensor *in = &conv->cmd->in;
	int64_t end = first + (int64_t)count;
	int64_t from = first < 0 ? 0 : first;
	int64_t until = end > in->dim[2] ? in->dim[2] : end;
	struct v3npu_source source;

	if (from >= until) {
		fill_pad(it, to, count);
		return true;
	}
	source.view = &it->in;
	source.addr = v3npu_tensor_at(in, it->n, row, from, conv->in_channel);
	source.pixel_stride = in->stride[2];
	source.channel_stride = in->stride[3];
	fill_pad(it, to, from - first);
	if (!v3npu_array_gather(it->thread, &conv->array, &source, until - from,
				conv->in_channels, conv->quads,
				to + (from - first) * conv->tap_bytes))
		return false;
	fill_pad(it, to + (until - first) * conv->tap_bytes, end - until);
	return true;
}

/* Adds the taps of a kernel's row, which are in line number @line; returns where the next go */
static uint32_t *add_taps(const struct conv *conv, uint32_t *tap, uint32_t line)
{
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	uint32_t kx;

	if (cmd->dilation[1] == 1)
		*tap++ = line * conv->line_bytes;
	else
		for (kx = 0; kx < cmd->kernel[1]; kx++)
			*tap++ = line * conv->line_bytes +
				 kx * cmd->dilation[1] * conv->tap_bytes;
	return tap;
}

/* Gathers the lines that @rows output rows from @y on see, one after the other */
static bool fill_lines(struct conv_item *it, uint32_t y, uint32_t rows)
{
	const struct conv *conv = it->conv;
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	uint8_t *line = it->thread->lines;
	uint32_t *tap = it->thread->taps;
	uint32_t i;

	for (i = 0; i < rows - 1 + conv->ring; i++, line += conv->line_bytes) {
		int64_t row = (int64_t)y + i - cmd->pad[0];
		uint64_t columns = columns_seen(cmd, it->width);

		if (row < 0 || row >= cmd->in.dim[1])
			fill_pad(it, line, columns);
		else if (!gather_row(it, row, -(int64_t)cmd->pad[1], columns, line))
			return false;
	}
	for (i = 0; i < cmd->kernel[0]; i++)
		tap = add_taps(conv, tap, i * cmd->dilation[0]);
	return true;
}

/* Brings the lines that output row @y sees into the ring and finds the taps in them */
static bool fill_ring(struct conv_item *it, uint32_t y)
{
	const struct conv *conv = it->conv;
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	int64_t first = (int64_t)it->x * cmd->stride[1] - cmd->pad[1];
	uint64_t columns = columns_seen(cmd, it->width);
	uint32_t *tap = it->thread->taps;
	uint32_t ky;

	for (ky = 0; ky < cmd->kernel[0]; ky++) {
		int64_t row = (int64_t)y * cmd->stride[0] + ky * cmd->dilation[0] - cmd->pad[0];
		/* The line after the ring's is all padding */
		uint32_t slot = conv->ring;

		if (row >= 0 && row < cmd->in.dim[1]) {
			slot = row % conv->ring;
			if (it->line_row[slot] != row &&
			    !gather_row(it, row, first, columns,
					it->thread->lines + slot * conv->line_bytes))
				return false;
			it->line_row[slot] = row;
		}
		tap = add_taps(conv, tap, slot);
	}
	return true;
}

/* Gathers whole windows, one after the other, of output pixels x..x+count-1 of row @y */
static bool fill_windows(struct conv_item *it, uint32_t y, uint32_t x, uint32_t count)
{
	const struct conv *conv = it->conv;
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	uint8_t *to = it->thread->lines;
	uint32_t p, ky, kx;

	for (p = 0; p < count; p++) {
		int64_t col0 = (int64_t)(x + p) * cmd->stride[1] - cmd->pad[1];

		for (ky = 0; ky < cmd->kernel[0]; ky++) {
			int64_t row = (int64_t)y * cmd->stride[0] + ky * cmd->dilation[0] -
				      cmd->pad[0];
			bool outside = row < 0 || row >= cmd->in.dim[1];

			if (v3npu_run_stopped(conv->array.run))
				return false;
			for (kx = 0; kx < cmd->kernel[1]; kx++) {
				if (outside)
					fill_pad(it, to, 1);
				else if (!gather_row(it, row, col0 + kx * cmd->dilation[1], 1, to))
					return false;
				to += conv->tap_bytes;
			}
		}
	}
	return true;
}

/* Applies the array to @count output pixels x.. of row @y, and of the rows below if it is more */
static bool apply(struct conv_item *it, uint32_t y, uint32_t x, uint32_t count,
		  const struct v3npu_pixels *pixels)
{
	const struct v3npu_array *array = &it->conv->array;
	const struct v3npu_tensor *out = &it->conv->cmd->out;
	struct v3npu_tile tile = {
		.addr = v3npu_tensor_at(out, it->n, y, x, array->channel),
		.rows = count,
		.cols = array->channels,
		.row_stride = out->stride[2],
		.col_stride = out->stride[3],
	};

	return v3npu_array_apply(it->thread, array, pixels, &it->out, &tile);
}

/*
 * Where the input pixels that row @y sees are as they can be used; NULL if they cannot, or the run
 * has failed
 */
static const uint8_t *find_in_place(struct conv_item *it, uint32_t y)
{
	const struct conv *conv = it->conv;
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	uint64_t last = (uint64_t)(it->width - 1) * cmd->stride[1] * cmd->in.stride[2];
	const uint8_t *host;
	size_t run;

	if (!conv->in_place)
		return NULL;
	host = v3npu_view_at(&it->in, v3npu_tensor_at(&cmd->in, it->n, y * cmd->stride[0],
						      it->x * cmd->stride[1], conv->in_channel),
			     &run);
	return host && run >= last + conv->in_channels ? host : NULL;
}

static bool row_by_ring(struct conv_item *it, uint32_t y)
{
	const struct conv *conv = it->conv;
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	const uint8_t *in_place = find_in_place(it, y);
	struct v3npu_pixels pixels = {
		.lines = it->thread->lines,
		.stride = cmd->stride[1] * conv->tap_bytes,
		.taps = it->thread->taps,
		.num_taps = conv->taps,
		.count = it->width,
	};

	if (in_place) {
		pixels.lines = in_place;
		pixels.stride = (size_t)cmd->stride[1] * cmd->in.stride[2];
		pixels.taps = NULL;
	} else if (!fill_ring(it, y)) {
		return false;
	}
	return apply(it, y, it->x, it->width, &pixels);
}

/*
 * Windows go on over the ends of lines into the next ones, so that calls of the kernels are full;
 * those that are in two lines have no results
 */
static bool rows_by_lines(struct conv_item *it, uint32_t y, uint32_t rows)
{
	const struct conv *conv = it->conv;
	uint32_t row = columns_seen(conv->cmd, it->width);
	struct v3npu_pixels pixels = {
		.lines = it->thread->lines,
		.stride = conv->tap_bytes,
		.taps = it->thread->taps,
		.num_taps = conv->taps,
		.count = (rows - 1) * row + it->width,
		.row = row,
		.width = it->width,
	};

	return fill_lines(it, y, rows) && apply(it, y, 0, rows * it->width, &pixels);
}

static bool row_by_windows(struct conv_item *it, uint32_t y)
{
	const struct conv *conv = it->conv;
	struct v3npu_pixels pixels = {
		.lines = it->thread->lines,
		.stride = conv->array.quads * v3npu_quad_bytes(&conv->array),
		.num_taps = conv->taps,
	};
	uint32_t most = V3NPU_LINES_BYTES / pixels.stride;
	uint32_t x;

	for (x = 0; x < it->width; x += pixels.count) {
		pixels.count = min_u32(most, it->width - x);
		if (!fill_windows(it, y, it->x + x, pixels.count) ||
		    !apply(it, y, it->x + x, pixels.count, &pixels))
			return false;
	}
	return true;
}

/* Do windows of output rows first..end-1 reach above or below the input? */
static bool sees_padding(const struct v3npu_cmd_conv *cmd, uint32_t first, uint32_t end)
{
	int64_t above = (int64_t)first * cmd->stride[0] - cmd->pad[0];
	int64_t below = (int64_t)(end - 1) * cmd->stride[0] - cmd->pad[0] +
			(int64_t)(cmd->kernel[0] - 1) * cmd->dilation[0];

	return above < 0 || below >= cmd->in.dim[1];
}

static void conv_item(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct conv *conv = ctx;
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	struct conv_item it = { .conv = conv, .thread = thread };
	uint32_t first, end, y, i;

	it.x = item % conv->segments * conv->segment;
	it.width = min_u32(conv->segment, cmd->out.dim[2] - it.x);
	item /= conv->segments;
	first = item % conv->bands * conv->band;
	end = min_u32(first + conv->band, cmd->out.dim[1]);
	it.n = item / conv->bands;
	v3npu_view_tensor(&it.in, conv->array.run, &cmd->in, false);
	v3npu_view_tensor(&it.out, conv->array.run, &cmd->out, true);
	for (i = 0; i < conv->ring; i++)
		it.line_row[i] = -1;
	if (conv->ring && sees_padding(cmd, first, end))
		fill_pad(&it, thread->lines + conv->ring * conv->line_bytes,
			 columns_seen(cmd, it.width));
	v3npu_array_enter(&conv->array, conv->taps);
	for (y = first; y < end && !v3npu_run_stopped(conv->array.run); y += conv->rows) {
		bool done;

		if (conv->rows > 1)
			done = rows_by_lines(&it, y, min_u32(conv->rows, end - y));
		else
			done = conv->ring ? row_by_ring(&it, y) : row_by_windows(&it, y);
		if (!done)
			break;
	}
	v3npu_array_leave(&conv->array);
}

/*
 * Output pixels of a row that make a line of LINE_BYTES, and where there is one row as many items
 * as asked for: whole calls of the kernels
 */
static uint32_t short_segment(const struct conv *conv, uint32_t items)
{
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	uint32_t pixels = conv->array.run->engine->kernels->pixels;
	uint32_t segment = LINE_BYTES / (conv->tap_bytes * cmd->stride[1]);

	if (cmd->out.dim[1] == 1)
		segment = min_u32(segment, cmd->out.dim[2] / items);
	segment = segment / pixels * pixels;
	return segment > 2 * pixels ? segment : 2 * pixels;
}

/* Are windows one pixel each, all within the input? */
static bool is_pointwise(const struct v3npu_cmd_conv *cmd)
{
	return cmd->kernel[0] == 1 && cmd->kernel[1] == 1 && !cmd->pad[0] && !cmd->pad[1] &&
	       (uint64_t)(cmd->out.dim[1] - 1) * cmd->stride[0] < cmd->in.dim[1] &&
	       (uint64_t)(cmd->out.dim[2] - 1) * cmd->stride[1] < cmd->in.dim[2];
}

/*
 * Makes one long row of all rows, where one follows the other and each pixel sees only itself. Of
 * rows of one pixel the stride along w means nothing, but would of the long one.
 */
static void merge_rows(struct v3npu_cmd_conv *cmd)
{
	struct v3npu_tensor *in = &cmd->in, *out = &cmd->out;

	if (out->dim[2] == 1)
		cmd->stride[1] = 1;
	if (!is_pointwise(cmd) || in->dim[1] != out->dim[1] || in->dim[2] != out->dim[2] ||
	    in->stride[1] != (uint64_t)in->dim[2] * in->stride[2] ||
	    out->stride[1] != (uint64_t)out->dim[2] * out->stride[2])
		return;
	in->dim[2] *= in->dim[1];
	in->dim[1] = 1;
	out->dim[2] *= out->dim[1];
	out->dim[1] = 1;
}

static uint32_t granules(uint32_t pixels, uint32_t granule)
{
	return (pixels + granule - 1) / granule;
}

/* Output rows to do together, of the @most that there are: where calls are fuller then */
static uint32_t rows_together(const struct conv *conv, uint32_t most)
{
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	uint32_t granule = conv->array.run->engine->kernels->granule;
	uint32_t width = cmd->out.dim[2], row = columns_seen(cmd, width);
	uint32_t rows = min_u32(most, V3NPU_TILE_BYTES / (width * v3npu_array_pitch(&conv->array)));
	uint64_t lines = conv->ring ? ROWS_BYTES / conv->line_bytes : 0;

	if (conv->in_place || conv->segments > 1 || lines <= conv->ring ||
	    cmd->stride[0] > 1 || cmd->stride[1] > 1 ||
	    cmd->out.stride[1] != (uint64_t)width * cmd->out.stride[2])
		return 1;
	rows = min_u32(rows, lines - conv->ring + 1);
	if (!rows || granules((rows - 1) * row + width, granule) >= granules(width, granule) * rows)
		return 1;
	return rows;
}

/* How the output is cut into items, and how operands are gathered, for the chunk in work */
static void plan(struct conv *conv)
{
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	const struct v3npu_engine *engine = conv->array.run->engine;
	uint64_t span = (uint64_t)(cmd->kernel[0] - 1) * cmd->dilation[0] + 1;
	uint32_t width = cmd->out.dim[2], height = cmd->out.dim[1];
	uint32_t threads = v3npu_pool_threads(engine->pool);
	uint32_t each = engine->kernels->granule > 1 ? ITEMS_OF_GRANULES : ITEMS_A_THREAD;
	uint32_t items = threads > 1 ? threads * each : 1;
	uint32_t most = min_u32(width, V3NPU_TILE_BYTES / v3npu_array_pitch(&conv->array));

	conv->ring = 0;
	conv->segment = most;
	if (span <= RING_LINES) {
		uint64_t columns = V3NPU_LINES_BYTES / ((span + 1) * conv->tap_bytes);
		uint64_t window = columns_seen(cmd, 1);

		if (columns >= window) {
			uint64_t fit = (columns - window) / cmd->stride[1] + 1;

			if (fit >= min_u32(most, SEGMENT_MIN)) {
				conv->ring = span;
				conv->segment = fit < most ? fit : most;
			}
		}
	}
	if (conv->ring)
		conv->segment = min_u32(conv->segment, short_segment(conv, items));
	conv->in_place = conv->ring && v3npu_kernels_as_is(engine->kernels) && is_pointwise(cmd) &&
			 cmd->in.stride[3] == 1 && conv->in_channels % V3NPU_BRICK_I == 0;
	conv->taps = 1;
	if (conv->ring)
		conv->taps = cmd->dilation[1] == 1 ? cmd->kernel[0]
						   : (uint32_t)cmd->kernel[0] * cmd->kernel[1];
	conv->line_bytes = conv->ring ? columns_seen(cmd, conv->segment) * conv->tap_bytes : 0;
	conv->segments = (width + conv->segment - 1) / conv->segment;
	conv->bands = min_u32(height, items);
	conv->band = (height + conv->bands - 1) / conv->bands;
	conv->bands = (height + conv->band - 1) / conv->band;
	conv->rows = rows_together(conv, conv->band);
}

/* Packs one brick of a chunk from OHWI weights; see pack_weights() */
struct pack {
	const struct conv *conv;
	uint32_t first_out;
	uint32_t out_channels;
	uint32_t quads;
};

static void pack_brick(struct v3npu_thread *thread, void *ctx, uint64_t item)
{
	const struct pack *pack = ctx;
	const struct conv *conv = pack->conv;
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	struct v3npu_run *run = conv->array.run;
	uint32_t group_in = cmd->in.dim[3] / cmd->groups, group_out = cmd->out.dim[3] / cmd->groups;
	uint32_t taps = (uint32_t)cmd->kernel[0] * cmd->kernel[1];
	uint32_t depth = taps * group_in;
	size_t brick_bytes = (size_t)pack->quads * V3NPU_BRICK_BYTES;
	int8_t *brick = run->engine->weights + item * brick_bytes;
	struct v3npu_view view;
	uint32_t first = item * V3NPU_BRICK_O;
	uint32_t end = min_u32(first + V3NPU_BRICK_O, pack->out_channels);
	uint32_t o, t, i;

	v3npu_view_init(&view, run, cmd->weights + (uint64_t)depth * cmd->out.dim[3], false);
	memset(brick, 0, brick_bytes);
	for (o = first; o < end; o++) {
		uint64_t channel = pack->first_out + o;
		/* Where this channel's group is within the block's input channels */
		uint32_t shift = channel / group_out * group_in - conv->in_channel;
		const int8_t *from = thread->tile[0];

		if (v3npu_run_stopped(run) ||
		    !v3npu_read(&view, cmd->weights + channel * depth, thread->tile[0], depth))
			return;
		for (t = 0; t < taps; t++) {
			int8_t *to = brick + (size_t)t * conv->quads * V3NPU_BRICK_BYTES +
				     (o - first) * V3NPU_BRICK_I;

			for (i = shift; i < shift + group_in; i++)
				to[(size_t)(i / V3NPU_BRICK_I) * V3NPU_BRICK_BYTES +
				   i % V3NPU_BRICK_I] = *from++;
		}
	}
}

/*
 * Bricks of output channels first_out.. of the block. Input channels of other
 * groups than an output channel's own get weights of 0.
 */
static const int8_t *pack_weights(struct conv *conv, uint32_t first_out, uint32_t out_channels,
				  uint32_t quads)
{
	struct v3npu_run *run = conv->array.run;
	uint32_t bricks = (out_channels + V3NPU_BRICK_O - 1) / V3NPU_BRICK_O;
	struct pack pack = { conv, first_out, out_channels, quads };

	v3npu_parallel(run, bricks, (uint64_t)quads * V3NPU_BRICK_BYTES, pack_brick, &pack);
	return v3npu_run_stopped(run) ? NULL : run->engine->weights;
}

/*
 * A brick that is 1 where pack_brick() puts weights, at the end of the memory for those. Channels
 * of several groups are in one brick; those of one group see the same input.
 */
static void mask_weights(struct conv *conv, uint32_t first_out, uint32_t out_channels,
			 uint32_t quads)
{
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	uint32_t group_in = cmd->in.dim[3] / cmd->groups, group_out = cmd->out.dim[3] / cmd->groups;
	bool alike = conv->in_channels == group_in;
	size_t size = (size_t)quads * V3NPU_BRICK_BYTES, tap = conv->quads * V3NPU_BRICK_BYTES;
	int8_t *mask = conv->array.run->engine->weights + V3NPU_WEIGHTS_BYTES - size;
	uint32_t o, i;
	size_t at;

	memset(mask, 0, size);
	for (o = 0; o < V3NPU_BRICK_O && (alike || o < out_channels); o++) {
		uint32_t shift = alike ? 0 : (first_out + o) / group_out * group_in -
					     conv->in_channel;

		for (i = shift; i < shift + group_in; i++)
			mask[(size_t)(i / V3NPU_BRICK_I) * V3NPU_BRICK_BYTES + o * V3NPU_BRICK_I +
			     i % V3NPU_BRICK_I] = 1;
	}
	for (at = tap; at < size; at += tap)
		memcpy(mask + at, mask, tap);
	v3npu_array_mask(&conv->array, cmd->weight_zero_point, mask, quads, alike);
}

/* The bricks as they are in memory, copied only when they are not contiguous there */
static const int8_t *find_bricks(struct conv *conv, uint32_t first_out, uint32_t out_channels,
				 uint32_t quads)
{
	struct v3npu_run *run = conv->array.run;
	uint32_t bricks = (out_channels + V3NPU_BRICK_O - 1) / V3NPU_BRICK_O;
	size_t brick_bytes = (size_t)quads * V3NPU_BRICK_BYTES, contiguous;
	uint64_t addr = conv->cmd->weights + first_out / V3NPU_BRICK_O * (uint64_t)brick_bytes;
	struct v3npu_view view;
	const uint8_t *bytes;

	v3npu_view_init(&view, run, addr + bricks * brick_bytes, false);
	bytes = v3npu_view_at(&view, addr, &contiguous);
	if (!bytes)
		return NULL;
	if (contiguous >= bricks * brick_bytes)
		return (const int8_t *)bytes;
	if (!v3npu_read(&view, addr, run->engine->weights, bricks * brick_bytes))
		return NULL;
	return run->engine->weights;
}

/* Groups of a block: as many as fill a brick, when each has fewer output channels than that */
static uint32_t block_groups(const struct v3npu_cmd_conv *cmd)
{
	uint32_t taps = (uint32_t)cmd->kernel[0] * cmd->kernel[1];
	uint32_t group_in = cmd->in.dim[3] / cmd->groups;
	uint32_t fit = V3NPU_BRICK_O / (cmd->out.dim[3] / cmd->groups);
	/* Keeps a block's depth within that of a convolution without groups */
	uint32_t most = V3NPU_DEPTH_MAX / (taps * group_in);

	fit = min_u32(min_u32(fit, most), cmd->groups);
	return fit ? fit : 1;
}

static void run_block(struct conv *conv, uint32_t first_out, uint32_t out_channels)
{
	const struct v3npu_cmd_conv *cmd = conv->cmd;
	struct v3npu_run *run = conv->array.run;
	uint32_t taps = (uint32_t)cmd->kernel[0] * cmd->kernel[1];
	uint32_t quads, most, done, count;

	conv->quads = (conv->in_channels + V3NPU_BRICK_I - 1) / V3NPU_BRICK_I;
	conv->tap_bytes = conv->quads * v3npu_quad_bytes(&conv->array);
	quads = taps * conv->quads;
	most = v3npu_array_max_bricks(quads) * V3NPU_BRICK_O;
	if (cmd->weight_zero_point) {
		mask_weights(conv, first_out, out_channels, quads);
		/* At most half of V3NPU_DEPTH_MAX: there is room for two bricks */
		most -= V3NPU_BRICK_O;
	}
	for (done = 0; done < out_channels; done += count) {
		const int8_t *weights;
		uint64_t cost;

		count = min_u32(most, out_channels - done);
		if (cmd->weight_format == V3NPU_WEIGHTS_BRICK)
			weights = find_bricks(conv, first_out + done, count, quads);
		else
			weights = pack_weights(conv, first_out + done, count, quads);
		if (!weights)
			return;
		v3npu_array_chunk(&conv->array, first_out + done, count, quads, weights);
		plan(conv);
		cost = (uint64_t)conv->segment * conv->band * quads * conv->array.bricks / 2;
		v3npu_parallel(run, (uint64_t)conv->segments * conv->bands * cmd->out.dim[0], cost,
			       conv_item, conv);
		if (v3npu_run_stopped(run))
			return;
	}
}

void v3npu_run_conv(struct v3npu_run *run, const struct v3npu_cmd_conv *cmd)
{
	uint32_t group_in = cmd->in.dim[3] / cmd->groups, group_out = cmd->out.dim[3] / cmd->groups;
	uint32_t block = block_groups(cmd);
	uint32_t group, groups;
	struct v3npu_cmd_conv merged = *cmd;
	struct conv conv;

	merge_rows(&merged);
	conv.cmd = &merged;
	if (!v3npu_array_init(&conv.array, run, &cmd->output, cmd->out.dim[3], cmd->in_zero_point))
		return;
	for (group = 0; group < cmd->groups && !v3npu_run_stopped(run); group += groups) {
		groups = min_u32(block, cmd->groups - group);
		conv.in_channel = group * group_in;
		conv.in_channels = groups * group_in;
		run_block(&conv, group * group_out, groups * group_out);
	}
}
