// SPDX-License-Identifier: MIT
#include "where.h"

#include <string.h>

static bool has_reason(const struct v3c_analysis *a)
{
	size_t i;

	for (i = 0; i < a->op_count; i++)
		if (a->ops[i].reason)
			return true;
	return false;
}

/* An operator that the importer took and no command could do after all */
static int blame(struct v3c_analysis *a, const void *model, size_t size,
		 const struct v3c_target *target)
{
	struct v3c_program *program;
	const char *text;
	int op = -1;

	program = v3c_compile_part(model, size, target, NULL, NULL, &op, a->blame);
	v3c_program_free(program);
	if (op < 0 || (size_t)op >= a->op_count)
		return -1;
	text = strstr(a->blame, "): ");
	a->ops[op].reason = text ? text + strlen("): ") : a->blame;
	a->ops[op].advice = "make its tensors or its window smaller";
	return 0;
}

/* What has commands is on the NPU, whatever was said of it */
static void see_commands(struct v3c_analysis *a, const struct v3c_program *p)
{
	uint32_t i;

	for (i = 0; p && i < p->cmd_count; i++)
		if (p->cmd_info[i].op < a->op_count)
			a->ops[p->cmd_info[i].op].on_cpu = false;
}

int v3c_analysis_where(struct v3c_analysis *a, const struct v3c_split *split, const void *model,
		       size_t size, const struct v3c_target *target)
{
	bool whole = split->piece_count == 1 && split->pieces[0].program;
	size_t i;

	if (!whole && !has_reason(a) && blame(a, model, size, target))
		return -1;
	for (i = 0; i < a->op_count; i++)
		a->ops[i].on_cpu = !whole && (a->ops[i].reason || split->on_cpu[i]);
	for (i = 0; i < split->piece_count; i++)
		see_commands(a, split->pieces[i].program);
	for (i = 0; i < a->op_count; i++) {
		if (!a->ops[i].on_cpu) {
			a->ops[i].reason = NULL;
			a->ops[i].advice = NULL;
		} else if (!a->ops[i].reason) {
			a->ops[i].reason = "the operators around it are on the CPU";
			a->ops[i].advice = "see to those, and it follows";
		}
	}
	return 0;
}
