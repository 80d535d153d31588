// SPDX-License-Identifier: MIT
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/tool.h"
#include "libv3npu/v3npu.h"

static const char help[] =
"Usage: v3quant MODEL.tflite --mode MODE -o OUT.tflite [OPTION]...\n"
"       v3quant --study MODEL.tflite... --calib DIR -o DIR [--eval DIR]\n"
"Make a model for the NPU of a float model, and measure what that costs.\n"
"\n"
"  --mode MODE        fp32, fp16, int8 (weights; activations stay float) or full-integer\n"
"  -o OUT.tflite      write the model; it appears whole or not at all\n"
"  --calib DIR        pictures (JPEG or PNG) like those that the model will see; what\n"
"                     full-integer takes the ranges of activations from\n"
"  --images N         use at most N of them (default 1000)\n"
"  --ranges METHOD    minmax, extremes, percentile, mse or entropy for all; the default,\n"
"                     auto, tries them on held-out pictures and takes for each what is best\n"
"  --eval DIR         score the float model and the new one on labelled pictures: DIR has\n"
"                     pictures and YOLO's .txt files, or the folders images and labels\n"
"  --plot OUT.png     draw each tensor's ratio of signal to quantization noise\n"
"  --study            all modes of all models, written to the folder that -o names, and\n"
"                     the tables of sizes, speed and accuracy\n"
"  -h, --help         print this\n"
"  -V, --version      print the version\n"
"\n"
"MODEL is a float32 or float16 model, or an _int8 export (int8 weights).\n"
"Exit status: 0 done, and what --eval asks for is met; 1 failed; 2 wrong command line;\n"
"3 done, but the new model misses what --eval asks for.\n";

#define usage(...)	tool_usage("v3quant", __VA_ARGS__)

const char *mode_name(enum q_mode mode)
{
	static const char *const names[MODES] = { "fp32", "fp16", "int8", "full-integer" };

	return names[mode];
}

static int parse_mode(const char *text, enum q_mode *mode)
{
	for (*mode = 0; *mode < MODES; ++*mode)
		if (!strcmp(text, mode_name(*mode)))
			return -1;
	return usage("--mode %s: is none of fp32, fp16, int8, full-integer", text);
}

static int parse_method(const char *text, enum q_method *method)
{
	for (*method = 0; *method < Q_METHODS; ++*method)
		if (!strcmp(text, q_method_name(*method)))
			return -1;
	if (!strcmp(text, "auto"))
		return -1;
	return usage("--ranges %s: is none of auto, minmax, extremes, percentile, mse, entropy", text);
}

static int parse_images(const char *text, uint32_t *images)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > IMAGES_MAX)
		return usage("--images %s: is not a number from 1 to %d", text, IMAGES_MAX);
	*images = n;
	return -1;
}

static int check(int argc, char **argv, struct options *o)
{
	o->models = argv + optind;
	o->count = argc - optind;
	if (!o->count)
		return usage("no model; name one: v3quant MODEL.tflite --mode MODE -o OUT.tflite "
			     "(--help for more)");
	if (o->study && o->mode != MODES)
		return usage("--study: makes all modes; leave out --mode");
	if (o->study && !o->out)
		return usage("--study: where to? Name a folder with -o DIR");
	if (o->study && o->plot)
		return usage("--plot: is of one model; leave it out, or leave out --study");
	if (!o->study && o->count > 1)
		return usage("%s: one model at a time, or --study", o->models[1]);
	if (!o->study && o->mode == MODES)
		return usage("which precision? --mode fp32, fp16, int8 or full-integer");
	if (!o->out && !o->eval && !o->plot)
		return usage("nothing to do with the model; write it with -o OUT.tflite");
	if (!o->calib && (o->study || o->mode == MODE_FULL_INTEGER))
		return usage("full-integer needs pictures to calibrate with: --calib DIR");
	if (o->plot && o->mode != MODE_FULL_INTEGER)
		return usage("--plot: only --mode full-integer has quantized activations to plot");
	return -1;
}

int options_parse(int argc, char **argv, struct options *o)
{
	enum { CALIB = 256, IMAGES, MODE, EVAL, PLOT, RANGES, STUDY };
	static const struct option longs[] = {
		{ "calib", required_argument, NULL, CALIB },
		{ "images", required_argument, NULL, IMAGES },
		{ "mode", required_argument, NULL, MODE },
		{ "eval", required_argument, NULL, EVAL },
		{ "plot", required_argument, NULL, PLOT },
		{ "ranges", required_argument, NULL, RANGES },
		{ "study", no_argument, NULL, STUDY },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	int c, status = -1;

	*o = (struct options) {
		.mode = MODES, .method = Q_METHODS, .images = IMAGES_DEFAULT,
	};
	opterr = 0;
	while (status < 0 && (c = getopt_long(argc, argv, ":o:hV", longs, NULL)) != -1) {
		switch (c) {
		case 'o':
			o->out = optarg;
			break;
		case CALIB:
			o->calib = optarg;
			break;
		case IMAGES:
			status = parse_images(optarg, &o->images);
			break;
		case MODE:
			status = parse_mode(optarg, &o->mode);
			break;
		case EVAL:
			o->eval = optarg;
			break;
		case PLOT:
			o->plot = optarg;
			break;
		case RANGES:
			status = parse_method(optarg, &o->method);
			break;
		case STUDY:
			o->study = true;
			break;
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'V':
			printf("v3quant %s\n", v3npu_version());
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
