/* SPDX-License-Identifier: MIT */
/*
 * What the files of the engine share: the run of one command, its memory, its
 * work items.
 */
#ifndef V3NPU_MODEL_INTERNAL_H
#define V3NPU_MODEL_INTERNAL_H

#include <pthread.h>

#include "engine.h"

/* Widest result of one command that a thread holds back before it is written: one tile */
#define V3NPU_TILE_BYTES	(64u << 10)
#define V3NPU_NUM_TILES		3
/* Gathered operands of the MAC array, a thread */
#define V3NPU_LINES_BYTES	(1u << 20)
/* Weights in brick format that are on the array at once; one brick is at most this */
#define V3NPU_WEIGHTS_BYTES	(4u << 20)

struct v3npu_kernels;
struct v3npu_run;

/**
 * struct v3npu_window - bytes of an address space that are contiguous on the host
 * @addr: first address
 * @size: bytes, 0 when unused
 * @host: where @addr is
 */
struct v3npu_window {
	uint64_t addr;
	size_t size;
	uint8_t *host;
};

#define V3NPU_VIEW_WINDOWS	32

/**
 * struct v3npu_view - one thread's access to one operand or result
 * @run: of the command
 * @end: first address past the operand, for telling the map callback what is wanted
 * @write: it is a result
 * @unseen: lines of the processor's caches that were used since the last look for an abort
 * @last: the window used last
 * @windows: translations in use, found by page number
 */
struct v3npu_view {
	struct v3npu_run *run;
	uint64_t end;
	bool write;
	uint32_t unseen;
	struct v3npu_window last;
	struct v3npu_window windows[V3NPU_VIEW_WINDOWS];
};

/**
 * struct v3npu_thread - what a thread owns
 * @tile: dense tiles of operands and results
 * @lines: gathered operands of the MAC array
 * @taps: offsets in @lines of a window's taps
 * @acc: accumulators of one call of a kernel, and of the one before
 */
struct v3npu_thread {
	int8_t *tile[V3NPU_NUM_TILES];
	uint8_t *lines;
	uint32_t *taps;
	int32_t *acc[2];
};

/**
 * struct v3npu_run - the command that runs
 * @engine: engine
 * @memory: as given to v3npu_engine_run()
 * @abort: the same, never NULL
 * @stop: the result is decided; do no more
 * @lock: guards @result and @fault_addr
 * @result: DONE until something fails
 * @fault_addr: lowest address that failed
 */
struct v3npu_run {
	struct v3npu_engine *engine;
	const struct v3npu_memory *memory;
	const atomic_bool *abort;
	atomic_bool stop;
	pthread_mutex_t lock;
	enum v3npu_result result;
	uint64_t fault_addr;
};

/**
 * typedef v3npu_work_fn - one item of a command's work
 * @thread: the thread it runs in
 * @ctx: as given to v3npu_parallel()
 * @item: number of the item
 */
typedef void (*v3npu_work_fn)(struct v3npu_thread *thread, void *ctx, uint64_t item);

/**
 * struct v3npu_engine - the engine
 * @config: hardware
 * @kernels: the MAC kernels in use
 * @put_off: output stages are put off until the next call
 * @sram: config.sram_size bytes
 * @weights: V3NPU_WEIGHTS_BYTES, weights of the running command
 * @chan: output constants of the running command
 * @pool: threads
 * @gate: callbacks are NULL without one
 */
struct v3npu_engine {
	struct v3npu_config config;
	const struct v3npu_kernels *kernels;
	bool put_off;
	uint8_t *sram;
	int8_t *weights;
	struct v3npu_chan *chan;
	struct v3npu_pool *pool;
	struct v3npu_gate gate;
};

/* threads.c */
struct v3npu_pool *v3npu_pool_new(unsigned int threads, void (*start)(void *opaque),
				  void (*stop)(void *opaque), void *opaque);
void v3npu_pool_free(struct v3npu_pool *pool);
unsigned int v3npu_pool_threads(const struct v3npu_pool *pool);

/**
 * v3npu_parallel() - run @items work items, in any order, on the pool's threads
 * @run: items left are skipped once it stops
 * @cost: rough nanoseconds an item takes; little work stays in this thread
 */
void v3npu_parallel(struct v3npu_run *run, uint64_t items, uint64_t cost, v3npu_work_fn fn,
		    void *ctx);

/* engine.c */
void v3npu_run_fail(struct v3npu_run *run, enum v3npu_result result, uint64_t fault_addr);

/* @abort of the run is true. Return: the run is to end; false if it was only held. */
bool v3npu_run_aborted(struct v3npu_run *run);

