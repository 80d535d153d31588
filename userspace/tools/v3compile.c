// SPDX-License-Identifier: MIT
/*
 * v3compile: models ahead of time, and what is to say about them.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/v3m.h"
#include "libv3npu/v3npu.h"
#include "report/model_report.h"
#include "v3npu/regs.h"

static const char help[] =
"Usage: v3compile MODEL.tflite... [-o OUT.v3m] [OPTION]...\n"
"Compile models for a V3NPU ahead of time, and report on them.\n"
"\n"
"  -o OUT.v3m         write the compiled model, which v3run runs; one model only\n"
"  --report           report on the model; of several models, tables. What v3compile\n"
"                     does without -o\n"
"  --json             report as one JSON object\n"
"  --target PROPERTIES\n"
"                     the NPU to compile for: macs=2048,sram=1M,dram-mbps=16000,\n"
"                     dram-latency=64,dram-burst=64,clock-mhz=1000 (the defaults), any of them\n"
"  -h, --help         print this\n"
"  -V, --version      print the version\n"
"\n"
"Exit status: 0 done, 1 failed, 2 wrong command line.\n";

/**
 * struct options - the command line
 * @models: @count files
 * @out: file to write, NULL for none
 * @target: as given, NULL for the default NPU
 * @report: print a report
 * @json: as JSON
 */
struct options {
	char **models;
	int count;
	const char *out;
	const char *target;
	bool report;
	bool json;
};

#define usage(...)	tool_usage("v3compile", __VA_ARGS__)

/* -1 to go on, or the exit status */
static int parse(int argc, char **argv, struct options *o)
{
	enum { REPORT = 256, JSON, TARGET };
	static const struct option longs[] = {
		{ "report", no_argument, NULL, REPORT },
		{ "json", no_argument, NULL, JSON },
		{ "target", required_argument, NULL, TARGET },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	int c;

	*o = (struct options) {};
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":o:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->out = optarg;
			break;
		case REPORT:
			o->report = true;
			break;
		case JSON:
			o->json = true;
			break;
		case TARGET:
			o->target = optarg;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'V':
			printf("v3compile %s\n", v3npu_version());
			return 0;
		case ':':
			return usage("%s: needs a value; see --help", argv[optind - 1]);
		default:
			return usage("%s: no such option, or it takes no value; see --help",
				     argv[optind - 1]);
		}
	}
	o->models = argv + optind;
	o->count = argc - optind;
	o->report |= o->json || !o->out;
	if (!o->count)
		return usage("no model; name one: v3compile MODEL.tflite (--help for more)");
	if (o->out && o->count > 1)
		return usage("-o %s: takes one model; compile them one by one", o->out);
	return -1;
}

/* The simulator knows what an NPU can be, and says what is wrong with a list of properties */
static int parse_target(const char *target, struct v3npu_config *config)
{
	struct v3npu_device_info info = { .struct_size = sizeof(info) };
	struct v3npu_device *device;
	char spec[300];

	if ((size_t)snprintf(spec, sizeof(spec), "sim:%s", target ? target : "") >= sizeof(spec))
		return usage("--target: the list of properties is too long");
	if (v3npu_device_open(spec, &device))
		return usage("--target: %s", v3npu_error());
	v3npu_device_get_info(device, &info);
	v3npu_device_close(device);
	*config = (struct v3npu_config) {
		.macs = info.macs, .sram_size = info.sram_size, .dram_mbps = info.dram_mbps,
		.dram_latency = info.dram_latency, .dram_burst = info.dram_burst,
		.clock_mhz = info.clock_mhz,
	};
	return 0;
}

static int write_program(struct model_report *r, const char *path, struct tool_error *error)
{
	const struct v3c_target target = {
		.macs = r->config.macs, .sram_size = r->config.sram_size,
		.dram_mbps = r->config.dram_mbps, .dram_latency = r->config.dram_latency,
		.dram_burst = r->config.dram_burst, .clock_mhz = r->config.clock_mhz,
		.sram_va = V3NPU_VA_SRAM,
	};
	struct v3c_program program;
	struct whole_file out;
	uint8_t *data;
	size_t size;
	int ret;

	if (!r->whole)
		return tool_fail(error, "%s: the CPU computes %zu of its operators, and a .v3m "
				 "file is for the NPU alone; run the .tflite file, or see --report",
				 r->path, r->count[PLACE_CPU]);
	program = *r->whole;
	program.metadata = r->split->metadata;
	data = v3m_write(&program, &target, &size);
	if (!data)
		return tool_fail(error, "%s: out of memory", r->path);
	ret = tool_output_open(&out, path, error);
	if (!ret) {
		fwrite(data, 1, size, out.file);
		ret = tool_output_commit(&out, error);
	}
	free(data);
	r->written = path;
	return ret;
}

static void print_json(const struct model_report *reports, int count)
{
	json_t *root, *list = json_array();
	int i;

	for (i = 0; i < count; i++)
		json_array_append_new(list, model_json(&reports[i]));
	root = count == 1 ? json_incref(json_array_get(list, 0)) :
			    json_pack("{s:O}", "models", list);
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(root);
	json_decref(list);
}

static int print(const struct options *o, const struct model_report *reports, int count,
		 struct tool_error *error)
{
	if (o->json)
		print_json(reports, count);
	else if (o->report && count == 1)
		model_print(reports);
	else if (o->report)
		model_print_tables(reports, count);
	if (fflush(stdout) || ferror(stdout))
		return tool_fail(error, "standard output: cannot be written: %s", strerror(errno));
	return 0;
}

/* All models, or nothing: a table with gaps would be read as one without */
static int run(const struct options *o, const struct v3npu_config *config,
	       struct model_report *reports, struct tool_error *error)
{
	int i;

	for (i = 0; i < o->count; i++)
		if (model_report_new(o->models[i], config, &reports[i], error))
			return -1;
	if (o->out && write_program(&reports[0], o->out, error))
		return -1;
	return print(o, reports, o->count, error);
}

int main(int argc, char **argv)
{
	struct model_report *reports;
	struct v3npu_config config;
	struct tool_error error;
	struct options o;
	int i, ret;

	ret = parse(argc, argv, &o);
	if (ret >= 0)
		return ret;
	ret = parse_target(o.target, &config);
	if (ret)
		return ret;
	reports = calloc(o.count, sizeof(*reports));
	ret = reports ? run(&o, &config, reports, &error) : tool_fail(&error, "out of memory");
	if (ret)
		fprintf(stderr, "v3compile: %s\n", error.text);
	for (i = 0; reports && i < o.count; i++)
		model_report_free(&reports[i]);
	free(reports);
	return ret ? TOOL_FAILED : 0;
}
