// SPDX-License-Identifier: MIT
/* What each command costs: the cycle model, asked about a program's commands */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/report/costs.h"
#include "internal.h"
#include "struct_size.h"

struct v3npu_profile {
	size_t count;
	struct v3npu_profile_cmd cmds[];
};

static const struct {
	const char *name;
	enum v3npu_unit unit;
} opcodes[V3NPU_NUM_OPCODES] = {
	[V3NPU_OP_NOP] = { "nop", V3NPU_UNIT_VECTOR },
	[V3NPU_OP_CONV] = { "conv", V3NPU_UNIT_MAC_ARRAY },
	[V3NPU_OP_MATMUL] = { "matmul", V3NPU_UNIT_MAC_ARRAY },
	[V3NPU_OP_ELTWISE] = { "eltwise", V3NPU_UNIT_VECTOR },
	[V3NPU_OP_POOL] = { "pool", V3NPU_UNIT_VECTOR },
	[V3NPU_OP_SOFTMAX] = { "softmax", V3NPU_UNIT_VECTOR },
	[V3NPU_OP_RESIZE] = { "resize", V3NPU_UNIT_VECTOR },
	[V3NPU_OP_COPY] = { "copy", V3NPU_UNIT_VECTOR },
	[V3NPU_OP_STALL] = { "stall", V3NPU_UNIT_VECTOR },
	[V3NPU_OP_ARGMAX] = { "argmax", V3NPU_UNIT_VECTOR },
};

static void fill(struct v3npu_profile_cmd *out, const struct v3npu_cmd_hdr *hdr,
		 const struct v3c_cmd_info *info, const struct v3npu_counters *cost)
{
	*out = (struct v3npu_profile_cmd){
		.op = info ? info->op : hdr->tag,
		.op_name = info ? info->op_name : opcodes[hdr->opcode].name,
		.opcode = opcodes[hdr->opcode].name,
		.unit = opcodes[hdr->opcode].unit,
		.cycles = cost->cycles,
		.macs = cost->macs,
		.dram_read = cost->dram_read,
		.dram_write = cost->dram_write,
		.sram_read = cost->sram_read,
		.sram_write = cost->sram_write,
		.sram_used = info ? info->sram_used : 0,
	};
}

static int profile_program(const struct v3c_program *p, const struct v3npu_config *config,
			   struct v3npu_profile_cmd *out)
{
	struct v3npu_counters *costs = v3c_program_costs(p, config);
	struct v3npu_cmd_hdr hdr;
	size_t at = 0;
	uint32_t i;

	if (!costs)
		return -1;
	for (i = 0; i < p->cmd_count; i++, at += hdr.size) {
		memcpy(&hdr, p->cmds + at, sizeof(hdr));
		fill(&out[i], &hdr, p->cmd_info ? &p->cmd_info[i] : NULL, &costs[i]);
	}
	free(costs);
	return 0;
}

static int no_memory(void)
{
	return v3npu_fail(-ENOMEM, "out of memory");
}

int v3npu_model_profile(const struct v3npu_model *model, struct v3npu_profile **profile)
{
	const struct v3npu_device_info *info = &model->device->info;
	const struct v3npu_config config = {
		.macs = info->macs, .sram_size = info->sram_size, .dram_mbps = info->dram_mbps,
		.dram_latency = info->dram_latency, .dram_burst = info->dram_burst,
		.clock_mhz = info->clock_mhz, .threads = 1,
	};
	struct v3npu_profile *list;
	uint64_t start = 0;
	size_t i, n = 0;

	*profile = NULL;
	for (i = 0; i < model->split->piece_count; i++)
		n += model->pieces[i].npu ? model->pieces[i].npu->cmd_count : 0;
	if (!n)
		return v3npu_fail(-ENOTSUP, "the NPU runs nothing of this model; there is nothing "
				  "to profile");
	if (v3npu_config_check(&config))
		return v3npu_fail(-ENOTSUP, "the cycle model does not know this NPU: %s",
				  v3npu_config_check(&config));
	list = calloc(1, sizeof(*list) + n * sizeof(list->cmds[0]));
	if (!list)
		return no_memory();
	for (i = 0; i < model->split->piece_count; i++) {
		const struct v3c_program *p = model->pieces[i].npu;

		if (!p)
			continue;
		if (profile_program(p, &config, list->cmds + list->count)) {
			free(list);
			return no_memory();
		}
		list->count += p->cmd_count;
	}
	for (i = 0; i < n; i++) {
		list->cmds[i].start = start;
		start += list->cmds[i].cycles;
	}
	*profile = list;
	return 0;
}

size_t v3npu_profile_count(const struct v3npu_profile *profile)
{
	return profile->count;
}

int v3npu_profile_get_cmd(const struct v3npu_profile *profile, size_t k,
			  struct v3npu_profile_cmd *cmd)
{
	if (k >= profile->count)
		return v3npu_fail(-ERANGE, "the profile has %zu commands; there is no number %zu",
				  profile->count, k);
	return V3NPU_FILL(v3npu_profile_cmd, sram_used, cmd, &profile->cmds[k]);
}

void v3npu_profile_free(struct v3npu_profile *profile)
{
	free(profile);
}
