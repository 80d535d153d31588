// SPDX-License-Identifier: MIT
/*
 * Access to an operand or result through the map callback: runs of bytes that
 * are contiguous on the host, and rectangles of elements in any stride.
 */
#include <string.h>

#include "internal.h"
#include "transpose.h"
#include "v3npu/regs.h"

/* Bytes that are copied between looks for an abort */
#define READ_BYTES	(V3NPU_VIEW_LINES * V3NPU_LINE_BYTES)

void v3npu_view_init(struct v3npu_view *view, struct v3npu_run *run, uint64_t end, bool write)
{
	memset(view, 0, sizeof(*view));
	view->run = run;
	view->end = end;
	view->write = write;
}

void v3npu_view_tensor(struct v3npu_view *view, struct v3npu_run *run,
		       const struct v3npu_tensor *tensor, bool write)
{
	uint64_t last = v3npu_tensor_at(tensor, tensor->dim[0] - 1, tensor->dim[1] - 1,
					tensor->dim[2] - 1, tensor->dim[3] - 1);

	v3npu_view_init(view, run, last + 1, write);
}

/* The look for an abort of v3npu_view_go_on() */
bool v3npu_view_look(struct v3npu_view *view)
{
	view->unseen = 0;
	return !v3npu_run_stopped(view->run);
}

static bool window_map(struct v3npu_view *view, struct v3npu_window *window, uint64_t addr)
{
	const struct v3npu_memory *memory = view->run->memory;
	const struct v3npu_engine *engine = view->run->engine;
	uint64_t want = view->end - addr;

	if (addr >= V3NPU_VA_SRAM) {
		window->addr = V3NPU_VA_SRAM;
		window->size = engine->config.sram_size;
		window->host = engine->sram;
		return true;
	}
	/* An item can have hundreds of thousands of these, and each can take microseconds */
	if (v3npu_run_stopped(view->run))
		return false;
	window->addr = addr;
	window->size = 0;
	window->host = memory->map(memory->opaque, addr, want > SIZE_MAX ? SIZE_MAX : want,
				   view->write, &window->size);
	if (window->host)
		return true;
	window->size = 0;
	v3npu_run_fail(view->run, V3NPU_RESULT_FAULT, addr);
	return false;
}

/**
 * v3npu_view_at() - where an address is on the host
 * @size: set to how many bytes from there are contiguous, at least 1
 *
 * Return: the pointer, valid until the command ends; NULL if the run has failed
 */
uint8_t *v3npu_view_at(struct v3npu_view *view, uint64_t addr, size_t *size)
{
	struct v3npu_window *slot;

	if (addr - view->last.addr >= view->last.size) {
		slot = &view->windows[addr / V3NPU_PAGE_SIZE % V3NPU_VIEW_WINDOWS];
		if (addr - slot->addr >= slot->size && !window_map(view, slot, addr))
			return NULL;
		view->last = *slot;
	}
	*size = view->last.size - (addr - view->last.addr);
	return view->last.host + (addr - view->last.addr);
}

bool v3npu_read(struct v3npu_view *view, uint64_t addr, void *to, size_t size)
{
	uint8_t *bytes = to;
	size_t run;

	while (size) {
		const uint8_t *from = v3npu_view_at(view, addr, &run);

		if (!from)
			return false;
		if (run > size)
			run = size;
		if (run > READ_BYTES)
			run = READ_BYTES;
		if (!v3npu_view_go_on(view, run / V3NPU_LINE_BYTES + 1))
			return false;
		memcpy(bytes, from, run);
		bytes += run;
		addr += run;
		size -= run;
	}
	return true;
}

/*
 * Elements of a strided row that lie in @run bytes from the first one, as far as there need be no
 * look for an abort; 0 if the run has failed
 */
static uint32_t elements_in_run(struct v3npu_view *view, size_t run, uint32_t stride,
				uint32_t count)
{
	uint32_t lines = 1;

	if (stride) {
		size_t fit = (run - 1) / stride + 1;

		if (stride > 1 && fit > V3NPU_VIEW_LINES)
			fit = V3NPU_VIEW_LINES;
		count = fit < count ? fit : count;
		lines = stride > 1 ? count : count / V3NPU_LINE_BYTES + 1;
	}
	return v3npu_view_go_on(view, lines) ? count : 0;
}

