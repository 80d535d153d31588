// SPDX-License-Identifier: MIT
/*
 * The threads that share a command's work. Each begins with the same part of a
 * command's items as of the last command's, so that it mostly reads what it
 * wrote itself and its processor's caches have. When those are done it takes
 * other threads', so that no item waits for a slower thread, and a thread that
 * comes late finds the job closed and is not waited for. Between commands they
 * look for work for some microseconds, then they sleep.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "internal.h"
#include "kernels.h"

/* Below this much work, in nanoseconds, the other threads cost more than they save */
#define PARALLEL_MIN_NS		40000
/* How long threads look for work, or for the others' end, before they sleep */
#define SPIN_NS			20000
/* Accumulators of one call, as a multiple of 64 bytes */
#define ACC_BYTES	((V3NPU_MAC_PIXELS + V3NPU_OUTPUT_AHEAD) * V3NPU_ACC_PITCH * \
			 sizeof(int32_t))
/* Looks at the state between looks at the clock */
#define SPIN_LOOKS		64

/*
 * struct v3npu_pool's @state: the job's number, whether it is open to threads,
 * and how many started threads are at it
 */
#define STATE_JOB		(1ull << 8)
#define STATE_OPEN		(1ull << 7)
#define STATE_BUSY		(STATE_OPEN - 1)

/**
 * struct part - the items that a thread begins with
 * @next: next item to take; grows past @end
 * @end: the one after the last
 */
struct part {
	_Alignas(64) _Atomic uint64_t next;
	uint64_t end;
};

/**
 * struct v3npu_pool - the threads
 * @count: threads, the caller of v3npu_parallel() included
 * @started: of them, those that were started and must be joined
 * @start: called in each started thread
 * @stop: called when such a thread ends
 * @opaque: for both
 * @ids: of the started threads
 * @threads: what each thread owns; the caller's is the first
 * @state: of the job, see STATE_*
 * @parts: of the job's items, one for each thread; this and what follows is set while no
 *	job is open
 * @run: of the job
 * @fn: of the job
 * @ctx: of the job
 * @lock: guards sleeping and waking
 * @work: there is a new job, or @quit
 * @done: no started thread is busy
 * @sleepers: started threads that sleep, or are about to
 * @waiting: the caller sleeps, or is about to
 * @quit: threads shall end
 * @avoided: processor that the started threads are kept off; -1 before there is one
 */
struct v3npu_pool {
	unsigned int count;
	unsigned int started;
	void (*start)(void *opaque);
	void (*stop)(void *opaque);
	void *opaque;
	pthread_t *ids;
	struct v3npu_thread *threads;
	_Atomic uint64_t state;
	struct part *parts;
	struct v3npu_run *run;
	v3npu_work_fn fn;
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t work;
	pthread_cond_t done;
	atomic_uint sleepers;
	atomic_bool waiting;
	atomic_bool quit;
	int avoided;
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
	for (i = 0; i < 2; i++)
		thread->acc[i] = aligned_alloc(64, ACC_BYTES);
	return thread->lines && thread->taps && thread->acc[0] && thread->acc[1];
}

static void thread_fini(struct v3npu_thread *thread)
{
	int i;

	for (i = 0; i < V3NPU_NUM_TILES; i++)
		free(thread->tile[i]);
	free(thread->lines);
	free(thread->taps);
	free(thread->acc[0]);
	free(thread->acc[1]);
}

static void share_out(struct v3npu_pool *pool, uint64_t items)
{
	uint64_t each = items / pool->count, more = items % pool->count, next = 0;
	unsigned int i;

	for (i = 0; i < pool->count; i++) {
		struct part *part = &pool->parts[i];

		atomic_store_explicit(&part->next, next, memory_order_relaxed);
		next += each + (i < more);
		part->end = next;
	}
}

static void take_items(struct v3npu_pool *pool, struct v3npu_thread *thread)
{
	unsigned int own = thread - pool->threads, i;
	uint64_t item;

	for (i = 0; i < pool->count; i++) {
		struct part *part = &pool->parts[(own + i) % pool->count];

		while (!v3npu_run_stopped(pool->run)) {
			item = atomic_fetch_add_explicit(&part->next, 1, memory_order_relaxed);
			if (item >= part->end)
				break;
			pool->fn(thread, pool->ctx, item);
		}
	}
}

/* Tells the gate whether this thread works for the run from now on */
static void tell_gate(const struct v3npu_run *run, bool work)
{
	const struct v3npu_gate *gate = &run->engine->gate;

	if (gate->work)
		gate->work(gate->opaque, work);
}

/* Is there a job that a thread which saw job number @seen last can have a look at? */
static bool has_news(const struct v3npu_pool *pool, uint64_t seen)
{
	return atomic_load(&pool->state) / STATE_JOB != seen || atomic_load(&pool->quit);
}

static bool is_idle(const struct v3npu_pool *pool)
{
	return !(atomic_load(&pool->state) & STATE_BUSY);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static inline void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#endif
}

