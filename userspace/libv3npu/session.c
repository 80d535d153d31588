// SPDX-License-Identifier: MIT
/*
 * Sessions: a context, and buffers of its own for one inference at a time.
 * Everything a run needs is prepared here once; a run is a submit and a wait.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct v3npu_session {
	struct v3npu_model *model;
	struct v3npu_context *context;
	struct v3npu_buffer *cmds;
	size_t region_count;
	struct v3npu_buffer **regions;	/* by enum v3c_region; NULL where there is no memory */
	struct v3npu_buffer_ref *refs;	/* what a job lists */
	size_t ref_count;
	bool submitted;
	bool finished;			/* stats are of a run */
	struct v3npu_run_stats stats;
};

/* Adds @delta to every address in the commands that refers to @region */
static void relocate(struct v3npu_session *s, uint32_t region, uint64_t delta)
{
	const struct v3c_program *p = s->model->program;
	uint64_t addr;
	size_t i;

	for (i = 0; i < p->reloc_count; i++) {
		char *field = (char *)s->cmds->map + p->relocs[i].offset;

		if (p->relocs[i].region != region)
			continue;
		memcpy(&addr, field, sizeof(addr));
		addr += delta;
		memcpy(field, &addr, sizeof(addr));
	}
}

static void list_buffers(struct v3npu_session *s)
{
	size_t i, first_output = V3C_REGION_IO + s->model->program->input_count;

	s->ref_count = 0;
	s->refs[s->ref_count++] = (struct v3npu_buffer_ref) { s->cmds, false };
	for (i = 0; i < s->region_count; i++)
		if (s->regions[i])
			s->refs[s->ref_count++] = (struct v3npu_buffer_ref) {
				s->regions[i], i == V3C_REGION_ARENA || i >= first_output
			};
}

static int make_buffers(struct v3npu_session *s)
{
	const struct v3c_program *p = s->model->program;
	struct v3npu_device *device = s->model->device;
	struct v3npu_buffer **io = &s->regions[V3C_REGION_IO];
	size_t i;
	int ret;

	ret = device->ops->buffer_new(device, p->cmds_size, true, &s->cmds);
	if (!ret && p->arena_size)
		ret = device->ops->buffer_new(device, p->arena_size, false,
					      &s->regions[V3C_REGION_ARENA]);
	for (i = 0; i < p->input_count && !ret; i++)
		ret = device->ops->buffer_new(device, v3npu_tensor_size(&p->inputs[i]), false,
					      io++);
	for (i = 0; i < p->output_count && !ret; i++)
		ret = device->ops->buffer_new(device, v3npu_tensor_size(&p->outputs[i]), false,
					      io++);
	if (ret)
		return ret;

	s->regions[V3C_REGION_CONST] = s->model->consts;
	memcpy(s->cmds->map, p->cmds, p->cmds_size);
	for (i = 0; i < s->region_count; i++)
		if (s->regions[i])
			relocate(s, i, s->regions[i]->va);
	list_buffers(s);
	return 0;
}

int v3npu_session_create(struct v3npu_model *model, enum v3npu_priority priority,
			 struct v3npu_session **session)
{
	const struct v3c_program *p = model->program;
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
	s->region_count = V3C_REGION_IO + p->input_count + p->output_count;
	s->regions = calloc(s->region_count, sizeof(s->regions[0]));
	s->refs = calloc(s->region_count + 1, sizeof(s->refs[0]));
	if (!s->regions || !s->refs)
		ret = v3npu_fail(-ENOMEM, "out of memory");
	else
		ret = make_buffers(s);
	if (!ret)
		ret = model->device->ops->context_new(model->device, priority, &s->context);
	if (ret) {
		v3npu_session_free(s);
		return ret;
	}
	*session = s;
	return 0;
}

void v3npu_session_free(struct v3npu_session *s)
{
	struct v3npu_device *device;
	size_t i;

	if (!s)
		return;
	device = s->model->device;
	if (s->context)
		device->ops->context_free(s->context);
	if (s->cmds)
		device->ops->buffer_free(device, s->cmds);
	for (i = 0; s->regions && i < s->region_count; i++)
		if (s->regions[i] && i != V3C_REGION_CONST)
			device->ops->buffer_free(device, s->regions[i]);
	free(s->refs);
	free(s->regions);
	free(s);
}

void *v3npu_session_input(struct v3npu_session *s, size_t k)
{
	return k < s->model->program->input_count ? s->regions[V3C_REGION_IO + k]->map : NULL;
}

const void *v3npu_session_output(struct v3npu_session *s, size_t k)
{
	const struct v3c_program *p = s->model->program;

	return k < p->output_count ? s->regions[V3C_REGION_IO + p->input_count + k]->map : NULL;
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
	const struct v3c_program *p = s->model->program;
	const struct v3npu_buffer *buffer;

	if (k >= p->tensor_count)
		return v3npu_fail(-ERANGE, "%zu intermediate tensors were kept; there is no number "
				  "%zu; load the model with keep_tensors to keep all",
				  p->tensor_count, k);
	if (s->submitted)
		return v3npu_fail(-EBUSY, "a run is going on; wait for it first");
	buffer = s->regions[p->tensors[k].region];
	if (!buffer || !buffer->map)
		return v3npu_fail(-ENOTSUP, "tensor %d is not in memory that can be read",
				  p->tensors[k].index);
	gather(&p->tensors[k], 0, (const char *)buffer->map + p->tensors[k].offset, out);
	return 0;
}

int v3npu_session_set_input_dmabuf(struct v3npu_session *s, size_t k, int fd)
{
	const struct v3c_program *p = s->model->program;
	struct v3npu_device *device = s->model->device;
	size_t region = V3C_REGION_IO + k;
	struct v3npu_buffer *buffer;
	int ret;

	if (k >= p->input_count)
		return v3npu_fail(-ERANGE, "the model has %zu inputs; there is no number %zu",
				  p->input_count, k);
	if (s->submitted)
		return v3npu_fail(-EBUSY, "a run is going on; wait for it first");
	ret = device->ops->buffer_import(device, fd, v3npu_tensor_size(&p->inputs[k]), &buffer);
	if (ret)
		return ret;
	relocate(s, region, buffer->va - s->regions[region]->va);
	device->ops->buffer_free(device, s->regions[region]);
	s->regions[region] = buffer;
	list_buffers(s);
	return 0;
}

int v3npu_session_submit(struct v3npu_session *s)
{
	int ret;

	if (s->submitted)
		return v3npu_fail(-EBUSY, "a run is going on; wait for it first");
	ret = s->model->device->ops->submit(s->context, s->cmds->va,
					    s->model->program->cmds_size, s->refs, s->ref_count);
	s->submitted = !ret;
	s->finished = false;
	return ret;
}

int v3npu_session_wait(struct v3npu_session *s, int timeout_ms)
{
	int ret;

	if (!s->submitted)
		return v3npu_fail(-EINVAL, "no run is going on; submit one first");
	ret = s->model->device->ops->wait(s->context, timeout_ms, &s->stats);
	if (ret == -ETIMEDOUT)
		return ret;
	s->submitted = false;
	s->finished = !ret;
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
	*stats = s->stats;
	return 0;
}