static bool read_row(struct v3npu_view *view, uint64_t addr, uint32_t stride, uint32_t count,
		     int8_t *to, size_t to_stride)
{
	while (count) {
		size_t run;
		const uint8_t *from = v3npu_view_at(view, addr, &run);
		uint32_t fit, i;

		if (!from)
			return false;
		fit = elements_in_run(view, run, stride, count);
		if (!fit)
			return false;
		if (stride == 1 && to_stride == 1)
			memcpy(to, from, fit);
		else if (stride == 1)
			for (i = 0; i < fit; i++)
				to[i * to_stride] = (int8_t)from[i];
		else
			for (i = 0; i < fit; i++)
				to[i * to_stride] = (int8_t)from[(size_t)i * stride];
		to += fit * to_stride;
		addr += (uint64_t)fit * stride;
		count -= fit;
	}
	return true;
}

static bool write_row(struct v3npu_view *view, uint64_t addr, uint32_t stride, uint32_t count,
		      const int8_t *from, size_t from_stride)
{
	while (count) {
		size_t run;
		uint8_t *to = v3npu_view_at(view, addr, &run);
		uint32_t fit, i;

		if (!to)
			return false;
		fit = elements_in_run(view, run, stride, count);
		if (!fit)
			return false;
		if (stride == 1 && from_stride == 1)
			memcpy(to, from, fit);
		else if (stride == 1)
			for (i = 0; i < fit; i++)
				to[i] = (uint8_t)from[i * from_stride];
		else
			for (i = 0; i < fit; i++)
				to[(size_t)i * stride] = (uint8_t)from[i * from_stride];
		from += fit * from_stride;
		addr += (uint64_t)fit * stride;
		count -= fit;
	}
	return true;
}

/* Is the tile walked down its columns, because that is where neighbours are? */
static bool by_columns(const struct v3npu_tile *tile)
{
	return tile->rows > 1 && (tile->cols == 1 || (tile->col_stride > 1 &&
						      tile->row_stride < tile->col_stride));
}

/* Where @size bytes are that are contiguous on the host; NULL if not so, or the run has failed */
static uint8_t *find_whole(struct v3npu_view *view, uint64_t addr, uint64_t size)
{
	size_t run;
	uint8_t *host = v3npu_view_at(view, addr, &run);

	return host && run >= size ? host : NULL;
}

/* Where a tile is whose columns are contiguous and which is whole on the host, likewise */
static uint8_t *find_columns(struct v3npu_view *view, const struct v3npu_tile *tile)
{
	if (tile->row_stride != 1)
		return NULL;
	return find_whole(view, tile->addr,
			  (uint64_t)(tile->cols - 1) * tile->col_stride + tile->rows);
}

uint8_t *v3npu_view_rows(struct v3npu_view *view, const struct v3npu_tile *tile)
{
	if (tile->col_stride != 1 && tile->cols > 1)
		return NULL;
	return find_whole(view, tile->addr,
			  (uint64_t)(tile->rows - 1) * tile->row_stride + tile->cols);
}

void v3npu_copy_rows(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch,
		     uint32_t rows, uint32_t cols)
{
	if (to_pitch == cols && from_pitch == cols) {
		memmove(to, from, (size_t)rows * cols);
		return;
	}
	for (; rows; rows--, to += to_pitch, from += from_pitch)
		memmove(to, from, cols);
}

/* Do the tile's elements lie in memory as they do in a dense array of that pitch? */
static bool is_dense(const struct v3npu_tile *tile, size_t pitch)
{
	return (tile->col_stride == 1 || tile->cols == 1) && pitch == tile->cols &&
	       (tile->row_stride == tile->cols || tile->rows == 1);
}

/* Rows or columns of a tile that is whole on the host, up to a look for an abort; 0: has failed */
static uint32_t next_rows(struct v3npu_view *view, uint32_t left)
{
	uint32_t some = left < V3NPU_VIEW_LINES ? left : V3NPU_VIEW_LINES;

	return v3npu_view_go_on(view, some) ? some : 0;
}

