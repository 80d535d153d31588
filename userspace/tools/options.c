// SPDX-License-Identifier: MIT
#include "options.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"

static const char help[] =
"Usage: v3run MODEL.tflite IMAGE... [OPTION]...\n"
"       v3run MODEL.tflite --raw IN[,IN...] OUT[,OUT...] [OPTION]...\n"
"Find objects in pictures, or what pictures are of, with a model that runs on a V3NPU.\n"
"\n"
"  -o OUT.png         write the picture with the detections drawn in; of several\n"
"                     pictures number N goes to OUT-N.png\n"
"  --conf SCORE       lowest score of a detection, 0..1 (default 0.25)\n"
"  --iou OVERLAP      boxes of a class that overlap more are one, 0..1 (default 0.45)\n"
"  --task TASK        what the model finds, if it does not say: detect, segment, pose, obb\n"
"                     (turned boxes) or classify\n"
"  --labels FILE      names of its classes: one a line, or a metadata.yaml\n"
"  --mean M[,M,M]     what to take from the colours 0..255 (of red, green, blue), and\n"
"  --std S[,S,S]      what to divide them by then, if the model does not say: 0 and 255 for\n"
"                     0..1, 127.5 and 127.5 for -1..1, 0 and 1 for 0..255\n"
"  --json             print one JSON object instead of tables\n"
"  --device DEVICE    accel (the first V3NPU, the default), accel:N, a node such as\n"
"                     /dev/accel/accel0, sim[:PROPERTY=VALUE,...] for the simulator, with\n"
"                     macs, sram, dram-mbps, dram-latency, dram-burst, clock-mhz and\n"
"                     threads, or cpu[:threads=N] for no NPU at all\n"
"  --bench N          run the last input N times more and print the times\n"
"  --depth D          with --bench: keep D runs under way at a time (default 1)\n"
"  --raw IN OUT       no picture: IN has the input tensor's bytes, OUT gets the output's;\n"
"                     of several, files with commas between; those that end in .npy are\n"
"                     NumPy's\n"
"  --profile FILE     what the cycle model charges each command, as a trace for Perfetto or\n"
"                     chrome://tracing; -: a table of the most expensive layers\n"
"  -h, --help         print this\n"
"  -V, --version      print the version\n"
"\n"
"Pictures are JPEG or PNG. Exit status: 0 done, 1 failed, 2 wrong command line.\n";

#define usage(...)	tool_usage("v3run", __VA_ARGS__)

static int parse_fraction(const char *name, const char *text, float *value)
{
	char *end;

	*value = strtof(text, &end);
	if (end == text || *end || !(*value >= 0 && *value <= 1))
		return usage("--%s %s: not a number from 0 to 1", name, text);
	return -1;
}

static int parse_count(const char *name, const char *text, int max, int *value)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > max)
		return usage("--%s %s: not a number from 1 to %d", name, text, max);
	*value = n;
	return -1;
}

static int parse_task(const char *text, enum v3npu_task *task)
{
	static const char *const names[] = {
		[V3NPU_TASK_DETECT] = "detect", [V3NPU_TASK_SEGMENT] = "segment",
		[V3NPU_TASK_POSE] = "pose", [V3NPU_TASK_OBB] = "obb",
		[V3NPU_TASK_CLASSIFY] = "classify",
	};

	for (*task = V3NPU_TASK_DETECT; *task <= V3NPU_TASK_CLASSIFY; ++*task)
		if (!strcmp(text, names[*task]))
			return -1;
	return usage("--task %s: is none of detect, segment, pose, obb, classify", text);
}

/* A number for all three colours, or one for each */
static int parse_colours(const char *name, const char *text, bool zero, float v[3])
{
	const char *at = text;
	char *end;
	int n = 0;

	do {
		v[n] = strtof(at, &end);
		if (end == at || !isfinite(v[n]) || (!zero && !isnormal(v[n])) ||
		    (*end && *end != ','))
			return usage("--%s %s: is not a number%s, nor three with commas between",
				     name, text, zero ? "" : " other than 0");
		at = end + 1;
	} while (++n < 3 && *end);
	if (*end || n == 2)
		return usage("--%s %s: is neither one number nor three, of red, green, blue", name,
			     text);
	if (n == 1)
		v[1] = v[2] = v[0];
	return -1;
}

