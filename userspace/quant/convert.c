// SPDX-License-Identifier: MIT
#include "convert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/report/analysis.h"
#include "cpu/cpu.h"
#include "quant/graph/constants.h"
#include "quant/graph/head.h"
#include "quant/graph/quantize.h"
#include "quant/ranges/calibrate.h"
#include "quant/write/write.h"

#define MODEL_SIZE_MAX	(1ull << 30)
#define MEMORY_MAX	(8ull << 30)
#define HELD_OUT_PART	5	/* of the pictures, one is held out */
#define HELD_OUT_MAX	20
#define EQUALIZE_PICTURES	128
#define BIAS_PICTURES	8

int q_source_read(const char *path, struct q_source *s, struct tool_error *error)
{
	struct v3cpu_program *program;

	*s = (struct q_source) { .path = path };
	s->ctx = (struct v3c_ctx) { .left = MEMORY_MAX, .op = -1, .error = s->text };
	if (tool_read_file(path, MODEL_SIZE_MAX, &s->data, &s->size, error))
		return -1;
	/* Whatever the CPU can run has shapes and constants that fit its operators */
	program = v3cpu_compile(s->data, s->size, NULL, s->text);
	v3cpu_program_free(program);
	if (!program || q_load(&s->ctx, s->data, s->size, &s->g))
		return tool_fail(error, "%s: %s", path, s->text);
	return 0;
}

void q_source_free(struct q_source *s)
{
	v3c_release(&s->ctx);
	free(s->data);
}

/* Every fifth picture, at most HELD_OUT_MAX of them, goes from one list to the other */
static int hold_out(struct pictures *from, struct pictures *to, struct tool_error *error)
{
	uint32_t every = from->count / HELD_OUT_MAX, kept = 0, i;

	every = every < HELD_OUT_PART ? HELD_OUT_PART : every;
	*to = *from;
	to->count = 0;
	to->path = calloc(from->count, sizeof(*to->path));
	if (!to->path)
		return tool_fail(error, "out of memory");
	for (i = 0; i < from->count; i++) {
		if (i % every == every - 1 && to->count < HELD_OUT_MAX)
			to->path[to->count++] = from->path[i];
		else
			from->path[kept++] = from->path[i];
	}
	from->count = kept;
	return 0;
}

static int open_pictures(const struct q_source *s, const struct options *o,
			 struct pictures *pictures, struct tool_error *error)
{
	const struct ir_shape *in = &s->g.tensors[s->g.inputs[0]].shape;

	if (in->rank != 4 || in->dim[0] != 1 || in->dim[3] != 3)
		return tool_fail(error, "%s: its input is not [1, height, width, 3]; only models "
				 "that take pictures can be calibrated with pictures", s->path);
	if (pictures_open(o->calib, pictures, error))
		return -1;
	pictures_thin(pictures, o->images);
	pictures->height = in->dim[1];
	pictures->width = in->dim[2];
	return 0;
}

/* Some of the pictures, evenly spread; free(to->path), for the names are the list's */
static int pick(const struct pictures *from, uint32_t count, struct pictures *to,
		struct tool_error *error)
{
	uint32_t i;

	*to = *from;
	to->count = count < from->count ? count : from->count;
	to->path = calloc(to->count, sizeof(*to->path));
	if (!to->path)
		return tool_fail(error, "out of memory");
	for (i = 0; i < to->count; i++)
		to->path[i] = from->path[(uint64_t)i * from->count / to->count];
	return 0;
}

/*
 * Chooses factors of channels, ranges and biases by what they do on @held; @g is set to what
 * is to be quantized
 */
static int choose(struct q_product *p, const struct pictures *pictures,
		  const struct pictures *held, struct q_graph *g, struct tool_error *error)
{
	struct pictures some = {}, few = {};
	struct q_trial trial;
	int ret = q_trial_start(&p->g, held, &trial, error);

	if (!ret)
		ret = pick(pictures, EQUALIZE_PICTURES, &some, error);
	if (!ret)
		ret = q_search_equalization(&trial, &p->g, &p->groups, &some, &p->search, error);
	if (!ret)
		ret = q_calibrate(&p->g, &p->groups, pictures, error);
	if (!ret)
		ret = q_search_ranges(&trial, &p->g, &p->groups, &p->search, error);
	*g = p->g;
	if (!ret)
		ret = pick(pictures, BIAS_PICTURES, &few, error);
	if (!ret)
		ret = q_search_biases(&trial, &p->g, &p->groups, &few, g, &p->search, error);
	free(some.path);
	free(few.path);
	q_trial_free(&trial);
	return ret;
}

