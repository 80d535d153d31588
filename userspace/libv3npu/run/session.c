// SPDX-License-Identifier: MIT
/*
 * Everything a run needs is prepared here once; a run is a submit and a wait.
 * A model that is one piece on the NPU goes to the device directly.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"
#include "libv3npu/log.h"
#include "libv3npu/struct_size.h"

static int make_slots(struct v3npu_session *s)
{
	struct v3npu_device *device = s->model->device;
	size_t i;
	int ret = 0;

	for (i = 0; i < s->model->split->slot_count && !ret; i++) {
		const struct v3npu_slot *slot = &s->model->slots[i];
		size_t size = v3npu_tensor_size(slot->tensor) + (slot->cpu ? V3CPU_SLACK : 0);

		ret = slot->npu ? device->ops->buffer_new(device, size, false, &s->slots[i]) :
		      v3npu_host_buffer_new(size, &s->slots[i]);
	}
	return ret;
}

static int make_plan(struct v3npu_session *s, const struct v3npu_piece *piece,
		     struct v3cpu_plan **plan)
{
	const struct v3cpu_program *p = piece->cpu;
	void **io = calloc(p->input_count + p->output_count, sizeof(*io));
	char error[V3C_ERROR_SIZE];
	size_t i;
	int ret;

	if (!io)
		return v3npu_fail(-ENOMEM, "out of memory");
	for (i = 0; i < p->input_count; i++)
		io[i] = s->slots[piece->input_slots[i]]->map;
	for (i = 0; i < p->output_count; i++)
		io[p->input_count + i] = s->slots[piece->output_slots[i]]->map;
	ret = v3cpu_plan_new(p, s->model->threads, io, plan, error);
	free(io);
	return ret ? v3npu_fail(ret, "%s", error) : 0;
}

static int make_steps(struct v3npu_session *s)
{
	struct v3npu_model *model = s->model;
	size_t i;
	int ret = 0;

	for (i = 0; i < model->split->piece_count && !ret; i++) {
		const struct v3npu_piece *piece = &model->pieces[i];

		if (piece->cpu) {
			ret = make_plan(s, piece, &s->steps[i].plan);
			continue;
		}
		s->steps[i].job = v3npu_job_new(model->device, piece, s->slots);
		ret = s->steps[i].job ? 0 : -ENOMEM;
	}
	return ret;
}

int v3npu_session_create(struct v3npu_model *model, enum v3npu_priority priority,
			 struct v3npu_session **session)
{
	const struct v3c_split *split = model->split;
	struct v3npu_session *s;
	int ret;

	*session = NULL;
	if ((unsigned int)priority > V3NPU_PRIORITY_REALTIME)
		return v3npu_fail(-EINVAL, "there is no priority %d; use a V3NPU_PRIORITY_*",
				  priority);
	s = calloc(1, sizeof(*s));
	if (!s)
		return v3npu_fail(-ENOMEM, "out of memory");
	s->model = model;
	pthread_mutex_init(&s->lock, NULL);
	s->slots = calloc(split->slot_count, sizeof(s->slots[0]));
	s->dmabuf = calloc(split->slot_count, sizeof(s->dmabuf[0]));
	s->steps = calloc(split->piece_count, sizeof(s->steps[0]));
	if (!s->slots || !s->dmabuf || !s->steps)
		ret = v3npu_fail(-ENOMEM, "out of memory");
	else
		ret = make_slots(s);
	if (!ret)
		ret = make_steps(s);
	if (!ret && model->has_npu)
		ret = model->device->ops->context_new(model->device, priority, &s->context);
	if (!ret && (split->piece_count > 1 || model->has_cpu))
		ret = v3npu_sequence_new(s->steps, split->piece_count, s->context, &s->sequence);
	if (ret) {
		v3npu_log_failure(ret, "no session");
		v3npu_session_free(s);
		return ret;
	}
	v3npu_log(V3NPU_LOG_LEVEL_DEBUG, "session %p: made, with priority %d", (void *)s, priority);
	*session = s;
	return 0;
}

static void free_slot(struct v3npu_session *s, size_t i)
{
	struct v3npu_device *device = s->model->device;

	if (!s->slots[i])
		return;
	if (s->model->slots[i].npu)
		device->ops->buffer_free(device, s->slots[i]);
	else
		v3npu_host_buffer_free(s->slots[i]);
}

void v3npu_session_free(struct v3npu_session *s)
{
	size_t i;

	if (!s)
		return;
	v3npu_sequence_free(s->sequence);
	if (s->context)
		s->model->device->ops->context_free(s->context);
	for (i = 0; s->steps && i < s->model->split->piece_count; i++) {
		v3npu_job_free(s->steps[i].job);
		v3cpu_plan_free(s->steps[i].plan);
	}
	for (i = 0; s->slots && i < s->model->split->slot_count; i++)
		free_slot(s, i);
	pthread_mutex_destroy(&s->lock);
	free(s->steps);
	free(s->dmabuf);
	free(s->slots);
	free(s);
}

static int fail_run(struct v3npu_session *s, int err)
{
	char what[64];

	snprintf(what, sizeof(what), "session %p: run failed", (void *)s);
	return v3npu_log_failure(err, what);
}

int v3npu_session_submit(struct v3npu_session *s)
{
	int ret = 0;

	if (s->submitted)
		return v3npu_fail_busy();
	if (s->sequence)
		v3npu_sequence_submit(s->sequence);
	else
		ret = v3npu_job_submit(s->steps[0].job, s->context);
	s->finished = false;
	if (ret)
		return fail_run(s, ret);
	pthread_mutex_lock(&s->lock);
	s->submitted = true;
	s->cancelled = false;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static int fail_idle(void)
{
	return v3npu_fail(-EINVAL, "no run is going on; submit one first");
}

int v3npu_session_wait(struct v3npu_session *s, int timeout_ms)
{
	bool cancelled;
	int ret;

	if (!s->submitted)
		return fail_idle();
	ret = s->sequence ? v3npu_sequence_wait(s->sequence, timeout_ms, &s->stats) :
	      s->model->device->ops->wait(s->context, timeout_ms, &s->stats);
	if (ret == -ETIMEDOUT)
		return ret;
	pthread_mutex_lock(&s->lock);
	s->submitted = false;
	cancelled = s->cancelled;
	pthread_mutex_unlock(&s->lock);
	s->finished = !ret && !cancelled;
	s->stats.operators_npu = s->model->operators_npu;
	s->stats.operators_cpu = s->model->operators_cpu;
	/* Also one that was done when it was cancelled: who cancels need not know */
	if (cancelled)
		return v3npu_fail(-ECANCELED, "the run was cancelled");
	if (ret)
		return fail_run(s, ret);
	v3npu_log(V3NPU_LOG_LEVEL_DEBUG, "session %p: run took %.3f ms, %" PRIu64 " cycles",
		  (void *)s, s->stats.wall_ms, s->stats.cycles);
	return 0;
}

int v3npu_session_cancel(struct v3npu_session *s)
{
	int ret = 0;

	pthread_mutex_lock(&s->lock);
	if (!s->submitted) {
		ret = fail_idle();
	} else if (!s->cancelled) {
		s->cancelled = true;
		if (s->sequence)
			v3npu_sequence_cancel(s->sequence);
		else
			s->model->device->ops->cancel(s->context);
	}
	pthread_mutex_unlock(&s->lock);
	return ret;
}

int v3npu_session_fence_fd(struct v3npu_session *s, int *fd)
{
	*fd = -1;
	if (!s->submitted)
		return fail_idle();
	return s->sequence ? v3npu_sequence_fence_fd(s->sequence, fd) :
	       s->model->device->ops->fence_fd(s->context, fd);
}

int v3npu_session_run(struct v3npu_session *s)
{
	int ret = v3npu_session_submit(s);

	return ret ? ret : v3npu_session_wait(s, -1);
}

int v3npu_session_get_stats(struct v3npu_session *s, struct v3npu_run_stats *stats)
{
	if (!s->finished)
		return v3npu_fail(-EINVAL, "no run has finished; run the session first");
	return V3NPU_FILL(v3npu_run_stats, cpu_ms, stats, &s->stats);
}
