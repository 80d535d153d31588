// SPDX-License-Identifier: MIT
/* A model's report for people, and the tables of several models */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model_report.h"

/* Bytes as the unit that file sizes are usually given in */
#define MB(bytes)	((bytes) / 1e6)

static double change(double size, double from)
{
	return from ? 100 * (size / from - 1) : 0;
}

static void print_size(const struct model_report *r)
{
	const struct v3c_analysis *a = r->analysis;
	double rest = r->size;
	size_t i;

	printf("Size: %.2f MB, %" PRIu64 " parameters; in float32 they take %.2f MB (%+.1f%%), in "
	       "float16 %.2f MB (%+.1f%%)\n", MB(r->size), a->parameters, MB(model_size_as(r, 4)),
	       change(r->size, model_size_as(r, 4)), MB(model_size_as(r, 2)),
	       change(r->size, model_size_as(r, 2)));
	printf("  ");
	for (i = 0; i < a->type_count; i++) {
		printf("%s %.2f MB, ", a->types[i].name, MB(a->types[i].bytes));
		rest -= a->types[i].bytes;
	}
	printf("the rest %.2f MB\n", MB(rest > 0 ? rest : 0));
}

static void print_share(const struct model_report *r)
{
	printf("NPU share: %.1f%% of %zu operators, %.1f%% of %.3f G MACs, ",
	       100 * model_share_ops(r), r->analysis->op_count, 100 * model_share_macs(r),
	       (r->macs[PLACE_NPU] + r->macs[PLACE_FOLDED] + r->macs[PLACE_CPU]) / 1e9);
	if (model_share_time(r) < 0)
		puts("of the time not known: the CPU's is not modelled");
	else
		printf("%.1f%% of the time\n", 100 * model_share_time(r));
}

static void print_program(const struct model_report *r)
{
	const struct v3npu_config *n = &r->config;
	const struct v3npu_counters *c = &r->total;

	if (!r->commands)
		return;
	printf("Compiled in %.1f ms for %u MACs a cycle, %u KiB SRAM, DRAM of %u MB/s, %u MHz: %u "
	       "commands, constants %.2f MB, arena %.2f MB\n", r->compile_ms, n->macs,
	       n->sram_size >> 10, n->dram_mbps, n->clock_mhz, r->commands,
	       MB(r->consts_size), MB(r->arena_size));
	printf("%s: %" PRIu64 " cycles, %.2f ms; %.1f%% of the MACs possible; DRAM %.2f "
	       "MB read, %.2f MB written; SRAM %.2f MB moved\n", r->whole ? "An inference" :
	       "The NPU's part of an inference", (uint64_t)c->cycles, model_ms(r),
	       100 * model_utilization(r), MB(c->dram_read), MB(c->dram_write),
	       MB(c->sram_read + c->sram_write));
}

static void print_kinds(const struct model_report *r)
{
	size_t count, i;
	struct model_kind *kinds = model_kinds(r, &count);

	printf("\n%-28s %6s %6s %8s %6s\n", "Operators", "all", "NPU", "folded", "CPU");
	for (i = 0; i < count; i++)
		printf("  %-26s %6zu %6zu %8zu %6zu\n", kinds[i].name, kinds[i].all,
		       kinds[i].count[PLACE_NPU], kinds[i].count[PLACE_FOLDED],
		       kinds[i].count[PLACE_CPU]);
	printf("  %-26s %6zu %6zu %8zu %6zu\n", "all", r->analysis->op_count, r->count[PLACE_NPU],
	       r->count[PLACE_FOLDED], r->count[PLACE_CPU]);
	free(kinds);
}

static void print_layers(const struct model_report *r)
{
	size_t i;

	if (!r->layer_count)
		return;
	printf("\n%-32s %10s %6s %6s %12s %12s %12s\n", "Layers, as they run", "cycles", "time",
	       "MACs", "DRAM read", "DRAM write", "SRAM");
	for (i = 0; i < r->layer_count; i++) {
		const struct model_layer *l = &r->layers[i];
		const struct v3npu_counters *c = &l->cost;
		double possible = (double)c->cycles * r->config.macs;

		printf("  %5u %-24s %10" PRIu64 " %5.1f%% %5.1f%% %12" PRIu64 " %12" PRIu64 " %12"
		       PRIu64 "\n", l->op, model_op_name(r, l->op), (uint64_t)c->cycles,
		       r->total.cycles ? 100.0 * c->cycles / r->total.cycles : 0,
		       possible ? 100 * c->macs / possible : 0, (uint64_t)c->dram_read,
		       (uint64_t)c->dram_write, (uint64_t)(c->sram_read + c->sram_write));
	}
}

