/* SPDX-License-Identifier: MIT */
/* v3run's command line */
#ifndef V3NPU_OPTIONS_H
#define V3NPU_OPTIONS_H

#include <stdbool.h>

#include "vision/v3npu_vision.h"

#define BENCH_MAX 1000000
#define DEPTH_MAX 64

struct options {
	const char *model;
	char **images;
	int image_count;
	const char *device;
	const char *out;	/* annotated picture, NULL for none */
	const char *raw_in;	/* tensor bytes in and out, both or neither */
	const char *raw_out;
	float conf;
	float iou;
	int bench;		/* runs to time, 0 for none */
	int depth;		/* of them, under way at a time */
	const char *profile;	/* trace, "-" for a table, NULL for none */
	bool json;
	enum v3npu_task task;	/* of the model, if it does not say */
	const char *labels;	/* file of its classes' names, NULL for its own */
	float mean[3];		/* of colours, and what they are divided by; 0 if the model says */
	float std[3];
};

/**
 * options_parse() - read the command line
 *
 * Return: -1 to go on; otherwise the exit status, --help or --version or one
 * line about what is wrong having been printed.
 */
int options_parse(int argc, char **argv, struct options *o);

#endif /* V3NPU_OPTIONS_H */