static void wait_for_job(struct v3npu_pool *pool, uint64_t seen)
{
	uint64_t end = now_ns() + SPIN_NS;
	int i;

	do {
		for (i = 0; i < SPIN_LOOKS; i++) {
			if (has_news(pool, seen))
				return;
			relax();
		}
	} while (now_ns() < end);
	pthread_mutex_lock(&pool->lock);
	/* Who posts a job looks at this afterwards, so that one of the two sees the other */
	atomic_fetch_add(&pool->sleepers, 1);
	while (!has_news(pool, seen))
		pthread_cond_wait(&pool->work, &pool->lock);
	atomic_fetch_sub(&pool->sleepers, 1);
	pthread_mutex_unlock(&pool->lock);
}

static void wait_for_others(struct v3npu_pool *pool)
{
	uint64_t end = now_ns() + SPIN_NS;
	int i;

	do {
		for (i = 0; i < SPIN_LOOKS; i++) {
			if (is_idle(pool))
				return;
			relax();
		}
	} while (now_ns() < end);
	pthread_mutex_lock(&pool->lock);
	atomic_store(&pool->waiting, true);
	while (!is_idle(pool))
		pthread_cond_wait(&pool->done, &pool->lock);
	atomic_store(&pool->waiting, false);
	pthread_mutex_unlock(&pool->lock);
}

/* Takes part in the job, if it is still open. Return: its number */
static uint64_t join_job(struct v3npu_pool *pool, struct v3npu_thread *thread)
{
	uint64_t state = atomic_load(&pool->state), left;

	while (state & STATE_OPEN) {
		if (!atomic_compare_exchange_weak(&pool->state, &state, state + 1))
			continue;
		tell_gate(pool->run, true);
		take_items(pool, thread);
		tell_gate(pool->run, false);
		left = atomic_fetch_sub(&pool->state, 1) - 1;
		if (!(left & (STATE_OPEN | STATE_BUSY)) && atomic_load(&pool->waiting)) {
			pthread_mutex_lock(&pool->lock);
			pthread_cond_signal(&pool->done);
			pthread_mutex_unlock(&pool->lock);
		}
		break;
	}
	return state / STATE_JOB;
}

static void *worker(void *opaque)
{
	struct worker_args *args = opaque;
	struct v3npu_pool *pool = args->pool;
	struct v3npu_thread *thread = args->thread;
	uint64_t seen = 0;

	free(args);
	if (pool->start)
		pool->start(pool->opaque);
	while (!atomic_load(&pool->quit)) {
		seen = join_job(pool, thread);
		wait_for_job(pool, seen);
	}
	if (pool->stop)
		pool->stop(pool->opaque);
	return NULL;
}

static int start_worker(struct v3npu_pool *pool, unsigned int index)
{
	struct worker_args *args = malloc(sizeof(*args));
	int ret = ENOMEM;

	if (!args)
		return ret;
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
	pool->avoided = -1;
	pool->start = start;
	pool->stop = stop;
	pool->opaque = opaque;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	pool->ids = calloc(threads, sizeof(*pool->ids));
	pool->threads = calloc(threads, sizeof(*pool->threads));
	pool->parts = aligned_alloc(_Alignof(struct part), threads * sizeof(*pool->parts));
	if (!pool->ids || !pool->threads || !pool->parts)
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
	atomic_store(&pool->quit, true);
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (i = 0; i < pool->started; i++)
		pthread_join(pool->ids[i], NULL);
	for (i = 0; pool->threads && i < pool->count; i++)
		thread_fini(&pool->threads[i]);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->parts);
	free(pool->threads);
	free(pool->ids);
	free(pool);
}

unsigned int v3npu_pool_threads(const struct v3npu_pool *pool)
{
	return pool->count;
}

/*
 * Keeps the started threads off the caller's processor, before they are woken. The others are
 * busy at that moment with who gave the NPU its work, and is about to sleep. A kernel that lets
 * the woken wait behind the caller for that does not notice for milliseconds that it was wrong.
 */
static void spread(struct v3npu_pool *pool)
{
	int cpu = sched_getcpu();
	cpu_set_t set;
	unsigned int i;

	if (cpu == pool->avoided || cpu < 0 || sched_getaffinity(0, sizeof(set), &set))
		return;
	pool->avoided = cpu;
	CPU_CLR(cpu, &set);
	for (i = 0; CPU_COUNT(&set) && i < pool->started; i++)
		pthread_setaffinity_np(pool->ids[i], sizeof(set), &set);
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

	pool->run = run;
	pool->fn = fn;
	pool->ctx = ctx;
	share_out(pool, items);
	atomic_store(&pool->state, (atomic_load(&pool->state) / STATE_JOB + 1) * STATE_JOB |
				   STATE_OPEN);
	if (atomic_load(&pool->sleepers)) {
		spread(pool);
		pthread_mutex_lock(&pool->lock);
		pthread_cond_broadcast(&pool->work);
		pthread_mutex_unlock(&pool->lock);
	}

	take_items(pool, &pool->threads[0]);

	atomic_fetch_and(&pool->state, ~STATE_OPEN);
	if (is_idle(pool))
		return;
	tell_gate(run, false);
	wait_for_others(pool);
	tell_gate(run, true);
}
