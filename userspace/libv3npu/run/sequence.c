// SPDX-License-Identifier: MIT
#include "sequence.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "libv3npu/done.h"

enum sequence_state {
	SEQUENCE_IDLE,
	SEQUENCE_RUNNING,
	SEQUENCE_DONE,
};

struct v3npu_sequence {
	const struct v3npu_step *steps;
	size_t count;
	struct v3npu_context *context;
	pthread_t thread;
	pthread_mutex_t lock;		/* for what follows; a run has the rest */
	pthread_cond_t changed;
	enum sequence_state state;
	struct v3npu_done done;
	bool stop;			/* the thread is to end */
	bool on_npu;			/* a job is submitted and not waited for */
	atomic_bool cancel;		/* the run is to end; read without the lock, too */
	double submit_ms;
	int ret;
	char error[512];
	struct v3npu_run_stats stats;
};

static int fail_cancelled(void)
{
	return v3npu_fail(-ECANCELED, "the run was cancelled");
}

/* Under the lock, so that whoever cancels finds the job, or keeps it from being submitted */
static int submit(struct v3npu_sequence *q, struct v3npu_job *job)
{
	int ret;

	pthread_mutex_lock(&q->lock);
	ret = q->cancel ? fail_cancelled() : v3npu_job_submit(job, q->context);
	q->on_npu = !ret;
	pthread_mutex_unlock(&q->lock);
	return ret;
}

static int run_job(struct v3npu_sequence *q, struct v3npu_job *job)
{
	struct v3npu_run_stats stats = {};
	int ret = submit(q, job);

	if (ret)
		return ret;
	ret = job->device->ops->wait(q->context, -1, &stats);
	pthread_mutex_lock(&q->lock);
	q->on_npu = false;
	pthread_mutex_unlock(&q->lock);
	q->stats.cycles += stats.cycles;
	q->stats.macs += stats.macs;
	q->stats.dram_read += stats.dram_read;
	q->stats.dram_write += stats.dram_write;
	q->stats.sram_read += stats.sram_read;
	q->stats.sram_write += stats.sram_write;
	q->stats.commands += stats.commands;
	return ret;
}

static int run_plan(struct v3npu_sequence *q, struct v3cpu_plan *plan)
{
	double start = v3npu_now_ms();
	char error[V3C_ERROR_SIZE];
	int ret = v3cpu_plan_run(plan, &q->cancel, error);

	if (ret)
		v3npu_fail(ret, "%s", error);
	q->stats.cpu_ms += v3npu_now_ms() - start;
	return ret;
}

static void run_steps(struct v3npu_sequence *q)
{
	size_t i;

	q->ret = 0;
	q->stats = (struct v3npu_run_stats) {};
	for (i = 0; i < q->count && !q->ret; i++)
		q->ret = q->cancel ? fail_cancelled() :
			 q->steps[i].job ? run_job(q, q->steps[i].job) :
			 run_plan(q, q->steps[i].plan);
	q->stats.wall_ms = v3npu_now_ms() - q->submit_ms;
	/* The line is this thread's; the one that waits gets it */
	if (q->ret) {
		strncpy(q->error, v3npu_error(), sizeof(q->error) - 1);
		q->error[sizeof(q->error) - 1] = '\0';
	}
}

static void *runner(void *arg)
{
	struct v3npu_sequence *q = arg;

	pthread_mutex_lock(&q->lock);
	while (!q->stop) {
		if (q->state != SEQUENCE_RUNNING) {
			pthread_cond_wait(&q->changed, &q->lock);
			continue;
		}
		pthread_mutex_unlock(&q->lock);
		run_steps(q);
		pthread_mutex_lock(&q->lock);
		q->state = SEQUENCE_DONE;
		v3npu_done_signal(&q->done);
		pthread_cond_broadcast(&q->changed);
	}
	pthread_mutex_unlock(&q->lock);
	return NULL;
}

int v3npu_sequence_new(const struct v3npu_step *steps, size_t count,
		       struct v3npu_context *context, struct v3npu_sequence **sequence)
{
	struct v3npu_sequence *q = calloc(1, sizeof(*q));
	pthread_condattr_t attr;
	int ret;

	if (!q)
		return v3npu_fail(-ENOMEM, "out of memory");
	q->steps = steps;
	q->count = count;
	q->context = context;
	q->done.fd = -1;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->changed, &attr);
	pthread_condattr_destroy(&attr);
	ret = -pthread_create(&q->thread, NULL, runner, q);
	if (ret) {
		pthread_cond_destroy(&q->changed);
		pthread_mutex_destroy(&q->lock);
		free(q);
		return v3npu_fail(ret, "cannot start a thread: %s", strerror(-ret));
	}
	*sequence = q;
	return 0;
}

static void cancel_locked(struct v3npu_sequence *q)
{
	q->cancel = true;
	if (q->on_npu)
		q->context->device->ops->cancel(q->context);
}

void v3npu_sequence_cancel(struct v3npu_sequence *q)
{
	pthread_mutex_lock(&q->lock);
	cancel_locked(q);
	pthread_mutex_unlock(&q->lock);
}

void v3npu_sequence_free(struct v3npu_sequence *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->lock);
	cancel_locked(q);
	q->stop = true;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
	pthread_join(q->thread, NULL);
	/* The thread may have ended before it began the run */
	v3npu_done_signal(&q->done);
	v3npu_done_begin(&q->done);
	pthread_cond_destroy(&q->changed);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

void v3npu_sequence_submit(struct v3npu_sequence *q)
{
	q->submit_ms = v3npu_now_ms();
	pthread_mutex_lock(&q->lock);
	v3npu_done_begin(&q->done);
	q->cancel = false;
	q->state = SEQUENCE_RUNNING;
	pthread_cond_broadcast(&q->changed);
	pthread_mutex_unlock(&q->lock);
}

int v3npu_sequence_fence_fd(struct v3npu_sequence *q, int *fd)
{
	int ret;

	pthread_mutex_lock(&q->lock);
	ret = v3npu_done_get(&q->done, q->state != SEQUENCE_RUNNING, fd);
	pthread_mutex_unlock(&q->lock);
	return ret;
}

int v3npu_sequence_wait(struct v3npu_sequence *q, int timeout_ms, struct v3npu_run_stats *stats)
{
	struct timespec deadline;
	int ret = 0;

	if (timeout_ms >= 0)
		deadline = v3npu_deadline(timeout_ms);
	pthread_mutex_lock(&q->lock);
	while (q->state != SEQUENCE_DONE && !ret)
		ret = timeout_ms < 0 ? pthread_cond_wait(&q->changed, &q->lock) :
				       pthread_cond_timedwait(&q->changed, &q->lock, &deadline);
	if (q->state == SEQUENCE_DONE) {
		q->state = SEQUENCE_IDLE;
		ret = 0;
	}
	pthread_mutex_unlock(&q->lock);
	if (ret)
		return v3npu_fail(-ETIMEDOUT, "the run is not done yet");
	if (q->ret)
		return v3npu_fail(q->ret, "%s", q->error);
	*stats = q->stats;
	return 0;
}
