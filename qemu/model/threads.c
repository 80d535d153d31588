// SPDX-License-Identifier: MIT
/*
 * The threads that share a command's work. They sleep between commands and
 * take work items by number, so that no item waits for a slower thread.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"
#include "kernels.h"

/* Below this much work, in nanoseconds, waking the other threads costs more than it saves */
#define PARALLEL_MIN_NS		40000

/**
 * struct v3npu_pool - the threads
 * @count: threads, the caller of v3npu_parallel() included
 * @started: of them, those that were started and must be joined
 * @start: called in each started thread
 * @stop: called when such a thread ends
 * @opaque: for both
 * @ids: of the started threads
 * @threads: what each thread owns; the caller's is the first
 * @lock: guards what follows but for @next
 * @work: there is a new job, or @quit
 * @done: @busy became 0
 * @job: counts jobs
 * @busy: started threads that have not finished the job
 * @quit: threads shall end
 * @run: of the job
 * @fn: of the job
 * @ctx: of the job
 * @items: of the job
 * @next: next item to take
 */
struct v3npu_pool {
	unsigned int count;
	unsigned int started;
	void (*start)(void *opaque);
	void (*stop)(void *opaque);
	void *opaque;
	pthread_t *ids;
	struct v3npu_thread *threads;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t done;
	unsigned int job;
	unsigned int busy;
	bool quit;
	struct v3npu_run *run;
	v3npu_work_fn fn;
	void *ctx;
	uint64_t items;
	_Atomic uint64_t next;
};

struct worker_args {
	struct v3npu_pool *pool;
	struct v3npu_thread *thread;
};

static bool thread_init(struct v3npu_thread *thread)
{
	int i;

	for (i = 0; i < V3NPU_NUM_TILES; i++) {
		thread->tile[i] = malloc(V3NPU_TILE_BYTES);
		if (!thread->tile[i])
			return false;
	}
	thread->lines = aligned_alloc(64, V3NPU_LINES_BYTES);
	thread->taps = malloc(V3NPU_DEPTH_MAX * sizeof(*thread->taps));
	thread->acc = aligned_alloc(64, V3NPU_MAC_PIXELS * V3NPU_ACC_PITCH * sizeof(*thread->acc));
	return thread->lines && thread->taps && thread->acc;
}

static void thread_fini(struct v3npu_thread *thread)
{
	int i;

	for (i = 0; i < V3NPU_NUM_TILES; i++)
		free(thread->tile[i]);
	free(thread->lines);
	free(thread->taps);
	free(thread->acc);
}

static void take_items(struct v3npu_pool *pool, struct v3npu_thread *thread)
{
	uint64_t item;

	while (!v3npu_run_stopped(pool->run)) {
		item = atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
		if (item >= pool->items)
			return;
		pool->fn(thread, pool->ctx, item);
	}
}

static void *worker(void *opaque)
{
	struct worker_args *args = opaque;
	struct v3npu_pool *pool = args->pool;
	struct v3npu_thread *thread = args->thread;
	unsigned int seen = 0;

	free(args);
	if (pool->start)
		pool->start(pool->opaque);
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		while (pool->job == seen && !pool->quit)
			pthread_cond_wait(&pool->work, &pool->lock);
		if (pool->quit)
			break;
		seen = pool->job;
		pthread_mutex_unlock(&pool->lock);
		take_items(pool, thread);
		pthread_mutex_lock(&pool->lock);
		if (!--pool->busy)
			pthread_cond_signal(&pool->done);
	}
	pthread_mutex_unlock(&pool->lock);
	if (pool->stop)
		pool->stop(pool->opaque);
	return NULL;
}

static int start_worker(struct v3npu_pool *pool, unsigned int index)
{
	struct worker_args *args = malloc(sizeof(*args));
	int ret;

	if (!args)
		return ENOMEM;
	args->pool = pool;
	args->thread = &pool->threads[index];
	ret = pthread_create(&pool->ids[pool->started], NULL, worker, args);
	if (ret)
		free(args);
	else
		pool->started++;
	return ret;
}

struct v3npu_pool *v3npu_pool_new(unsigned int threads, void (*start)(void *opaque),
				  void (*stop)(void *opaque), void *opaque)
{
	struct v3npu_pool *pool = calloc(1, sizeof(*pool));
	unsigned int i;
	int ret = ENOMEM;

	if (!pool)
		return NULL;
	pool->count = threads;
	pool->start = start;
	pool->stop = stop;
	pool->opaque = opaque;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->ids = calloc(threads, sizeof(*pool->ids));
	pool->threads = calloc(threads, sizeof(*pool->threads));
	if (!pool->ids || !pool->threads)
		goto fail;
	for (i = 0; i < threads; i++)
		if (!thread_init(&pool->threads[i]))
			goto fail;
	for (i = 1; i < threads; i++) {
		ret = start_worker(pool, i);
		if (ret)
			goto fail;
	}
	return pool;
fail:
	v3npu_pool_free(pool);
	errno = ret;
	return NULL;
}

void v3npu_pool_free(struct v3npu_pool *pool)
{
	unsigned int i;

	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->quit = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->started; i++)
		pthread_join(pool->ids[i], NULL);
	for (i = 0; pool->threads && i < pool->count; i++)
		thread_fini(&pool->threads[i]);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool->ids);
	free(pool);
}

unsigned int v3npu_pool_threads(const struct v3npu_pool *pool)
{
	return pool->count;
}

void v3npu_parallel(struct v3npu_run *run, uint64_t items, uint64_t cost, v3npu_work_fn fn,
		    void *ctx)
{
	struct v3npu_pool *pool = run->engine->pool;
	uint64_t item;

	if (pool->count == 1 || items == 1 ||
	    (cost < PARALLEL_MIN_NS && items * cost < PARALLEL_MIN_NS)) {
		for (item = 0; item < items && !v3npu_run_stopped(run); item++)
			fn(&pool->threads[0], ctx, item);
		return;
	}

	pthread_mutex_lock(&pool->lock);
	pool->run = run;
	pool->fn = fn;
	pool->ctx = ctx;
	pool->items = items;
	atomic_store_explicit(&pool->next, 0, memory_order_relaxed);
	pool->busy = pool->started;
	pool->job++;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);

	take_items(pool, &pool->threads[0]);

	pthread_mutex_lock(&pool->lock);
	while (pool->busy)
		pthread_cond_wait(&pool->done, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}
