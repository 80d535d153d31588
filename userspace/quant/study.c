// SPDX-License-Identifier: MIT
#include "study.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quant/write/archive.h"
#include "quant/write/write.h"
#include "report.h"
#include "report/model_report.h"

#define SOURCE_END	"_int8"
#define THEIR_END	"_full_integer_quant.tflite"
#define FILE_SIZE_MAX	(1ull << 30)

static char *name_of(const char *path)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t n = strlen(base);

	if (n > 7 && !strcmp(base + n - 7, ".tflite"))
		n -= 7;
	if (n > strlen(SOURCE_END) &&
	    !strncmp(base + n - strlen(SOURCE_END), SOURCE_END, strlen(SOURCE_END)))
		n -= strlen(SOURCE_END);
	return strndup(base, n);
}

/* What the compiler says of a file */
static int compile_file(const char *path, struct study_row *row, struct tool_error *error)
{
	const struct v3npu_config config = V3NPU_CONFIG_DEFAULT;
	struct model_report r;
	int ret = model_report_new(path, &config, &r, error);

	if (!ret) {
		row->size = r.size;
		row->npu = model_share_ops(&r);
		row->ms = r.whole ? model_ms(&r) : 0;
	}
	model_report_free(&r);
	return ret;
}

static int score_file(const void *data, size_t size, enum q_mode mode, const char *folder,
		      struct study_row *row, struct tool_error *error)
{
	struct q_score score;
	int ret = q_score_file(data, size, mode == MODE_FULL_INTEGER, folder, &score, error);

	if (!ret) {
		row->map50 = score.map.map50;
		row->map = score.map.map;
	}
	q_score_free(&score);
	return ret;
}

/* Writes a made model, with the metadata of @s, and compiles it */
static int write_mode(const struct q_source *s, enum q_mode mode, const struct options *o,
		      struct study_model *m, struct tool_error *error)
{
	struct q_product p = { .mode = mode, .size = m->made_size[mode] };
	char *path = NULL;
	uint8_t *data = malloc(p.size);
	int ret = 0;

	if (data)
		memcpy(data, m->made[mode], p.size);
	if (!data || archive_append(s->data, s->size, &data, &p.size))
		ret = tool_fail(error, "out of memory");
	if (!ret && asprintf(&path, "%s/%s_%s.tflite", o->out, m->name, mode_name(mode)) < 0) {
		path = NULL;
		ret = tool_fail(error, "out of memory");
	}
	p.data = data;
	if (!ret)
		ret = q_product_write(&p, path, error);
	if (!ret)
		ret = compile_file(path, &m->row[mode], error);
	free(path);
	free(data);
	return ret;
}

static int convert_mode(struct q_source *s, enum q_mode mode, const struct options *o,
			struct study_model *m, struct tool_error *error)
{
	struct q_product p;
	int ret = q_convert(s, mode, o, &p, error);

	free(p.data);
	if (ret)
		return ret;
	if (mode == MODE_FULL_INTEGER)
		report_product(s, &p, NULL);
	fflush(stdout);
	m->made[mode] = q_write(&p.q, NULL, 0, &m->made_size[mode]);
	return m->made[mode] ? 0 : tool_fail(error, "%s: %s", s->path, s->text);
}

/* Makes a model of one precision, unless an earlier model's is the same, and scores it */
static int make_mode(struct q_source *s, enum q_mode mode, const struct options *o,
		     struct study_model *m, struct tool_error *error)
{
	int ret = 0;

	if (m->same_as) {
		m->row[mode] = m->same_as->row[mode];
		m->made_size[mode] = m->same_as->made_size[mode];
		m->made[mode] = malloc(m->made_size[mode]);
		if (!m->made[mode])
			return tool_fail(error, "out of memory");
		memcpy(m->made[mode], m->same_as->made[mode], m->made_size[mode]);
	} else {
		ret = convert_mode(s, mode, o, m, error);
	}
	if (!ret)
		ret = write_mode(s, mode, o, m, error);
	if (!ret && o->eval && !m->same_as)
		ret = score_file(m->made[mode], m->made_size[mode], mode, o->eval, &m->row[mode],
				 error);
	return ret;
}