/* A line for each kind of operator with this advice; marks them as said */
static void print_advice(const struct v3c_analysis *a, const char *advice, bool *said)
{
	size_t i, k, count;

	printf("  To do: %s\n", advice);
	for (i = 0; i < a->op_count; i++) {
		const struct v3c_op_info *op = &a->ops[i];

		if (said[i] || !op->reason || strcmp(op->advice, advice))
			continue;
		for (k = i, count = 0; k < a->op_count; k++) {
			if (!a->ops[k].reason || strcmp(a->ops[k].advice, advice) ||
			    strcmp(a->ops[k].name, op->name))
				continue;
			said[k] = true;
			count++;
		}
		printf("    %zu %s, the first is operator %zu: %s\n", count, op->name, i,
		       op->reason);
	}
}

static void print_trouble(const struct model_report *r)
{
	const struct v3c_analysis *a = r->analysis;
	bool *said = calloc(a->op_count + 1, sizeof(*said));
	size_t i;

	if (said && r->count[PLACE_CPU])
		puts("\nNot on the NPU");
	for (i = 0; said && i < a->op_count; i++)
		if (a->ops[i].reason && !said[i])
			print_advice(a, a->ops[i].advice, said);
	free(said);
}

void model_print(const struct model_report *r)
{
	size_t i;

	printf("%s\n\n", r->path);
	print_size(r);
	print_share(r);
	print_program(r);
	print_kinds(r);
	print_layers(r);
	print_trouble(r);
	if (r->analysis->anomaly_count)
		puts("\nAnomalies");
	for (i = 0; i < r->analysis->anomaly_count; i++)
		printf("  %s: %s\n", r->analysis->anomalies[i].kind,
		       r->analysis->anomalies[i].text);
	if (r->written)
		printf("\nWritten to %s\n", r->written);
}

/* What follows the last slash: columns are narrow */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void model_print_tables(const struct model_report *reports, size_t count)
{
	int width = strlen("model");
	size_t i;

	for (i = 0; i < count; i++) {
		int n = strlen(base_name(reports[i].path));

		width = n > width ? n : width;
	}
	printf("%-*s  %9s %9s %9s %9s %9s %9s\n", width, "Size in MB", "float32", "float16", "file",
	       "of 8 bits", "to fp32", "to fp16");
	for (i = 0; i < count; i++) {
		const struct model_report *r = &reports[i];
		uint64_t bytes = 0;
		size_t k;

		for (k = 0; k < r->analysis->type_count; k++)
			if (!strcmp(r->analysis->types[k].name, "int8") ||
			    !strcmp(r->analysis->types[k].name, "uint8"))
				bytes += r->analysis->types[k].bytes;
		printf("%-*s  %9.2f %9.2f %9.2f %9.2f %+8.1f%% %+8.1f%%\n", width,
		       base_name(r->path), MB(model_size_as(r, 4)), MB(model_size_as(r, 2)),
		       MB(r->size), MB(bytes), change(r->size, model_size_as(r, 4)),
		       change(r->size, model_size_as(r, 2)));
	}
	printf("\n%-*s  %9s %9s %9s %9s %9s %9s\n", width, "On the NPU", "operators", "share",
	       "of MACs", "M cycles", "ms", "a second");
	for (i = 0; i < count; i++) {
		const struct model_report *r = &reports[i];

		printf("%-*s  %9zu %8.1f%% %8.1f%% ", width, base_name(r->path),
		       r->analysis->op_count, 100 * model_share_ops(r), 100 * model_share_macs(r));
		if (r->whole && r->total.cycles)
			printf("%9.2f %9.2f %9.1f\n", r->total.cycles / 1e6, model_ms(r),
			       1000 / model_ms(r));
		else
			printf("%9s %9s %9s\n", "-", "-", "-");
	}
}
