// SPDX-License-Identifier: MIT
#include "v3m.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "structures are written as they are in memory");

static void describe(struct v3m_tensor *to, const struct v3c_tensor *t)
{
	to->index = t->index;
	to->dtype = t->dtype;
	to->rank = t->rank;
	to->zero_point = t->zero_point;
	memcpy(to->dim, t->dim, t->rank * sizeof(t->dim[0]));
	to->scale = t->scale;
	strncpy(to->name, t->name, sizeof(to->name) - 1);
}

static struct v3m_tensor *describe_all(const struct v3c_program *p, size_t *count)
{
	struct v3m_tensor *tensors = calloc(p->input_count + p->output_count, sizeof(*tensors));
	size_t i;

	*count = p->input_count + p->output_count;
	for (i = 0; tensors && i < *count; i++)
		describe(&tensors[i], i < p->input_count ? &p->inputs[i] :
			 &p->outputs[i - p->input_count]);
	return tensors;
}

uint8_t *v3m_write(const struct v3c_program *p, const struct v3c_target *target, size_t *size)
{
	struct v3m_header header = {
		.magic = V3M_MAGIC, .version = V3M_VERSION, .cmd_version = V3NPU_CMD_VERSION,
		.sram_size = target->sram_size, .macs = target->macs,
		.dram_mbps = target->dram_mbps, .dram_latency = target->dram_latency,
		.dram_burst = target->dram_burst, .clock_mhz = target->clock_mhz,
		.input_count = p->input_count, .output_count = p->output_count,
		.cmd_count = p->cmd_count, .op_count = p->op_count, .arena_size = p->arena_size,
		.mac_count = p->macs,
	};
	const size_t crc_end = offsetof(struct v3m_header, crc32) + sizeof(header.crc32);
	size_t tensor_count, i, end = sizeof(header);
	struct v3m_tensor *tensors = describe_all(p, &tensor_count);
	const struct {
		const void *data;
		size_t size;
	} content[V3M_SECTION_COUNT] = {
		[V3M_COMMANDS] = { p->cmds, p->cmds_size },
		[V3M_CONSTANTS] = { p->consts, p->consts_size },
		[V3M_RELOCATIONS] = { p->relocs, p->reloc_count * sizeof(*p->relocs) },
		[V3M_TENSORS] = { tensors, tensor_count * sizeof(*tensors) },
		[V3M_METADATA] = { p->metadata, p->metadata ? strlen(p->metadata) : 0 },
	};
	uint8_t *data = NULL;

	for (i = 0; i < V3M_SECTION_COUNT; i++) {
		end = (end + V3M_ALIGN - 1) / V3M_ALIGN * V3M_ALIGN;
		header.section[i].offset = end;
		header.section[i].size = content[i].size;
		end += content[i].size;
	}
	header.size = end;
	if (tensors)
		data = calloc(1, end);
	for (i = 0; data && i < V3M_SECTION_COUNT; i++)
		if (content[i].size)
			memcpy(data + header.section[i].offset, content[i].data, content[i].size);
	if (data) {
		memcpy(data, &header, sizeof(header));
		header.crc32 = crc32_z(0, data + crc_end, end - crc_end);
		memcpy(data, &header, sizeof(header));
	}
	free(tensors);
	*size = end;
	return data;
}
