// SPDX-License-Identifier: MIT
#include "profile.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Layers in the table */
#define LAYERS_SHOWN	10

struct profile {
	const char *path;
	const struct v3npu_device_info *device;
	struct v3npu_profile_cmd *cmds;
	size_t count;
	uint64_t cycles;		/* of all of them */
};

/* An operator's commands, added up */
struct layer {
	uint32_t op;
	const char *name;
	uint32_t commands;
	uint64_t cycles;
	uint64_t macs;
	uint64_t dram;
	uint64_t sram;
};

static double utilization(const struct profile *p, uint64_t macs, uint64_t cycles)
{
	return cycles ? (double)macs / ((double)cycles * p->device->macs) : 0;
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * part / whole : 0;
}

/* Traces are in microseconds */
static double to_us(const struct profile *p, uint64_t cycles)
{
	return (double)cycles / p->device->clock_mhz;
}

static json_t *command_event(const struct profile *p, const struct v3npu_profile_cmd *c)
{
	char name[80];

	snprintf(name, sizeof(name), "%u %s", c->op, c->op_name);
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:{s:s, s:I, s:I, s:f, s:I, s:I, s:I,"
			 " s:I, s:I}}",
			 "name", name, "cat", c->opcode, "ph", "X", "pid", 1,
			 "tid", c->unit == V3NPU_UNIT_MAC_ARRAY ? 1 : 2,
			 "ts", to_us(p, c->start), "dur", to_us(p, c->cycles), "args",
			 "command", c->opcode, "cycles", (json_int_t)c->cycles,
			 "macs", (json_int_t)c->macs,
			 "utilization", utilization(p, c->macs, c->cycles),
			 "dram_read", (json_int_t)c->dram_read,
			 "dram_write", (json_int_t)c->dram_write,
			 "sram_read", (json_int_t)c->sram_read,
			 "sram_write", (json_int_t)c->sram_write,
			 "sram_used", (json_int_t)c->sram_used);
}

static json_t *counter_event(const char *name, double us, const char *unit, double value)
{
	return json_pack("{s:s, s:s, s:i, s:f, s:{s:f}}", "name", name, "ph", "C", "pid", 1,
			 "ts", us, "args", unit, value);
}

static json_t *name_event(const char *what, int tid, const char *name)
{
	return json_pack("{s:s, s:s, s:i, s:i, s:{s:s}}", "name", what, "ph", "M", "pid", 1,
			 "tid", tid, "args", "name", name);
}

/* Counters hold until they change, so one at each command's start says all */
static void add_counters(json_t *events, const struct profile *p,
			 const struct v3npu_profile_cmd *c)
{
	double us = to_us(p, c->start), dur = to_us(p, c->cycles);
	double dram = c->dram_read + c->dram_write;

	json_array_append_new(events, counter_event("SRAM in use", us, "bytes", c->sram_used));
	json_array_append_new(events, counter_event("DRAM", us, "MB/s", dur ? dram / dur : 0));
	json_array_append_new(events, counter_event("MAC array in use", us, "%",
						    100 * utilization(p, c->macs, c->cycles)));
}

static int write_trace(const struct profile *p, struct tool_error *error)
{
	json_t *events = json_array(), *root;
	struct whole_file out;
	size_t i;
	int ret;

	json_array_append_new(events, name_event("process_name", 0, "V3NPU, by the cycle model"));
	json_array_append_new(events, name_event("thread_name", 1, "MAC array"));
	json_array_append_new(events, name_event("thread_name", 2, "vector unit"));
	for (i = 0; i < p->count; i++) {
		/* What takes no time has no width */
		if (!p->cmds[i].cycles)
			continue;
		json_array_append_new(events, command_event(p, &p->cmds[i]));
		add_counters(events, p, &p->cmds[i]);
	}
	root = json_pack("{s:o, s:s, s:{s:i, s:i, s:i, s:i}}", "traceEvents", events,
			 "displayTimeUnit", "ns", "otherData", "macs", p->device->macs,
			 "sram", p->device->sram_size, "dram_mbps", p->device->dram_mbps,
			 "clock_mhz", p->device->clock_mhz);
	if (!root)
		return tool_fail(error, "%s: out of memory", p->path);
	ret = tool_output_open(&out, p->path, error);
	if (!ret) {
		json_dumpf(root, out.file, JSON_COMPACT | JSON_REAL_PRECISION(12));
		fputc('\n', out.file);
		ret = tool_output_commit(&out, error);
	}
	json_decref(root);
	return ret;
}

