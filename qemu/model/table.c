// SPDX-License-Identifier: MIT
/* 256-entry tables, the last step of a command's output. */
#include "internal.h"
#include "kernels.h"

/* Reads a command's table; an @addr of 0 is no table */
bool v3npu_table_load(struct v3npu_run *run, uint64_t addr, struct v3npu_table *table)
{
	struct v3npu_view view;
	int8_t entry[256];
	int i;

	table->used = addr != 0;
	table->kernels = run->engine->kernels;
	if (!addr)
		return true;
	v3npu_view_init(&view, run, addr + sizeof(entry), false);
	if (!v3npu_read(&view, addr, entry, sizeof(entry)))
		return false;
	for (i = 0; i < 256; i++)
		table->entry[i] = entry[i ^ 128];
	return true;
}

void v3npu_table_apply(const struct v3npu_table *table, int8_t *data, size_t size)
{
	if (table->used)
		table->kernels->look_up(table->entry, data, size);
}