bool v3npu_read_tile(struct v3npu_view *view, const struct v3npu_tile *tile, int8_t *dense,
		     size_t pitch)
{
	uint8_t *rows;
	uint32_t i, some;

	if (is_dense(tile, pitch))
		return v3npu_read(view, tile->addr, dense, (size_t)tile->rows * tile->cols);
	if (by_columns(tile)) {
		const uint8_t *columns = find_columns(view, tile);

		for (i = 0; columns && i < tile->cols; i += some) {
			some = next_rows(view, tile->cols - i);
			if (!some)
				return false;
			v3npu_transpose((uint8_t *)dense + i, pitch,
					columns + (size_t)i * tile->col_stride, tile->col_stride,
					some, tile->rows);
		}
		if (columns)
			return true;
		for (i = 0; i < tile->cols; i++)
			if (!read_row(view, tile->addr + (uint64_t)i * tile->col_stride,
				      tile->row_stride, tile->rows, dense + i, pitch))
				return false;
		return true;
	}
	rows = v3npu_view_rows(view, tile);
	for (i = 0; rows && i < tile->rows; i += some) {
		some = next_rows(view, tile->rows - i);
		if (!some)
			return false;
		v3npu_copy_rows((uint8_t *)dense + i * pitch, pitch,
				rows + (size_t)i * tile->row_stride, tile->row_stride, some,
				tile->cols);
	}
	if (rows)
		return true;
	for (i = 0; i < tile->rows; i++)
		if (!read_row(view, tile->addr + (uint64_t)i * tile->row_stride, tile->col_stride,
			      tile->cols, dense + i * pitch, 1))
			return false;
	return true;
}

/*
 * A tile whose columns are contiguous but not whole on the host: block by block, so that what
 * is written, with a look for the end of its page, is many bytes in a row
 */
static bool write_columns(struct v3npu_view *view, const struct v3npu_tile *tile,
			  const int8_t *dense, size_t pitch)
{
	int8_t block[4096];
	const uint32_t most_cols = tile->cols < 64 ? tile->cols : 64;
	const uint32_t most_rows = sizeof(block) / most_cols;
	uint32_t r, c, i, rows, cols;

	for (r = 0; r < tile->rows; r += rows) {
		rows = tile->rows - r < most_rows ? tile->rows - r : most_rows;
		for (c = 0; c < tile->cols; c += cols) {
			cols = tile->cols - c < most_cols ? tile->cols - c : most_cols;
			v3npu_transpose((uint8_t *)block, rows,
					(const uint8_t *)dense + r * pitch + c, pitch, rows, cols);
			for (i = 0; i < cols; i++)
				if (!write_row(view, tile->addr + r +
					       (uint64_t)(c + i) * tile->col_stride, 1, rows,
					       block + i * rows, 1))
					return false;
		}
	}
	return true;
}

bool v3npu_write_tile(struct v3npu_view *view, const struct v3npu_tile *tile,
		      const int8_t *dense, size_t pitch)
{
	uint8_t *rows;
	uint32_t i, some;

	if (is_dense(tile, pitch))
		return write_row(view, tile->addr, 1, tile->rows * tile->cols, dense, 1);
	if (by_columns(tile)) {
		uint8_t *columns = find_columns(view, tile);

		for (i = 0; columns && i < tile->cols; i += some) {
			some = next_rows(view, tile->cols - i);
			if (!some)
				return false;
			v3npu_transpose(columns + (size_t)i * tile->col_stride, tile->col_stride,
					(const uint8_t *)dense + i, pitch, tile->rows, some);
		}
		if (columns)
			return true;
		if (tile->row_stride == 1)
			return write_columns(view, tile, dense, pitch);
		for (i = 0; i < tile->cols; i++)
			if (!write_row(view, tile->addr + (uint64_t)i * tile->col_stride,
				       tile->row_stride, tile->rows, dense + i, pitch))
				return false;
		return true;
	}
	rows = v3npu_view_rows(view, tile);
	for (i = 0; rows && i < tile->rows; i += some) {
		some = next_rows(view, tile->rows - i);
		if (!some)
			return false;
		v3npu_copy_rows(rows + (size_t)i * tile->row_stride, tile->row_stride,
				(const uint8_t *)dense + i * pitch, pitch, some, tile->cols);
	}
	if (rows)
		return true;
	for (i = 0; i < tile->rows; i++)
		if (!write_row(view, tile->addr + (uint64_t)i * tile->row_stride, tile->col_stride,
			       tile->cols, dense + i * pitch, 1))
			return false;
	return true;
}