static int by_op(const void *a, const void *b)
{
	const struct v3npu_profile_cmd *x = a, *y = b;

	return (x->op > y->op) - (x->op < y->op);
}

static int dearest_first(const void *a, const void *b)
{
	const struct layer *x = a, *y = b;

	if (x->cycles != y->cycles)
		return x->cycles < y->cycles ? 1 : -1;
	return (x->op > y->op) - (x->op < y->op);
}

/* Leaves the commands in the order of their operators; returns how many layers there are */
static size_t add_up(struct profile *p, struct layer *layers)
{
	struct layer *l = NULL;
	size_t i, n = 0;

	qsort(p->cmds, p->count, sizeof(p->cmds[0]), by_op);
	for (i = 0; i < p->count; i++) {
		const struct v3npu_profile_cmd *c = &p->cmds[i];

		if (!l || l->op != c->op) {
			l = &layers[n++];
			*l = (struct layer){ .op = c->op, .name = c->op_name };
		}
		l->commands++;
		l->cycles += c->cycles;
		l->macs += c->macs;
		l->dram += c->dram_read + c->dram_write;
		l->sram += c->sram_read + c->sram_write;
	}
	qsort(layers, n, sizeof(*layers), dearest_first);
	return n;
}

static int print_table(struct profile *p, struct tool_error *error)
{
	struct layer *layers = calloc(p->count, sizeof(*layers));
	uint64_t rest = p->cycles;
	size_t i, n;

	if (!layers)
		return tool_fail(error, "--profile: out of memory");
	n = add_up(p, layers);
	printf("  %-29s %8s %11s %6s %9s %8s %8s\n", "dearest layers", "commands", "cycles",
	       "share", "MACs used", "DRAM MB", "SRAM MB");
	for (i = 0; i < n && i < LAYERS_SHOWN; i++) {
		const struct layer *l = &layers[i];

		rest -= l->cycles;
		printf("  %4u %-24s %8u %11" PRIu64 " %5.1f%% %8.1f%% %8.2f %8.2f\n", l->op,
		       l->name, l->commands, l->cycles, share(l->cycles, p->cycles),
		       100 * utilization(p, l->macs, l->cycles), l->dram / 1e6, l->sram / 1e6);
	}
	if (n > LAYERS_SHOWN)
		printf("  the other %-19zu %8s %11" PRIu64 " %5.1f%%\n", n - LAYERS_SHOWN, "",
		       rest, share(rest, p->cycles));
	free(layers);
	return 0;
}

/* Copies the commands, which the table sorts */
static int get_commands(struct profile *p, const struct v3npu_model *model,
			struct tool_error *error)
{
	struct v3npu_profile *profile;
	size_t i;

	if (v3npu_model_profile(model, &profile))
		return tool_fail(error, "--profile: %s", v3npu_error());
	p->count = v3npu_profile_count(profile);
	p->cmds = calloc(p->count, sizeof(p->cmds[0]));
	for (i = 0; p->cmds && i < p->count; i++) {
		p->cmds[i].struct_size = sizeof(p->cmds[i]);
		v3npu_profile_get_cmd(profile, i, &p->cmds[i]);
		p->cycles += p->cmds[i].cycles;
	}
	v3npu_profile_free(profile);
	return p->cmds ? 0 : tool_fail(error, "--profile: out of memory");
}

int profile_write(const char *path, const struct v3npu_model *model,
		  const struct v3npu_device_info *device, struct tool_error *error)
{
	struct profile p = { .path = path, .device = device };
	int ret;

	if (get_commands(&p, model, error))
		return -1;
	ret = strcmp(path, "-") ? write_trace(&p, error) : print_table(&p, error);
	free(p.cmds);
	return ret;
}
