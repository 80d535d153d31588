// SPDX-License-Identifier: MIT
#include "v3m.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "compiler/base/limits.h"
#include "v3npu/cmd_check.h"

#define RECOMPILE	"compile the model again with v3compile"

/**
 * struct reader - a file being read
 * @header: copy of its start
 * @data: the file
 * @size: its bytes
 * @error: for the caller
 * @program: what it becomes
 */
struct reader {
	struct v3m_header header;
	const uint8_t *data;
	size_t size;
	char *error;
	struct v3c_program *program;
};

static int fail(struct reader *r, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int fail(struct reader *r, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, V3C_ERROR_SIZE, format, args);
	va_end(args);
	return -err;
}

static int damaged(struct reader *r, const char *what)
{
	return fail(r, EINVAL, "damaged: %s; " RECOMPILE, what);
}

static int no_memory(struct reader *r)
{
	return fail(r, ENOMEM, "out of memory");
}

bool v3m_is(const void *data, size_t size)
{
	return size >= V3M_MAGIC_SIZE && !memcmp(data, V3M_MAGIC, V3M_MAGIC_SIZE);
}

static int check_header(struct reader *r, const struct v3c_target *target)
{
	const struct v3m_header *h = &r->header;
	const size_t crc_end = offsetof(struct v3m_header, crc32) + sizeof(h->crc32);

	/* The version is where it is in all versions, and decides what the rest means */
	if (!v3m_is(r->data, r->size) || r->size < crc_end)
		return damaged(r, "it is no .v3m file");
	memcpy(&r->header, r->data, r->size < sizeof(*h) ? r->size : sizeof(*h));
	if (h->version != V3M_VERSION)
		return fail(r, ENOTSUP, "it has version %u of the .v3m format, this program reads "
			    "version %u; " RECOMPILE, h->version, V3M_VERSION);
	if (r->size < sizeof(*h) || h->size != r->size)
		return damaged(r, "it is not as long as it says");
	if (h->crc32 != crc32_z(0, r->data + crc_end, r->size - crc_end))
		return damaged(r, "its checksum is wrong");
	if (h->cmd_version != V3NPU_CMD_VERSION)
		return fail(r, ENOTSUP, "it has version %u of the NPU's commands, this NPU takes "
			    "version %u; " RECOMPILE, h->cmd_version, V3NPU_CMD_VERSION);
	if (h->sram_size != target->sram_size)
		return fail(r, ENOTSUP, "it is for an NPU with %u KiB of SRAM, this one has %u; "
			    RECOMPILE " --target sram=%uK", h->sram_size >> 10,
			    target->sram_size >> 10, target->sram_size >> 10);
	return 0;
}

static int check_sections(struct reader *r)
{
	const struct v3m_header *h = &r->header;
	int i;

	for (i = 0; i < V3M_SECTION_COUNT; i++)
		if (h->section[i].offset < sizeof(*h) || h->section[i].offset % V3M_ALIGN ||
		    h->section[i].offset > r->size ||
		    h->section[i].size > r->size - h->section[i].offset)
			return damaged(r, "a section is outside of it");
	if (!h->input_count || h->input_count > V3C_MAX_IO ||
	    !h->output_count || h->output_count > V3C_MAX_IO ||
	    h->section[V3M_TENSORS].size !=
	    (h->input_count + h->output_count) * sizeof(struct v3m_tensor))
		return damaged(r, "its inputs and outputs are not as many as it says");
	if (h->reserved || h->arena_size > V3C_MAX_ARENA || h->cmd_count > V3C_MAX_COMMANDS ||
	    h->op_count > V3C_MAX_OPERATORS ||
	    h->section[V3M_METADATA].size > V3C_MAX_METADATA ||
	    h->section[V3M_RELOCATIONS].size % sizeof(struct v3c_reloc))
		return damaged(r, "a number is out of range");
	return 0;
}

/* A copy of a section, with a NUL behind it; NULL: no memory */
static void *copy_section(struct reader *r, enum v3m_section section, size_t *size)
{
	char *copy;

	*size = r->header.section[section].size;
	copy = malloc(*size + 1);
	if (copy) {
		memcpy(copy, r->data + r->header.section[section].offset, *size);
		copy[*size] = '\0';
	}
	return copy;
}

static bool is_zero_point(int32_t zero_point, uint32_t dtype)
{
	return dtype == V3C_UINT8 ? zero_point >= 0 && zero_point <= UINT8_MAX :
				    zero_point >= INT8_MIN && zero_point <= INT8_MAX;
}