/* Finds out the ranges of all activations: @g is set to what is to be quantized */
static int find_ranges(struct q_product *p, const struct options *o, struct pictures *pictures,
		       struct q_graph *g, struct tool_error *error)
{
	struct pictures held = {};
	int ret = 0;

	if (o->method == Q_METHODS)
		ret = hold_out(pictures, &held, error);
	p->calibrated = pictures->count;
	p->held_out = held.count;
	if (!ret && held.count >= 2) {
		ret = choose(p, pictures, &held, g, error);
	} else if (!ret) {
		/* Too few to choose by, or told what to take */
		p->held_out = 0;
		p->search.method = o->method == Q_METHODS ? Q_MSE : o->method;
		ret = q_calibrate(&p->g, &p->groups, pictures, error);
		if (!ret)
			q_set_ranges(&p->g, &p->groups, p->search.method);
		*g = p->g;
	}
	pictures_close(&held);
	return ret;
}

static int make_integer(struct q_source *s, const struct options *o, struct q_product *p,
			struct tool_error *error)
{
	struct pictures pictures = {};
	struct q_graph g = {};
	int ret = q_split_head(&p->g);

	p->split_head = ret > 0;
	if (ret >= 0)
		ret = q_store_constants(&p->g);
	/* An operator without integers is better found before the pictures are read */
	if (ret >= 0)
		ret = q_groups_find(&p->g, false, &p->groups);
	if (ret < 0)
		return tool_fail(error, "%s: %s", s->path, s->text);
	ret = open_pictures(s, o, &pictures, error);
	if (!ret)
		ret = find_ranges(p, o, &pictures, &g, error);
	pictures_close(&pictures);
	if (!ret && q_quantize(&g, &p->groups, &s->ctx, &p->q))
		ret = tool_fail(error, "%s: %s", s->path, s->text);
	return ret;
}

/* What a file must not have: it would be larger than its parameters warrant */
static int refuse_anomalies(const struct q_source *s, const struct q_product *p,
			    struct tool_error *error)
{
	static const char *const kinds[] = {
		"unrolled product", "duplicated constants", "large file",
	};
	char text[V3C_ERROR_SIZE];
	struct v3c_analysis *a = v3c_analyze(p->data, p->size, text);
	size_t i, k;
	int ret = 0;

	if (!a)
		return tool_fail(error, "%s: %s", s->path, text);
	for (i = 0; !ret && i < a->anomaly_count; i++)
		for (k = 0; !ret && k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (!strcmp(a->anomalies[i].kind, kinds[k]))
				ret = tool_fail(error, "%s: what it becomes is larger than its "
						"parameters warrant: %s: %s", s->path,
						a->anomalies[i].kind, a->anomalies[i].text);
	v3c_analysis_free(a);
	return ret;
}

int q_convert(struct q_source *s, enum q_mode mode, const struct options *o,
	      struct q_product *p, struct tool_error *error)
{
	int ret;

	*p = (struct q_product) { .mode = mode };
	ret = q_copy(&s->g, &s->ctx, &p->g);
	if (!ret && mode == MODE_FP32)
		ret = q_copy(&s->g, &s->ctx, &p->q);
	if (!ret && mode == MODE_FP16)
		ret = q_halve(&s->g, &s->ctx, &p->q);
	if (!ret && mode == MODE_INT8)
		ret = q_quantize_weights(&s->g, &s->ctx, &p->q);
	if (ret)
		return tool_fail(error, "%s: %s", s->path, s->text);
	if (mode == MODE_FULL_INTEGER && make_integer(s, o, p, error))
		return -1;
	p->data = q_write(&p->q, s->data, s->size, &p->size);
	if (!p->data)
		return tool_fail(error, "%s: %s", s->path, s->text);
	return refuse_anomalies(s, p, error);
}

int q_product_write(const struct q_product *p, const char *path, struct tool_error *error)
{
	struct whole_file out;

	if (tool_output_open(&out, path, error))
		return -1;
	if (fwrite(p->data, 1, p->size, out.file) == p->size)
		return tool_output_commit(&out, error);
	tool_fail(error, "%s: cannot be written: %s", path, strerror(errno));
	v3npu_whole_file_discard(&out);
	return -1;
}
