// SPDX-License-Identifier: MIT
/*
 * Sessions: a context, and buffers of its own for one inference at a time.
 * Everything a run needs is prepared here once; a run is a submit and a wait.
 * A model that is one piece on the NPU goes to the device directly.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/base/limits.h"
#include "internal.h"
#include "sequence.h"
#include "struct_size.h"

struct v3npu_session {
	struct v3npu_model *model;
	struct v3npu_context *context;	/* NULL if no piece is for the NPU */
	struct v3npu_buffer **slots;	/* by number of the model's slots */
	struct v3npu_step *steps;	/* one for each piece */
	struct v3npu_sequence *sequence; /* NULL if the only piece is for the NPU */
	bool submitted;
	bool finished;			/* stats are of a run */
	struct v3npu_run_stats stats;
};

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
	void *io[2 * V3C_MAX_IO];
	char error[V3C_ERROR_SIZE];
	size_t i;
	int ret;

	for (i = 0; i < p->input_count; i++)
		io[i] = s->slots[piece->input_slots[i]]->map;
	for (i = 0; i < p->output_count; i++)
		io[p->input_count + i] = s->slots[piece->output_slots[i]]->map;
	ret = v3cpu_plan_new(p, s->model->threads, io, plan, error);
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
	s->slots = calloc(split->slot_count, sizeof(s->slots[0]));
	s->steps = calloc(split->piece_count, sizeof(s->steps[0]));
	if (!s->slots || !s->steps)
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
		v3npu_session_free(s);
		return ret;
	}
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
	free(s->steps);
	free(s->slots);
	free(s);
}

void *v3npu_session_input(struct v3npu_session *s, size_t k)
{
	return k < s->model->split->input_count ? s->slots[k]->map : NULL;
}

const void *v3npu_session_output(struct v3npu_session *s, size_t k)
{
	const struct v3c_split *split = s->model->split;

	return k < split->output_count ? s->slots[split->output_slots[k]]->map : NULL;
}

/* Gathers dimensions @d and up of a strided tensor; returns the end of what was written */
static char *gather(const struct v3c_tensor *t, int d, const char *from, char *to)
{
	uint32_t i;

	if (d == t->rank) {
		*to = *from;
		return to + 1;
	}
	if (d == t->rank - 1 && t->stride[d] == 1) {
		memcpy(to, from, t->dim[d]);
		return to + t->dim[d];
	}
	for (i = 0; i < t->dim[d]; i++)
		to = gather(t, d + 1, from + i * t->stride[d], to);
	return to;
}

int v3npu_session_read_tensor(struct v3npu_session *s, size_t k, void *out)
{
	size_t piece;
	const struct v3c_tensor *t = v3npu_find_tensor(s->model, k, &piece);
	const struct v3npu_buffer *buffer;
	struct v3npu_model_info info = { .struct_size = sizeof(info) };

	if (!t) {
		v3npu_model_get_info(s->model, &info);
		return v3npu_fail(-ERANGE, "%zu intermediate tensors were kept; there is no number "
				  "%zu; load the model with keep_tensors to keep all",
				  info.tensors, k);
	}
	if (s->submitted)
		return v3npu_fail(-EBUSY, "a run is going on; wait for it first");
	buffer = s->steps[piece].job->regions[t->region];
	if (!buffer || !buffer->map)
		return v3npu_fail(-ENOTSUP, "tensor %d is not in memory that can be read",
				  t->index);
	gather(t, 0, (const char *)buffer->map + t->offset, out);
	return 0;
}

int v3npu_session_set_input_dmabuf(struct v3npu_session *s, size_t k, int fd)
{
	const struct v3c_split *split = s->model->split;
	struct v3npu_device *device = s->model->device;
	struct v3npu_buffer *buffer;
	size_t i;
	int ret;

	if (k >= split->input_count)
		return v3npu_fail(-ERANGE, "the model has %zu inputs; there is no number %zu",
				  split->input_count, k);
	if (s->submitted)
		return v3npu_fail(-EBUSY, "a run is going on; wait for it first");
	if (s->model->slots[k].cpu)
		return v3npu_fail(-ENOTSUP, "the CPU reads input %zu of this model; copy the "
				  "dma-buf's bytes to v3npu_session_input()", k);
	ret = device->ops->buffer_import(device, fd, v3npu_tensor_size(s->model->slots[k].tensor),
					 &buffer);
	if (ret)
		return ret;
	for (i = 0; i < split->piece_count; i++)
		if (s->steps[i].job)
			v3npu_job_replace(s->steps[i].job, s->slots[k], buffer);
	device->ops->buffer_free(device, s->slots[k]);
	s->slots[k] = buffer;
	return 0;
}

int v3npu_session_submit(struct v3npu_session *s)
{
	int ret = 0;

	if (s->submitted)
		return v3npu_fail(-EBUSY, "a run is going on; wait for it first");
	if (s->sequence)
		v3npu_sequence_submit(s->sequence);
	else
		ret = v3npu_job_submit(s->steps[0].job, s->context);
	s->submitted = !ret;
	s->finished = false;
	return ret;
}

int v3npu_session_wait(struct v3npu_session *s, int timeout_ms)
{
	int ret;

	if (!s->submitted)
		return v3npu_fail(-EINVAL, "no run is going on; submit one first");
	ret = s->sequence ? v3npu_sequence_wait(s->sequence, timeout_ms, &s->stats) :
	      s->model->device->ops->wait(s->context, timeout_ms, &s->stats);
	if (ret == -ETIMEDOUT)
		return ret;
	s->submitted = false;
	s->finished = !ret;
	s->stats.operators_npu = s->model->operators_npu;
	s->stats.operators_cpu = s->model->operators_cpu;
	return ret;
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