static int read_tensor(struct reader *r, uint32_t k, struct v3c_tensor *t)
{
	const uint8_t *from = r->data + r->header.section[V3M_TENSORS].offset;
	struct v3m_tensor m;
	uint64_t elements = 1;
	uint32_t i;

	memcpy(&m, from + k * sizeof(m), sizeof(m));
	if (m.rank > V3C_MAX_RANK || m.dtype > V3C_UINT8 || m.reserved || m.index < 0 ||
	    !isfinite(m.scale) || !is_zero_point(m.zero_point, m.dtype) ||
	    m.name[sizeof(m.name) - 1])
		return damaged(r, "an input or output is not described as it should be");
	for (i = 0; i < V3C_MAX_RANK; i++) {
		if (i < m.rank ? !m.dim[i] || m.dim[i] > V3C_MAX_ELEMENTS : m.dim[i])
			return damaged(r, "an input's or output's dimension is out of range");
		if (i < m.rank)
			elements *= m.dim[i];
		if (elements > V3C_MAX_ELEMENTS)
			return damaged(r, "an input or output is too large");
	}
	t->name = strdup(m.name);
	if (!t->name)
		return no_memory(r);
	t->index = m.index;
	t->dtype = m.dtype;
	t->rank = m.rank;
	t->scale = m.scale;
	t->zero_point = m.zero_point;
	t->region = V3C_REGION_IO + k;
	for (i = m.rank; i-- > 0;) {
		t->dim[i] = m.dim[i];
		t->stride[i] = i + 1 == m.rank ? v3c_dtype_size(m.dtype) :
						 t->stride[i + 1] * t->dim[i + 1];
	}
	return 0;
}

static int read_tensors(struct reader *r)
{
	struct v3c_program *p = r->program;
	uint32_t inputs = r->header.input_count, outputs = r->header.output_count, k;
	int ret = 0;

	p->inputs = calloc(inputs, sizeof(*p->inputs));
	p->outputs = calloc(outputs, sizeof(*p->outputs));
	if (!p->inputs || !p->outputs)
		return no_memory(r);
	p->input_count = inputs;
	p->output_count = outputs;
	for (k = 0; !ret && k < inputs + outputs; k++)
		ret = read_tensor(r, k, k < inputs ? &p->inputs[k] : &p->outputs[k - inputs]);
	return ret;
}

static uint64_t region_size(const struct v3c_program *p, uint32_t region)
{
	const struct v3c_tensor *t;

	if (region == V3C_REGION_CONST)
		return p->consts_size;
	if (region == V3C_REGION_ARENA)
		return p->arena_size;
	region -= V3C_REGION_IO;
	t = region < p->input_count ? &p->inputs[region] : &p->outputs[region - p->input_count];
	return t->rank ? t->stride[0] * t->dim[0] : 1;
}

static int check_relocations(struct reader *r)
{
	const struct v3c_program *p = r->program;
	uint32_t regions = V3C_REGION_IO + p->input_count + p->output_count;
	uint64_t address;
	size_t i;

	for (i = 0; i < p->reloc_count; i++) {
		const struct v3c_reloc *reloc = &p->relocs[i];

		if (reloc->offset % sizeof(address) || p->cmds_size < sizeof(address) ||
		    reloc->offset > p->cmds_size - sizeof(address) ||
		    reloc->region == V3C_REGION_NONE || reloc->region >= regions)
			return damaged(r, "a relocation is out of range");
		memcpy(&address, p->cmds + reloc->offset, sizeof(address));
		if (address >= region_size(p, reloc->region))
			return damaged(r, "an address is outside of its memory");
	}
	return 0;
}

/* The NPU checks them again once they are relocated */
static int check_commands(struct reader *r)
{
	const struct v3c_program *p = r->program;
	uint32_t count = 0;
	size_t at;

	for (at = 0; at < p->cmds_size; at += ((struct v3npu_cmd_hdr *)(p->cmds + at))->size) {
		if (p->cmds_size - at > UINT32_MAX ||
		    v3npu_cmd_check(p->cmds + at, p->cmds_size - at, r->header.sram_size))
			return damaged(r, "a command is not valid");
		count++;
	}
	if (!count || count != p->cmd_count)
		return damaged(r, "it has not as many commands as it says");
	return 0;
}

static int read_program(struct reader *r)
{
	struct v3c_program *p = r->program;
	size_t size;
	int ret;

	p->cmd_count = r->header.cmd_count;
	p->op_count = r->header.op_count;
	p->macs = r->header.mac_count;
	p->arena_size = r->header.arena_size;
	ret = read_tensors(r);
	if (ret)
		return ret;
	p->cmds = copy_section(r, V3M_COMMANDS, &p->cmds_size);
	p->consts = copy_section(r, V3M_CONSTANTS, &p->consts_size);
	p->relocs = copy_section(r, V3M_RELOCATIONS, &size);
	if (!p->cmds || !p->consts || !p->relocs)
		return no_memory(r);
	p->reloc_count = size / sizeof(*p->relocs);
	if (r->header.section[V3M_METADATA].size) {
		p->metadata = copy_section(r, V3M_METADATA, &size);
		if (!p->metadata)
			return no_memory(r);
	}
	ret = check_commands(r);
	return ret ? ret : check_relocations(r);
}

struct v3c_program *v3m_read(const void *data, size_t size, const struct v3c_target *target,
			     char error[V3C_ERROR_SIZE])
{
	struct reader r = { .data = data, .size = size, .error = error };
	int ret;

	error[0] = '\0';
	ret = check_header(&r, target);
	if (!ret)
		ret = check_sections(&r);
	if (!ret) {
		r.program = calloc(1, sizeof(*r.program));
		ret = r.program ? read_program(&r) : no_memory(&r);
	}
	if (!ret)
		return r.program;
	v3c_program_free(r.program);
	errno = -ret;
	return NULL;
}