/* Has the run failed, or been aborted? Polled by every loop that can take milliseconds. */
static inline bool v3npu_run_stopped(struct v3npu_run *run)
{
	if (atomic_load_explicit(&run->stop, memory_order_relaxed))
		return true;
	return atomic_load_explicit(run->abort, memory_order_relaxed) && v3npu_run_aborted(run);
}

/*
 * Lines of the processor's caches between looks for an abort: each can be in a page that the host
 * has to find first
 */
#define V3NPU_VIEW_LINES	256
/* Bytes of a line: what is read or written in a row is rather that many than each a line */
#define V3NPU_LINE_BYTES	64

bool v3npu_view_look(struct v3npu_view *view);

/* Counts @lines that are about to be used. Return: false if the run has failed, or was aborted */
static inline bool v3npu_view_go_on(struct v3npu_view *view, uint32_t lines)
{
	view->unseen += lines;
	return view->unseen < V3NPU_VIEW_LINES || v3npu_view_look(view);
}

/* memory.c: all return false (or NULL) once the run has failed */
void v3npu_view_init(struct v3npu_view *view, struct v3npu_run *run, uint64_t end, bool write);
void v3npu_view_tensor(struct v3npu_view *view, struct v3npu_run *run,
		       const struct v3npu_tensor *tensor, bool write);
uint8_t *v3npu_view_at(struct v3npu_view *view, uint64_t addr, size_t *size);
bool v3npu_read(struct v3npu_view *view, uint64_t addr, void *to, size_t size);

/* addr + the offset of (n, h, w, c) */
static inline uint64_t v3npu_tensor_at(const struct v3npu_tensor *t, uint32_t n, uint32_t h,
				       uint32_t w, uint32_t c)
{
	return t->addr + (uint64_t)n * t->stride[0] + (uint64_t)h * t->stride[1] +
	       (uint64_t)w * t->stride[2] + (uint64_t)c * t->stride[3];
}

/**
 * struct v3npu_tile - a rectangle of elements
 * @addr: of its first element
 * @rows: elements along the outer dimension
 * @cols: along the inner one
 * @row_stride: bytes from row to row
 * @col_stride: bytes from column to column
 */
struct v3npu_tile {
	uint64_t addr;
	uint32_t rows;
	uint32_t cols;
	uint32_t row_stride;
	uint32_t col_stride;
};

/*
 * Where a tile is whose rows are contiguous and which is contiguous on the host as a whole; NULL if
 * it is not so, or the run has failed
 */
uint8_t *v3npu_view_rows(struct v3npu_view *view, const struct v3npu_tile *tile);

/* Copies rows, which may be at the same place: two addresses can have one page */
void v3npu_copy_rows(uint8_t *to, size_t to_pitch, const uint8_t *from, size_t from_pitch,
		     uint32_t rows, uint32_t cols);

/* Element (r, c) of the tile goes to or comes from dense[r * pitch + c]; pitch >= cols */
bool v3npu_read_tile(struct v3npu_view *view, const struct v3npu_tile *tile, int8_t *dense,
		     size_t pitch);
bool v3npu_write_tile(struct v3npu_view *view, const struct v3npu_tile *tile,
		      const int8_t *dense, size_t pitch);

/* table.c */
/**
 * struct v3npu_table - a 256-entry table of a command
 * @used: there is one
 * @kernels: that look up
 * @entry: indexed by the element as unsigned byte, so that -1 is 255
 */
struct v3npu_table {
	bool used;
	const struct v3npu_kernels *kernels;
	int8_t entry[256];
};

bool v3npu_table_load(struct v3npu_run *run, uint64_t addr, struct v3npu_table *table);
void v3npu_table_apply(const struct v3npu_table *table, int8_t *data, size_t size);

/* One file an opcode; each fails the run through v3npu_run_fail() */
void v3npu_run_conv(struct v3npu_run *run, const struct v3npu_cmd_conv *cmd);
void v3npu_run_matmul(struct v3npu_run *run, const struct v3npu_cmd_matmul *cmd);
void v3npu_run_eltwise(struct v3npu_run *run, const struct v3npu_cmd_eltwise *cmd);
void v3npu_run_pool(struct v3npu_run *run, const struct v3npu_cmd_pool *cmd);
void v3npu_run_softmax(struct v3npu_run *run, const struct v3npu_cmd_softmax *cmd);
void v3npu_run_resize(struct v3npu_run *run, const struct v3npu_cmd_resize *cmd);
void v3npu_run_resize_bilinear(struct v3npu_run *run, const struct v3npu_cmd_resize *cmd);
void v3npu_run_argmax(struct v3npu_run *run, const struct v3npu_cmd_argmax *cmd);
void v3npu_run_copy(struct v3npu_run *run, const struct v3npu_cmd_copy *cmd);

#endif /* V3NPU_MODEL_INTERNAL_H */