static bool ends_in_png(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && !strcasecmp(path + n - 4, ".png");
}

static int check(int argc, char **argv, struct options *o)
{
	if (optind == argc)
		return usage("no model; name one: v3run MODEL.tflite IMAGE... (--help for more)");
	o->model = argv[optind];
	o->images = argv + optind + 1;
	o->image_count = argc - optind - 1;
	if (o->raw_in && o->image_count)
		return usage("%s: a picture and --raw; give one of them", o->images[0]);
	if (!o->raw_in && !o->image_count)
		return usage("no picture; name one: v3run MODEL.tflite IMAGE... (--help for more)");
	if (o->raw_in && o->out)
		return usage("-o %s: with --raw there is no picture to draw in; leave out -o",
			     o->out);
	if (o->raw_in && (o->task || o->labels || o->std[0]))
		return usage("--raw: takes and gives bytes as they are; leave out --task, --labels, "
			     "--mean and --std");
	if ((o->mean[0] || o->mean[1] || o->mean[2]) && !o->std[0])
		return usage("--mean: and what are the colours divided by then? Give --std, too");
	if (o->depth > 1 && !o->bench)
		return usage("--depth %d: is for --bench; give --bench too", o->depth);
	if (o->json && o->profile && !strcmp(o->profile, "-"))
		return usage("--profile -: prints a table, --json an object; give --profile a file");
	if (o->out && !ends_in_png(o->out))
		return usage("-o %s: pictures are written as PNG; use a name that ends in .png",
			     o->out);
	return -1;
}

int options_parse(int argc, char **argv, struct options *o)
{
	enum { CONF = 256, IOU, JSON, DEVICE, BENCH, DEPTH, RAW, PROFILE, TASK, LABELS, MEAN, STD };
	static const struct option longs[] = {
		{ "conf", required_argument, NULL, CONF },
		{ "iou", required_argument, NULL, IOU },
		{ "json", no_argument, NULL, JSON },
		{ "device", required_argument, NULL, DEVICE },
		{ "bench", required_argument, NULL, BENCH },
		{ "depth", required_argument, NULL, DEPTH },
		{ "raw", required_argument, NULL, RAW },
		{ "profile", required_argument, NULL, PROFILE },
		{ "task", required_argument, NULL, TASK },
		{ "labels", required_argument, NULL, LABELS },
		{ "mean", required_argument, NULL, MEAN },
		{ "std", required_argument, NULL, STD },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	int c, status = -1;

	*o = (struct options) {
		.device = "accel", .conf = V3NPU_DETECT_CONF, .iou = V3NPU_DETECT_IOU, .depth = 1,
	};
	opterr = 0;
	while (status < 0 && (c = getopt_long(argc, argv, ":o:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->out = optarg;
			break;
		case CONF:
			status = parse_fraction("conf", optarg, &o->conf);
			break;
		case IOU:
			status = parse_fraction("iou", optarg, &o->iou);
			break;
		case JSON:
			o->json = true;
			break;
		case DEVICE:
			o->device = optarg;
			break;
		case BENCH:
			status = parse_count("bench", optarg, BENCH_MAX, &o->bench);
			break;
		case DEPTH:
			status = parse_count("depth", optarg, DEPTH_MAX, &o->depth);
			break;
		case RAW:
			if (optind == argc)
				return usage("--raw needs two files: --raw IN OUT");
			o->raw_in = optarg;
			o->raw_out = argv[optind++];
			break;
		case PROFILE:
			o->profile = optarg;
			break;
		case TASK:
			status = parse_task(optarg, &o->task);
			break;
		case LABELS:
			o->labels = optarg;
			break;
		case MEAN:
			status = parse_colours("mean", optarg, true, o->mean);
			break;
		case STD:
			status = parse_colours("std", optarg, false, o->std);
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'V':
			printf("v3run %s\n", v3npu_version());
			return 0;
		case ':':
			return usage("%s: needs a value; see --help", argv[optind - 1]);
		default:
			return usage("%s: no such option, or it takes no value; see --help",
				     argv[optind - 1]);
		}
	}
	return status < 0 ? check(argc, argv, o) : status;
}
