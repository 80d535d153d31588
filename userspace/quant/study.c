// SPDX-License-Identifier: MIT
#include "study.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cpu/cpu.h"
#include "report.h"
#include "tools/model_report.h"

#define MB(bytes)	((bytes) / 1e6)

/** struct study_row - a model in one precision; what is not known is 0 */
struct study_row {
	size_t size;
	double npu;		/* share of its operators, 0..1 */
	double ms;		/* an inference on the NPU, if it runs all of it */
	float map50;
	float map;
};

/**
 * struct study_model - a model
 * @name: of its files, without "_int8" and ".tflite"; for free()
 * @source_size: bytes of the file it came from
 * @parameters: how many
 * @made: in each precision
 * @map50: of the float model; also @map
 */
struct study_model {
	char *name;
	size_t source_size;
	uint64_t parameters;
	struct study_row made[MODES];
	float map50;
	float map;
};

static char *name_of(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t n = strlen(base);

	if (n > 7 && !strcmp(base + n - 7, ".tflite"))
		n -= 7;
	if (n > 5 && !strncmp(base + n - 5, "_int8", 5))
		n -= 5;
	return strndup(base, n);
}

/* What the compiler says of a written file */
static int compile_file(const char *path, struct study_model *m, struct study_row *row,
			struct tool_error *error)
{
	const struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	struct model_report r;
	int ret = model_report_new(path, &config, &r, error);

	if (!ret) {
		row->size = r.size;
		row->npu = model_share_ops(&r);
		row->ms = r.whole ? model_ms(&r) : 0;
		m->parameters = r.analysis->parameters;
	}
	model_report_free(&r);
	return ret;
}

static int score(struct q_source *s, const struct q_product *p, const struct options *o,
		 struct pthreadpool *threads, struct study_model *m, bool *missed,
		 struct tool_error *error)
{
	const struct q_made made = {
		.data = p->data, .size = p->size, .npu = p->mode == MODE_FULL_INTEGER,
	};
	struct q_evaluation e;
	int ret;

	/* It is the float model, whose score the next mode's evaluation finds */
	if (p->mode == MODE_FP32)
		return 0;
	ret = q_evaluate(&s->g, &made, o->eval, 0, threads, &e, error);
	if (!ret) {
		m->map50 = e.real.map50;
		m->map = e.real.map;
		m->made[MODE_FP32].map50 = m->map50;
		m->made[MODE_FP32].map = m->map;
		m->made[p->mode].map50 = e.made.map50;
		m->made[p->mode].map = e.made.map;
		*missed |= p->mode == MODE_FULL_INTEGER && !report_passes(p, &e);
	}
	q_evaluation_free(&e);
	return ret;
}

static int make_mode(struct q_source *s, enum q_mode mode, const struct options *o,
		     struct pthreadpool *threads, struct study_model *m, bool *missed,
		     struct tool_error *error)
{
	struct q_product p;
	char *path = NULL;
	int ret = q_convert(s, mode, o, threads, &p, error);

	if (!ret && asprintf(&path, "%s/%s_%s.tflite", o->out, m->name, mode_name(mode)) < 0) {
		path = NULL;
		ret = tool_fail(error, "out of memory");
	}
	if (!ret)
		ret = q_product_write(&p, path, error);
	if (!ret)
		ret = compile_file(path, m, &m->made[mode], error);
	if (!ret && o->eval)
		ret = score(s, &p, o, threads, m, missed, error);
	free(path);
	free(p.data);
	return ret;
}

static int make_model(const char *path, const struct options *o, struct pthreadpool *threads,
		      struct study_model *m, bool *missed, struct tool_error *error)
{
	struct q_source s;
	int mode, ret;

	ret = q_source_read(path, &s, error);
	m->name = name_of(path);
	if (!ret && !m->name)
		ret = tool_fail(error, "out of memory");
	m->source_size = s.size;
	for (mode = 0; !ret && mode < MODES; mode++)
		ret = make_mode(&s, mode, o, threads, m, missed, error);
	q_source_free(&s);
	return ret;
}

static void print_sizes(const struct study_model *models, int count, int width)
{
	int i, mode;

	printf("%-*s %9s", width, "Size in MB", "given");
	for (mode = 0; mode < MODES; mode++)
		printf(" %12s", mode_name(mode));
	printf(" %9s %9s\n", "to fp32", "to fp16");
	for (i = 0; i < count; i++) {
		const struct study_row *made = models[i].made;

		printf("%-*s %9.2f", width, models[i].name, MB(models[i].source_size));
		for (mode = 0; mode < MODES; mode++)
			printf(" %12.2f", MB(made[mode].size));
		printf(" %+8.1f%% %+8.1f%%\n",
		       100.0 * made[MODE_FULL_INTEGER].size / made[MODE_FP32].size - 100,
		       100.0 * made[MODE_FULL_INTEGER].size / made[MODE_FP16].size - 100);
	}
}

static void print_speed(const struct study_model *models, int count, int width)
{
	int i, mode;

	printf("\n%-*s", width, "On the NPU");
	for (mode = 0; mode < MODES; mode++)
		printf(" %12s", mode_name(mode));
	printf(" %9s %9s\n", "ms", "a second");
	for (i = 0; i < count; i++) {
		const struct study_row *whole = &models[i].made[MODE_FULL_INTEGER];

		printf("%-*s", width, models[i].name);
		for (mode = 0; mode < MODES; mode++)
			printf(" %11.1f%%", 100 * models[i].made[mode].npu);
		if (whole->ms > 0)
			printf(" %9.2f %9.1f\n", whole->ms, 1000 / whole->ms);
		else
			printf(" %9s %9s\n", "-", "-");
	}
}

static void print_accuracy(const struct study_model *models, int count, int width)
{
	int i, mode;

	printf("\n%-*s %13s", width, "mAP50/50-95", "float");
	for (mode = 0; mode < MODES; mode++)
		printf(" %13s", mode_name(mode));
	printf(" %13s\n", "of float");
	for (i = 0; i < count; i++) {
		const struct study_model *m = &models[i];
		const struct study_row *whole = &m->made[MODE_FULL_INTEGER];

		printf("%-*s %7.3f/%.3f", width, m->name, m->map50, m->map);
		for (mode = 0; mode < MODES; mode++)
			printf(" %7.3f/%.3f", m->made[mode].map50, m->made[mode].map);
		printf(" %7.3f/%.3f\n", m->map50 > 0 ? whole->map50 / m->map50 : 0,
		       m->map > 0 ? whole->map / m->map : 0);
	}
}

static void print_tables(const struct options *o, const struct study_model *models, int count)
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
}

int study(const struct options *o, struct pthreadpool *threads, bool *missed,
	  struct tool_error *error)
{
	struct study_model *models = calloc(o->count, sizeof(*models));
	int ret = 0, i;

	if (!models)
		return tool_fail(error, "out of memory");
	if (mkdir(o->out, 0777) && errno != EEXIST)
		ret = tool_fail(error, "%s: %s", o->out, strerror(errno));
	for (i = 0; !ret && i < o->count; i++)
		ret = make_model(o->models[i], o, threads, &models[i], missed, error);
	if (!ret)
		print_tables(o, models, o->count);
	for (i = 0; i < o->count; i++)
		free(models[i].name);
	free(models);
	return ret;
}
