// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "study.h"

#define MB(bytes)	((bytes) / 1e6)
#define CELL		13	/* columns of a cell */

static void print_head(const char *title, int width, const char *const *cells, int count)
{
	int i;

	printf("\n%-*s", width, title);
	for (i = 0; i < count; i++)
		printf(" %*s", CELL, cells[i]);
	putchar('\n');
}

static void print_sizes(const struct study_model *models, int count, int width)
{
	static const char *const cells[] = {
		"given", "fp32", "fp16", "int8", "full-integer", "of fp32", "of fp16",
		"exporter's",
	};
	int i, mode;

	print_head("Size in MB", width, cells, 8);
	for (i = 0; i < count; i++) {
		const struct study_row *row = models[i].row;

		printf("%-*s %*.2f", width, models[i].name, CELL, MB(models[i].source_size));
		for (mode = 0; mode < MODES; mode++)
			printf(" %*.2f", CELL, MB(row[mode].size));
		for (mode = MODE_FP32; mode <= MODE_FP16; mode++)
			printf(" %*.1f%%", CELL - 1, 100.0 * row[MODE_FULL_INTEGER].size /
			       row[mode].size - 100);
		if (row[STUDY_THEIRS].size)
			printf(" %*.2f\n", CELL, MB(row[STUDY_THEIRS].size));
		else
			printf(" %*s\n", CELL, "none");
	}
}

static void print_speed(const struct study_model *models, int count, int width)
{
	static const char *const cells[] = {
		"fp32", "fp16", "int8", "full-integer", "ms", "a second",
	};
	int i, mode;

	print_head("On the NPU", width, cells, 6);
	for (i = 0; i < count; i++) {
		const struct study_row *whole = &models[i].row[MODE_FULL_INTEGER];

		printf("%-*s", width, models[i].name);
		for (mode = 0; mode < MODES; mode++)
			printf(" %*.1f%%", CELL - 1, 100 * models[i].row[mode].npu);
		if (whole->ms > 0)
			printf(" %*.2f %*.1f\n", CELL, whole->ms, CELL, 1000 / whole->ms);
		else
			printf(" %*s %*s\n", CELL, "-", CELL, "-");
	}
}

static void print_pair(float map50, float map)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f/%.3f", map50, map);
	printf(" %*s", CELL, text);
}

static void print_accuracy(const struct study_model *models, int count, int width)
{
	static const char *const cells[] = {
		"fp32", "fp16", "int8", "full-integer", "of fp32", "exporter's", "of fp32",
	};
	int i, mode;

	print_head("mAP50/50-95", width, cells, 7);
	for (i = 0; i < count; i++) {
		const struct study_row *row = models[i].row, *real = &row[MODE_FP32];
		const struct study_row *theirs = &row[STUDY_THEIRS];

		printf("%-*s", width, models[i].name);
		for (mode = 0; mode < MODES; mode++)
			print_pair(row[mode].map50, row[mode].map);
		print_pair(report_share(row[MODE_FULL_INTEGER].map50, real->map50),
			   report_share(row[MODE_FULL_INTEGER].map, real->map));
		if (theirs->size) {
			print_pair(theirs->map50, theirs->map);
			print_pair(report_share(theirs->map50, real->map50),
				   report_share(theirs->map, real->map));
		} else {
			printf(" %*s", CELL, "none");
		}
		putchar('\n');
	}
}

static void print_notes(const struct study_model *models, int count)
{
	int i;

	putchar('\n');
	for (i = 0; i < count; i++) {
		const struct study_model *m = &models[i];

		if (m->same_as)
			printf("%s: the same operators and constants as %s, made and scored once\n",
			       m->name, m->same_as->name);
		if (m->oddity)
			printf("%s: given with %zu operators, made with %u: %s\n", m->name,
			       m->source_ops, m->ops, m->oddity);
	}
}

void study_print(const struct options *o, const struct study_model *models, int count)
{
	int width = strlen("mAP50/50-95"), i, n;

	for (i = 0; i < count; i++) {
		n = strlen(models[i].name);
		width = n > width ? n : width;
	}
	print_sizes(models, count, width);
	print_speed(models, count, width);
	if (o->eval)
		print_accuracy(models, count, width);
	print_notes(models, count);
}
