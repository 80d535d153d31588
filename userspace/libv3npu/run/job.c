// SPDX-License-Identifier: MIT
#include "job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Adds @delta to every address in the commands that refers to @region */
static void relocate(struct v3npu_job *job, uint32_t region, uint64_t delta)
{
	const struct v3c_program *p = job->piece->npu;
	uint64_t addr;
	size_t i;

	for (i = 0; i < p->reloc_count; i++) {
		char *field = (char *)job->cmds->map + p->relocs[i].offset;

		if (p->relocs[i].region != region)
			continue;
		memcpy(&addr, field, sizeof(addr));
		addr += delta;
		memcpy(field, &addr, sizeof(addr));
	}
}

static void list_buffers(struct v3npu_job *job)
{
	size_t i, first_output = V3C_REGION_IO + job->piece->npu->input_count;

	job->ref_count = 0;
	job->refs[job->ref_count++] = (struct v3npu_buffer_ref) { job->cmds, false };
	for (i = 0; i < job->region_count; i++)
		if (job->regions[i])
			job->refs[job->ref_count++] = (struct v3npu_buffer_ref) {
				job->regions[i], i == V3C_REGION_ARENA || i >= first_output
			};
}

static int make_buffers(struct v3npu_job *job, struct v3npu_buffer *const *slots)
{
	const struct v3c_program *p = job->piece->npu;
	struct v3npu_buffer **io = &job->regions[V3C_REGION_IO];
	size_t i;
	int ret;

	ret = job->device->ops->buffer_new(job->device, p->cmds_size, true, &job->cmds);
	if (!ret && p->arena_size)
		ret = job->device->ops->buffer_new(job->device, p->arena_size, false,
						   &job->regions[V3C_REGION_ARENA]);
	if (ret)
		return ret;
	for (i = 0; i < p->input_count; i++)
		*io++ = slots[job->piece->input_slots[i]];
	for (i = 0; i < p->output_count; i++)
		*io++ = slots[job->piece->output_slots[i]];
	job->regions[V3C_REGION_CONST] = job->piece->consts;
	memcpy(job->cmds->map, p->cmds, p->cmds_size);
	for (i = 0; i < job->region_count; i++)
		if (job->regions[i])
			relocate(job, i, job->regions[i]->va);
	list_buffers(job);
	return 0;
}

struct v3npu_job *v3npu_job_new(struct v3npu_device *device, const struct v3npu_piece *piece,
				struct v3npu_buffer *const *slots)
{
	struct v3npu_job *job = calloc(1, sizeof(*job));

	if (!job) {
		v3npu_fail(-ENOMEM, "out of memory");
		return NULL;
	}
	job->device = device;
	job->piece = piece;
	job->region_count = V3C_REGION_IO + piece->npu->input_count + piece->npu->output_count;
	job->regions = calloc(job->region_count, sizeof(job->regions[0]));
	job->refs = calloc(job->region_count + 1, sizeof(job->refs[0]));
	if (!job->regions || !job->refs)
		v3npu_fail(-ENOMEM, "out of memory");
	else if (!make_buffers(job, slots))
		return job;
	v3npu_job_free(job);
	return NULL;
}

void v3npu_job_free(struct v3npu_job *job)
{
	if (!job)
		return;
	if (job->cmds)
		job->device->ops->buffer_free(job->device, job->cmds);
	if (job->regions && job->regions[V3C_REGION_ARENA])
		job->device->ops->buffer_free(job->device, job->regions[V3C_REGION_ARENA]);
	free(job->refs);
	free(job->regions);
	free(job);
}

void v3npu_job_replace(struct v3npu_job *job, uint32_t slot, struct v3npu_buffer *buffer)
{
	const struct v3npu_piece *piece = job->piece;
	size_t i, inputs = piece->npu->input_count;

	for (i = 0; i < inputs + piece->npu->output_count; i++) {
		struct v3npu_buffer **used = &job->regions[V3C_REGION_IO + i];

		if (slot != (i < inputs ? piece->input_slots[i] : piece->output_slots[i - inputs]))
			continue;
		relocate(job, V3C_REGION_IO + i, buffer->va - (*used)->va);
		*used = buffer;
	}
	list_buffers(job);
}

int v3npu_job_submit(struct v3npu_job *job, struct v3npu_context *context)
{
	return job->device->ops->submit(context, job->cmds->va, job->piece->npu->cmds_size,
					job->refs, job->ref_count);
}
