/* SPDX-License-Identifier: MIT */
/*
 * All models in all precisions, and the tables of what that gives.
 */
#ifndef V3Q_STUDY_H
#define V3Q_STUDY_H

#include "common/tool.h"
#include "options.h"

/* Columns of the tables: the modes, and the exporter's own full-integer file */
#define STUDY_THEIRS	MODES
#define STUDY_COLUMNS	(MODES + 1)

/**
 * struct study_row - a model in one precision; what is not known is 0
 * @size: bytes
 * @npu: share of its operators that the NPU runs, 0..1
 * @ms: an inference on the NPU, if it runs all of it
 * @map50: mean average precision at an overlap of 0.50
 * @map: averaged over overlaps of 0.50 to 0.95
 */
struct study_row {
	size_t size;
	double npu;
	double ms;
	float map50;
	float map;
};

/**
 * struct study_model - a model; study_model_free() frees what it has
 * @name: of its files, without "_int8" and ".tflite"
 * @source_size: bytes of the file it came from
 * @source_ops: operators of that file
 * @ops: operators that are left of them
 * @oddity: why the file it came from is larger than its parameters warrant; NULL if it is not
 * @row: in each precision
 * @float_file: the float model without metadata, @float_size bytes
 * @made: the new files without metadata, @made_size bytes each
 * @same_as: an earlier model with the same operators and constants, NULL if there is none
 */
struct study_model {
	char *name;
	size_t source_size;
	size_t source_ops;
	uint32_t ops;
	char *oddity;
	struct study_row row[STUDY_COLUMNS];
	void *float_file;
	size_t float_size;
	void *made[MODES];
	size_t made_size[MODES];
	const struct study_model *same_as;
};

/**
 * study() - convert, write and measure every model, and print the tables
 * @o: models, pictures and the folder to write to, made if it is not there
 * @missed: set if a full-integer model misses what --eval asks for
 *
 * Return: 0 or -1 with @error set.
 */
int study(const struct options *o, bool *missed, struct tool_error *error);

/* Prints what the study found, on standard output */
void study_print(const struct options *o, const struct study_model *models, int count);

#endif /* V3Q_STUDY_H */
