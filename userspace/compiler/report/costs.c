// SPDX-License-Identifier: MIT
#include "costs.h"

#include <stdlib.h>
#include <string.h>

#include "v3npu/cmd_check.h"
#include "v3npu/regs.h"

struct v3npu_counters *v3c_program_costs(const struct v3c_program *p,
					 const struct v3npu_config *config)
{
	struct v3npu_counters *costs = calloc(p->cmd_count + 1, sizeof(*costs));
	uint8_t *cmds = malloc(p->cmds_size + V3NPU_CMD_MAX_SIZE);
	uint64_t address;
	size_t at, i, size;

	if (!costs || !cmds) {
		free(costs);
		free(cmds);
		return NULL;
	}
	/* A copy in which no address is 0: that means "none" */
	memcpy(cmds, p->cmds, p->cmds_size);
	for (i = 0; i < p->reloc_count; i++) {
		memcpy(&address, cmds + p->relocs[i].offset, sizeof(address));
		address += V3NPU_PAGE_SIZE;
		memcpy(cmds + p->relocs[i].offset, &address, sizeof(address));
	}
	for (at = 0, i = 0; i < p->cmd_count; i++, at += size) {
		size = ((struct v3npu_cmd_hdr *)(p->cmds + at))->size;
		/* A relocation of a file may have been anywhere, in the header too */
		if (!v3npu_cmd_check(cmds + at, size, config->sram_size))
			v3npu_cost(config, cmds + at, &costs[i]);
	}
	free(cmds);
	return costs;
}
