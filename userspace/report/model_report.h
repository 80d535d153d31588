/* SPDX-License-Identifier: MIT */
/*
 * What v3compile finds out about a model, and the forms in which it says it.
 */
#ifndef V3NPU_MODEL_REPORT_H
#define V3NPU_MODEL_REPORT_H

#include <jansson.h>

#include "common/tool.h"
#include "compiler/report/analysis.h"
#include "compiler/split.h"
#include "model/engine.h"

/**
 * enum model_place - who computes an operator
 * @PLACE_NPU: a command of its own, or several
 * @PLACE_FOLDED: the NPU, with no command: it is a part of another operator's,
 *	or only says where elements are
 * @PLACE_CPU: the CPU
 */
enum model_place {
	PLACE_NPU,
	PLACE_FOLDED,
	PLACE_CPU,
	PLACE_COUNT,
};

/**
 * struct model_layer - an operator that has commands
 * @op: its number
 * @commands: how many
 * @cost: of all of them
 */
struct model_layer {
	uint32_t op;
	uint32_t commands;
	struct v3npu_counters cost;
};

/**
 * struct model_report - a model, compiled
 * @path: its file, not owned
 * @size: bytes of it
 * @config: NPU it is compiled for
 * @analysis: operators, parameters, anomalies
 * @split: the model in pieces for the NPU and the CPU
 * @whole: what the NPU runs, if it runs all of the model; NULL otherwise. Without
 *	the metadata, which @split has
 * @compile_ms: how long compiling took
 * @place: of each operator
 * @count: operators in each place
 * @macs: multiply-accumulates in each place, by the shapes in the file
 * @layers: @layer_count layers in the order in which they start
 * @layer_of: each operator's, NULL if it has none
 * @total: cost of all of them
 * @commands: commands of the NPU's pieces
 * @consts_size: bytes of their constants
 * @arena_size: bytes of their intermediate tensors
 * @arena_live: the most bytes of them that are needed at a time
 * @written: file that it was written to; NULL for none
 */
struct model_report {
	const char *path;
	size_t size;
	struct v3npu_config config;
	struct v3c_analysis *analysis;
	struct v3c_split *split;
	const struct v3c_program *whole;
	double compile_ms;
	enum model_place *place;
	size_t count[PLACE_COUNT];
	uint64_t macs[PLACE_COUNT];
	struct model_layer *layers;
	struct model_layer **layer_of;
	size_t layer_count;
	struct v3npu_counters total;
	uint32_t commands;
	uint64_t consts_size;
	uint64_t arena_size;
	uint64_t arena_live;
	const char *written;
};

/**
 * model_report_new() - compile a model and look at it
 * @path: its file
 * @config: NPU to compile for
 * @report: the result, for model_report_free() in any case
 *
 * Return: 0 or -1 with @error set.
 */
int model_report_new(const char *path, const struct v3npu_config *config,
		     struct model_report *report, struct tool_error *error);
void model_report_free(struct model_report *report);

/* Name of a layer's operator; a model without operators has copies of its inputs */
const char *model_op_name(const struct model_report *report, uint32_t op);

/* Shares of what the NPU does, 0..1; 1 of nothing */
double model_share_ops(const struct model_report *report);
double model_share_macs(const struct model_report *report);

/* Bytes of the parameters as numbers of @bytes each */
double model_size_as(const struct model_report *report, int bytes);

/* Share of the time, 0..1; -1 if both have a part: the CPU's time is not modelled */
double model_share_time(const struct model_report *report);

/* Milliseconds that an inference takes the NPU, and MACs done of those possible */
double model_ms(const struct model_report *report);
double model_utilization(const struct model_report *report);

/**
 * struct model_kind - operators of one name
 * @name: it
 * @count: how many in each place
 * @all: how many
 */
struct model_kind {
	const char *name;
	size_t count[PLACE_COUNT];
	size_t all;
};

/* The kinds of operators, most frequent first, for free(); NULL: out of memory */
struct model_kind *model_kinds(const struct model_report *report, size_t *count);

/* The forms: text of one model, tables of several, an object for programs */
void model_print(const struct model_report *report);
void model_print_tables(const struct model_report *reports, size_t count);
json_t *model_json(const struct model_report *report);

#endif /* V3NPU_MODEL_REPORT_H */
