// SPDX-License-Identifier: MIT
/* The inputs and outputs of a session: where they are, and dma-bufs in their place */
#include <errno.h>
#include <string.h>

#include "session.h"

/* Slot of input or output @k, -1 if there is none */
static int input_slot(const struct v3npu_session *s, size_t k)
{
	return k < s->model->split->input_count ? (int)k : -1;
}

static int output_slot(const struct v3npu_session *s, size_t k)
{
	const struct v3c_split *split = s->model->split;

	return k < split->output_count ? (int)split->output_slots[k] : -1;
}

static void *memory(const struct v3npu_session *s, int slot)
{
	return slot < 0 || s->dmabuf[slot] ? NULL : s->slots[slot]->map;
}

void *v3npu_session_input(struct v3npu_session *s, size_t k)
{
	return memory(s, input_slot(s, k));
}

const void *v3npu_session_output(struct v3npu_session *s, size_t k)
{
	return memory(s, output_slot(s, k));
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
	uint8_t *bytes = out;
	size_t i;
	struct v3npu_model_info info = { .struct_size = sizeof(info) };

	if (!t) {
		v3npu_model_get_info(s->model, &info);
		return v3npu_fail(-ERANGE, "%zu intermediate tensors were kept; there is no number "
				  "%zu; load the model with keep_tensors to keep all",
				  info.tensors, k);
	}
	if (s->submitted)
		return v3npu_fail_busy();
	buffer = s->steps[piece].job->regions[t->region];
	if (!buffer || !buffer->map)
		return v3npu_fail(-ENOTSUP, "tensor %d is not in memory that can be read",
				  t->index);
	gather(t, 0, (const char *)buffer->map + t->offset, out);
	for (i = 0; t->flip && i < v3npu_tensor_size(t); i++)
		bytes[i] ^= t->flip;
	return 0;
}

/* Whether there is such an input or output, and no run that uses it; 0 or the error */
static int check_slot(const struct v3npu_session *s, int slot, const char *what, size_t count,
		      size_t k)
{
	if (slot < 0)
		return v3npu_fail(-ERANGE, "the model has %zu %ss; there is no number %zu", count,
				  what, k);
	return s->submitted ? v3npu_fail_busy() : 0;
}

static int set_dmabuf(struct v3npu_session *s, uint32_t slot, int fd, bool readonly)
{
	struct v3npu_device *device = s->model->device;
	const struct v3c_split *split = s->model->split;
	size_t i, size = v3npu_tensor_size(s->model->slots[slot].tensor);
	struct v3npu_buffer *buffer;
	int ret;

	ret = device->ops->buffer_import(device, fd, size, readonly, &buffer);
	if (ret)
		return ret;
	/* Programs do not expect two of their tensors in one place */
	for (i = 0; i < split->slot_count; i++)
		if (i != slot && s->slots[i] == buffer) {
			device->ops->buffer_free(device, buffer);
			return v3npu_fail(-EINVAL, "the session has this dma-buf already, as "
					  "another input or output; use one for each");
		}
	for (i = 0; i < split->piece_count; i++)
		if (s->steps[i].job)
			v3npu_job_replace(s->steps[i].job, slot, buffer);
	device->ops->buffer_free(device, s->slots[slot]);
	s->slots[slot] = buffer;
	s->dmabuf[slot] = true;
	return 0;
}

int v3npu_session_set_input_dmabuf(struct v3npu_session *s, size_t k, int fd)
{
	int slot = input_slot(s, k), ret;

	ret = check_slot(s, slot, "input", s->model->split->input_count, k);
	if (ret)
		return ret;
	if (s->model->slots[slot].cpu)
		return v3npu_fail(-ENOTSUP, "the CPU reads input %zu of this model; copy the "
				  "dma-buf's bytes to v3npu_session_input()", k);
	return set_dmabuf(s, slot, fd, true);
}

int v3npu_session_set_output_dmabuf(struct v3npu_session *s, size_t k, int fd)
{
	int slot = output_slot(s, k), ret;

	ret = check_slot(s, slot, "output", s->model->split->output_count, k);
	if (ret)
		return ret;
	if (s->model->slots[slot].cpu)
		return v3npu_fail(-ENOTSUP, "the CPU uses output %zu of this model; copy the bytes "
				  "of v3npu_session_output() to the dma-buf", k);
	return set_dmabuf(s, slot, fd, false);
}

static int export_slot(struct v3npu_session *s, int slot, const char *what, size_t k, int *fd)
{
	struct v3npu_device *device = s->model->device;

	if (s->dmabuf[slot])
		return v3npu_fail(-EINVAL, "%s %zu is a dma-buf already; use that one", what, k);
	if (!s->model->slots[slot].npu)
		return v3npu_fail(-ENOTSUP, "%s %zu of this model is the CPU's alone, whose memory "
				  "is no dma-buf; copy its bytes", what, k);
	return device->ops->buffer_export(device, s->slots[slot], fd);
}

int v3npu_session_export_input(struct v3npu_session *s, size_t k, int *fd)
{
	int slot = input_slot(s, k), ret;

	*fd = -1;
	ret = check_slot(s, slot, "input", s->model->split->input_count, k);
	return ret ? ret : export_slot(s, slot, "input", k, fd);
}

int v3npu_session_export_output(struct v3npu_session *s, size_t k, int *fd)
{
	int slot = output_slot(s, k), ret;

	*fd = -1;
	ret = check_slot(s, slot, "output", s->model->split->output_count, k);
	return ret ? ret : export_slot(s, slot, "output", k, fd);
}
