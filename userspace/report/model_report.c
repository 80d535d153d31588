// SPDX-License-Identifier: MIT
#include "model_report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compiler/report/costs.h"
#include "compiler/report/where.h"
#include "compiler/v3m.h"
#include "cpu/cpu.h"
#include "v3npu/regs.h"

#define MODEL_SIZE_MAX	(1ull << 30)

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int no_memory(const struct model_report *r, struct tool_error *error)
{
	return tool_fail(error, "%s: out of memory", r->path);
}

/* Adds a command's cost to its operator's layer: commands of several may take turns */
static void add_cost(struct model_report *r, uint32_t op, const struct v3npu_counters *c)
{
	struct model_layer *layer = r->layer_of[op];
	struct v3npu_counters *sums[2];
	int i;

	if (!layer) {
		layer = &r->layers[r->layer_count++];
		layer->op = op;
		r->layer_of[op] = layer;
	}
	layer->commands++;
	sums[0] = &layer->cost;
	sums[1] = &r->total;
	for (i = 0; i < 2; i++) {
		sums[i]->cycles += c->cycles;
		sums[i]->macs += c->macs;
		sums[i]->dram_read += c->dram_read;
		sums[i]->dram_write += c->dram_write;
		sums[i]->sram_read += c->sram_read;
		sums[i]->sram_write += c->sram_write;
	}
}

static int cost_program(struct model_report *r, const struct v3c_program *p)
{
	struct v3npu_counters *costs = v3c_program_costs(p, &r->config);
	uint64_t live = 0;
	uint32_t i;

	if (!costs)
		return -1;
	for (i = 0; i < p->cmd_count; i++) {
		add_cost(r, p->cmd_info[i].op, &costs[i]);
		if (p->cmd_info[i].arena_used > live)
			live = p->cmd_info[i].arena_used;
	}
	r->arena_live += live;
	free(costs);
	return 0;
}

static int cost_pieces(struct model_report *r)
{
	size_t i;

	for (i = 0; i < r->split->piece_count; i++)
		if (r->split->pieces[i].program)
			r->commands += r->split->pieces[i].program->cmd_count;
	/* One more than operators: a model without any has copies, of operator 0 */
	r->layers = calloc(r->analysis->op_count + 1, sizeof(*r->layers));
	r->layer_of = calloc(r->analysis->op_count + 1, sizeof(*r->layer_of));
	if (!r->layers || !r->layer_of)
		return -1;
	for (i = 0; i < r->split->piece_count; i++) {
		const struct v3c_program *p = r->split->pieces[i].program;

		if (!p)
			continue;
		if (cost_program(r, p))
			return -1;
		r->consts_size += p->consts_size;
		r->arena_size += p->arena_size;
	}
	return 0;
}

/* Puts each operator in its place: with commands or without, or on the CPU */
static int place_ops(struct model_report *r)
{
	const struct v3c_analysis *a = r->analysis;
	size_t i;

	r->place = calloc(a->op_count + 1, sizeof(*r->place));
	if (!r->place)
		return -1;
	for (i = 0; i < a->op_count; i++)
		r->place[i] = a->ops[i].on_cpu ? PLACE_CPU : PLACE_FOLDED;
	for (i = 0; i < r->layer_count; i++)
		r->place[r->layers[i].op] = PLACE_NPU;
	for (i = 0; i < a->op_count; i++) {
		r->count[r->place[i]]++;
		r->macs[r->place[i]] += a->ops[i].macs;
	}
	return 0;
}

static int compile(struct model_report *r, const void *data, size_t size,
		   struct tool_error *error)
{
	const struct v3c_target target = {
		.macs = r->config.macs, .sram_size = r->config.sram_size,
		.dram_mbps = r->config.dram_mbps, .dram_latency = r->config.dram_latency,
		.dram_burst = r->config.dram_burst, .clock_mhz = r->config.clock_mhz,
		.sram_va = V3NPU_VA_SRAM,
	};
	char text[V3C_ERROR_SIZE];
	double start;

	r->analysis = v3c_analyze(data, size, text);
	if (!r->analysis)
		return tool_fail(error, "%s: %s", r->path, text);
	start = now_ms();
	r->split = v3c_split(data, size, &target, NULL, text);
	r->compile_ms = now_ms() - start;
	if (!r->split || v3cpu_check(r->split, data, size, text))
		return tool_fail(error, "%s: %s", r->path, text);
	if (cost_pieces(r))
		return no_memory(r, error);
	if (r->split->piece_count == 1)
		r->whole = r->split->pieces[0].program;
	if (v3c_analysis_where(r->analysis, r->split, data, size, &target))
		return tool_fail(error, "%s: %s", r->path, r->analysis->blame);
	return 0;
}

int model_report_new(const char *path, const struct v3npu_config *config,
		     struct model_report *r, struct tool_error *error)
{
	void *data;
	int ret;

	*r = (struct model_report){ .path = path, .config = *config };
	if (tool_read_file(path, MODEL_SIZE_MAX, &data, &r->size, error))
		return -1;
	if (v3m_is(data, r->size))
		ret = tool_fail(error, "%s: is compiled already; name the .tflite file", path);
	else
		ret = compile(r, data, r->size, error);
	if (!ret && place_ops(r))
		ret = no_memory(r, error);
	free(data);
	return ret;
}

void model_report_free(struct model_report *r)
{
	v3c_analysis_free(r->analysis);
	v3c_split_free(r->split);
	free(r->place);
	free(r->layers);
	free(r->layer_of);
}

const char *model_op_name(const struct model_report *r, uint32_t op)
{
	return op < r->analysis->op_count ? r->analysis->ops[op].name : "copy";
}

static double share(uint64_t part, uint64_t rest)
{
	return part + rest ? (double)part / (part + rest) : 1;
}

double model_share_ops(const struct model_report *r)
{
	return share(r->count[PLACE_NPU] + r->count[PLACE_FOLDED], r->count[PLACE_CPU]);
}

double model_share_macs(const struct model_report *r)
{
	return share(r->macs[PLACE_NPU] + r->macs[PLACE_FOLDED], r->macs[PLACE_CPU]);
}

double model_size_as(const struct model_report *r, int bytes)
{
	return (double)r->analysis->parameters * bytes;
}

double model_share_time(const struct model_report *r)
{
	return r->whole ? 1 : r->commands ? -1 : 0;
}

double model_ms(const struct model_report *r)
{
	return r->total.cycles / (r->config.clock_mhz * 1e3);
}

double model_utilization(const struct model_report *r)
{
	double possible = (double)r->total.cycles * r->config.macs;

	return possible ? r->total.macs / possible : 0;
}

static int more_frequent(const void *x, const void *y)
{
	const struct model_kind *a = x, *b = y;

	if (a->all != b->all)
		return a->all < b->all ? 1 : -1;
	return strcmp(a->name, b->name);
}

struct model_kind *model_kinds(const struct model_report *r, size_t *count)
{
	const struct v3c_analysis *a = r->analysis;
	struct model_kind *kinds = calloc(a->op_count + 1, sizeof(*kinds));
	size_t i, k;

	*count = 0;
	for (i = 0; kinds && i < a->op_count; i++) {
		for (k = 0; k < *count; k++)
			if (!strcmp(kinds[k].name, a->ops[i].name))
				break;
		*count += k == *count;
		kinds[k].name = a->ops[i].name;
		kinds[k].count[r->place[i]]++;
		kinds[k].all++;
	}
	if (kinds)
		qsort(kinds, *count, sizeof(*kinds), more_frequent);
	return kinds;
}