/* The exporter's full-integer file, if there is one beside the source */
static int look_at_theirs(const struct q_source *s, const struct options *o,
			  struct study_model *m, struct tool_error *error)
{
	const char *end = strstr(s->path, SOURCE_END ".tflite");
	char *path = NULL;
	size_t size;
	void *data = NULL;
	int ret = 0;

	if (end && asprintf(&path, "%.*s" THEIR_END, (int)(end - s->path), s->path) < 0)
		return tool_fail(error, "out of memory");
	if (!path || access(path, R_OK)) {
		free(path);
		return 0;
	}
	ret = compile_file(path, &m->row[STUDY_THEIRS], error);
	if (!ret && o->eval)
		ret = tool_read_file(path, FILE_SIZE_MAX, &data, &size, error);
	if (!ret && o->eval)
		ret = score_file(data, size, MODE_FULL_INTEGER, o->eval, &m->row[STUDY_THEIRS],
				 error);
	free(data);
	free(path);
	return ret;
}

/* Why the source is larger than it need be, in the compiler's words */
static int look_at_source(struct q_source *s, struct study_model *m, struct tool_error *error)
{
	char text[V3C_ERROR_SIZE];
	struct v3c_analysis *a = v3c_analyze(s->data, s->size, text);
	size_t i;

	if (!a)
		return tool_fail(error, "%s: %s", s->path, text);
	m->source_size = s->size;
	m->source_ops = a->op_count;
	m->ops = s->g.op_count;
	for (i = 0; i < a->anomaly_count && !m->oddity; i++)
		if (!strcmp(a->anomalies[i].kind, "unrolled product"))
			m->oddity = strdup(a->anomalies[i].text);
	v3c_analysis_free(a);
	m->name = name_of(s->path);
	m->float_file = q_write(&s->g, NULL, 0, &m->float_size);
	if (!m->name || !m->float_file)
		return tool_fail(error, "%s: out of memory", s->path);
	return 0;
}

static void find_same(struct study_model *models, int count)
{
	struct study_model *m = &models[count];
	int i;

	for (i = 0; i < count && !m->same_as; i++)
		if (models[i].float_size == m->float_size &&
		    !memcmp(models[i].float_file, m->float_file, m->float_size))
			m->same_as = &models[i];
}

static int make_model(const char *path, const struct options *o, struct study_model *models,
		      int number, struct tool_error *error)
{
	struct study_model *m = &models[number];
	struct q_source s;
	int mode, ret;

	ret = q_source_read(path, &s, error);
	if (!ret)
		ret = look_at_source(&s, m, error);
	if (!ret)
		find_same(models, number);
	for (mode = 0; !ret && mode < MODES; mode++)
		ret = make_mode(&s, mode, o, m, error);
	if (!ret)
		ret = look_at_theirs(&s, o, m, error);
	q_source_free(&s);
	return ret;
}

static void free_model(struct study_model *m)
{
	int mode;

	for (mode = 0; mode < MODES; mode++)
		free(m->made[mode]);
	free(m->float_file);
	free(m->oddity);
	free(m->name);
}

static bool misses(const struct study_model *m, const struct options *o)
{
	const struct study_row *real = &m->row[MODE_FP32], *made = &m->row[MODE_FULL_INTEGER];

	return o->eval && !report_passes(report_share(made->map50, real->map50),
					 report_share(made->map, real->map), made->size, made->ms);
}

int study(const struct options *o, bool *missed, struct tool_error *error)
{
	struct study_model *models = calloc(o->count, sizeof(*models));
	int ret = 0, i;

	if (!models)
		return tool_fail(error, "out of memory");
	if (mkdir(o->out, 0777) && errno != EEXIST)
		ret = tool_fail(error, "%s: %s", o->out, strerror(errno));
	for (i = 0; !ret && i < o->count; i++) {
		ret = make_model(o->models[i], o, models, i, error);
		*missed |= !ret && misses(&models[i], o);
	}
	if (!ret)
		study_print(o, models, o->count);
	for (i = 0; i < o->count; i++)
		free_model(&models[i]);
	free(models);
	return ret;
}
