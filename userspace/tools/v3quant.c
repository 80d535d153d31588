// SPDX-License-Identifier: MIT
/*
 * v3quant: a model for the NPU of a float model, with its accuracy measured.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/tflite/metadata.h"
#include "quant/noise.h"
#include "quant/report.h"
#include "quant/study.h"

#define MISSED	3	/* exit status: the model is made, but misses the bar */

/* Is there a place for the output? Better said before the work than after it */
static int check_output(const char *path, struct tool_error *error)
{
	struct whole_file out;

	if (!path)
		return 0;
	if (tool_output_open(&out, path, error))
		return -1;
	v3npu_whole_file_discard(&out);
	return 0;
}

static int evaluate(const struct q_source *s, const struct q_product *p, const struct options *o,
		    bool *missed, struct tool_error *error)
{
	bool npu = p->mode == MODE_FULL_INTEGER;
	struct report_scores scores = {};
	char *metadata;
	int ret = v3c_metadata(s->data, s->size, &metadata) ?
		  tool_fail(error, "%s: out of memory", o->models[0]) : 0;

	if (!ret)
		ret = q_score_graph(&s->g, o->eval, &scores.real, error);
	if (!ret && !(scores.real.map.map50 > 0))
		ret = tool_fail(error, "%s: the float model finds nothing of what the labels name; "
				"are they of these pictures, and their classes the model's?",
				o->eval);
	if (!ret)
		ret = q_score_file(p->data, p->size, npu, o->eval, &scores.made, error);
	if (!ret && !npu)
		ret = q_cpu_ms(p->data, p->size, &scores.made.ms, error);
	if (!ret)
		*missed = !report_evaluation(p, &scores, metadata);
	q_score_free(&scores.real);
	q_score_free(&scores.made);
	free(metadata);
	return ret;
}

/* Which tensors lose most, on pictures that the ranges were calibrated with */
static int show_noise(const struct q_product *p, const struct options *o,
		      struct tool_error *error)
{
	struct q_noise *list = NULL;
	uint32_t count;
	int ret = q_noise_measure(p, o->calib, &list, &count, error);

	if (!ret)
		q_noise_print(list, count);
	if (!ret && o->plot)
		ret = q_noise_plot(list, count, o->plot, error);
	free(list);
	return ret;
}

static int run(const struct options *o, struct q_source *s, bool *missed,
	       struct tool_error *error)
{
	struct q_product p = {};
	int ret = check_output(o->out, error);

	if (!ret)
		ret = check_output(o->plot, error);
	if (!ret)
		ret = q_convert(s, o->mode, o, &p, error);
	if (!ret && o->out)
		ret = q_product_write(&p, o->out, error);
	if (!ret)
		report_product(s, &p, o->out);
	if (!ret && p.mode == MODE_FULL_INTEGER && (o->eval || o->plot))
		ret = show_noise(&p, o, error);
	if (!ret && o->eval)
		ret = evaluate(s, &p, o, missed, error);
	free(p.data);
	return ret;
}

static int one(const struct options *o, bool *missed, struct tool_error *error)
{
	struct q_source source;
	int ret = q_source_read(o->models[0], &source, error);

	if (!ret)
		ret = run(o, &source, missed, error);
	q_source_free(&source);
	return ret;
}

int main(int argc, char **argv)
{
	struct tool_error error;
	struct options o;
	bool missed = false;
	int ret;

	ret = options_parse(argc, argv, &o);
	if (ret >= 0)
		return ret;
	ret = o.study ? study(&o, &missed, &error) : one(&o, &missed, &error);
	if (!ret && (fflush(stdout) || ferror(stdout)))
		ret = tool_fail(&error, "standard output: cannot be written: %s", strerror(errno));
	if (ret)
		fprintf(stderr, "v3quant: %s\n", error.text);
	return ret ? TOOL_FAILED : missed ? MISSED : 0;
}
