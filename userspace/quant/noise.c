// SPDX-License-Identifier: MIT
#include "noise.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "quant/run/float_run.h"
#include "quant/run/progress.h"
#include "quant/run/quant_run.h"
#include "vision/draw/canvas.h"
#include "vision/draw/font.h"

#define PICTURES	8
#define DB_MAX		99.0
#define WORST		12	/* tensors in the table */

double q_noise_db(const struct q_noise *n)
{
	double db = n->noise > 0 ? 10 * log10(n->signal / n->noise) : DB_MAX;

	return db < 0 ? 0 : db > DB_MAX ? DB_MAX : db;
}

/**
 * struct noise_run - both models, ready to run
 * @p: them
 * @real: the float graph
 * @made: the other
 * @tensor: of the float graph, for each of @count tensors of the other
 * @index: number of each of them among the session's tensors
 * @list: of each
 */
struct noise_run {
	const struct q_product *p;
	struct q_float real;
	struct q_run made;
	int32_t *tensor;
	size_t *index;
	struct q_noise *list;
	uint32_t count;
};

/* Tensors that the session has, that stand for one of the float graph, and that are computed */
static int match(struct noise_run *r, struct tool_error *error)
{
	const int32_t *producer = q_producers(&r->p->g);
	struct v3npu_model_info model = { .struct_size = sizeof(model) };
	size_t i;

	v3npu_model_get_info(r->made.model, &model);
	r->tensor = calloc(model.tensors + 1, sizeof(*r->tensor));
	r->index = calloc(model.tensors + 1, sizeof(*r->index));
	r->list = calloc(model.tensors + 1, sizeof(*r->list));
	if (!producer || !r->tensor || !r->index || !r->list)
		return tool_fail(error, "out of memory");
	for (i = 0; i < model.tensors; i++) {
		struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
		int32_t origin;

		if (v3npu_model_tensor_info(r->made.model, i, &info))
			return tool_fail(error, "%s", v3npu_error());
		origin = r->p->q.tensors[info.index].origin;
		if (!origin || info.dtype != V3NPU_INT8)
			continue;
		/* What only moves numbers loses as much as they have lost already */
		if (producer[origin - 1] >= 0 &&
		    q_keeps_scale(&r->p->g.ops[producer[origin - 1]]))
			continue;
		r->tensor[r->count] = origin - 1;
		r->index[r->count] = i;
		r->list[r->count].name = r->p->g.tensors[origin - 1].name;
		r->list[r->count++].shape = r->p->g.tensors[origin - 1].shape;
	}
	return 0;
}

static int compare_tensor(struct noise_run *r, uint32_t i, struct tool_error *error)
{
	const float *real = q_float_tensor(&r->real, 0, i);
	struct v3npu_tensor_info info = { .struct_size = sizeof(info) };
	size_t k, elements;
	int8_t *stored;

	v3npu_model_tensor_info(r->made.model, r->index[i], &info);
	elements = q_elements(&info);
	stored = malloc(info.size);
	if (!stored)
		return tool_fail(error, "out of memory");
	if (v3npu_session_read_tensor(r->made.session, r->index[i], stored)) {
		free(stored);
		return tool_fail(error, "%s", v3npu_error());
	}
	for (k = 0; k < elements; k++) {
		double d = info.scale * (stored[k] - info.zero_point) - real[k];

		r->list[i].signal += (double)real[k] * real[k];
		r->list[i].noise += d * d;
	}
	free(stored);
	return 0;
}

static int run_pictures(struct noise_run *r, const struct pictures *pictures,
			struct tool_error *error)
{
	struct v3npu_placement box;
	uint32_t i, k;

	for (i = 0; i < pictures->count; i++) {
		progress("comparing", i, pictures->count);
		if (pictures_read(pictures, i, q_float_input(&r->real, 0), &box, error))
			return -1;
		if (q_float_run(&r->real, 0, error))
			return -1;
		if (q_run(&r->made, q_float_input(&r->real, 0), error))
			return -1;
		for (k = 0; k < r->count; k++)
			if (compare_tensor(r, k, error))
				return -1;
	}
	progress("comparing", i, pictures->count);
	return 0;
}

int q_noise_measure(const struct q_product *p, const char *folder, struct q_noise **list,
		    uint32_t *count, struct tool_error *error)
{
	const struct ir_shape *in = &p->g.tensors[p->g.inputs[0]].shape;
	struct noise_run r = { .p = p };
	struct pictures pictures = {};
	int ret = pictures_open(folder, &pictures, error);

	pictures_thin(&pictures, PICTURES);
	pictures.height = in->dim[1];
	pictures.width = in->dim[2];
	if (!ret)
		ret = q_run_new(p->data, p->size, "sim", true, &r.made, error);
	if (!ret)
		ret = match(&r, error);
	if (!ret)
		ret = q_float_new(&p->g, r.tensor, r.count, 1, &r.real, error);
	if (!ret)
		ret = run_pictures(&r, &pictures, error);
	q_float_free(&r.real);
	q_run_free(&r.made);
	pictures_close(&pictures);
	free(r.tensor);
	free(r.index);
	*list = r.list;
	*count = r.count;
	return ret;
}

static int worse(const void *a, const void *b)
{
	double x = q_noise_db(*(const struct q_noise *const *)a);
	double y = q_noise_db(*(const struct q_noise *const *)b);

	return x < y ? -1 : x > y;
}

/* The end of a name says more than its start: exporters put the path to it in front */
static const char *tail(const char *name, size_t width)
{
	size_t n = strlen(name);

	return n > width ? name + n - width : name;
}

void q_noise_print(const struct q_noise *list, uint32_t count)
{
	const struct q_noise **sorted = calloc(count + 1, sizeof(*sorted));
	char shape[64];
	uint32_t i;
	int d, n;

	for (i = 0; sorted && i < count; i++)
		sorted[i] = &list[i];
	if (!sorted)
		return;
	qsort(sorted, count, sizeof(*sorted), worse);
	printf("\n  %-8s %6s  %-20s %s\n", "SQNR", "number", "shape",
	       "the tensors that lose most, and their numbers in the plot");
	for (i = 0; i < count && i < WORST; i++) {
		for (d = n = 0; d < sorted[i]->shape.rank; d++)
			n += snprintf(shape + n, sizeof(shape) - n, "%s%u", d ? "x" : "",
				      sorted[i]->shape.dim[d]);
		printf("  %5.1f dB %6td  %-20s %s\n", q_noise_db(sorted[i]), sorted[i] - list,
		       shape, tail(sorted[i]->name, 60));
	}
	free(sorted);
}

/* The plot's frame: bars to the right of the scale, from 0 dB at the bottom */
enum { LEFT = 44, TOP = 32, BOTTOM = 28, RIGHT = 12, BAR = 8, GAP = 2, DB = 6, TICK = 10 };

int q_noise_plot(const struct q_noise *list, uint32_t count, const char *path,
		 struct tool_error *error)
{
	static const struct colour paper = { 0xff, 0xff, 0xff }, ink = { 0x30, 0x30, 0x30 };
	static const struct colour line = { 0xdd, 0xdd, 0xdd }, bar = { 0x3b, 0x7d, 0xc4 };
	double top = TICK;
	int width, height, y, db, ret;
	struct v3npu_image *image;
	char text[16];
	uint32_t i;

	for (i = 0; i < count; i++)
		while (top < q_noise_db(&list[i]))
			top += TICK;
	width = LEFT + count * (BAR + GAP) + RIGHT;
	width = width < 480 ? 480 : width;
	height = TOP + top * DB + BOTTOM;
	if (v3v_image_new(path, width, height, &image))
		return tool_fail(error, "%s", v3npu_vision_error());
	v3v_paint(image, 0, 0, width, height, paper);
	v3v_text(image, LEFT, 8, 2, "SQNR in dB, tensor by tensor as they are computed", ink);
	for (db = 0; db <= top; db += TICK) {
		y = TOP + (top - db) * DB;
		v3v_paint(image, LEFT, y, width - RIGHT, y + 1, line);
		snprintf(text, sizeof(text), "%d", db);
		v3v_text(image, LEFT - 6 - 2 * v3v_text_width(text), y - FONT_HEIGHT + 2, 2, text,
			 ink);
	}
	y = TOP + top * DB;
	for (i = 0; i < count; i++) {
		int x = LEFT + i * (BAR + GAP) + GAP;

		v3v_paint(image, x, y - q_noise_db(&list[i]) * DB, x + BAR, y, bar);
		if (i % TICK)
			continue;
		snprintf(text, sizeof(text), "%u", i);
		v3v_text(image, x, y + 6, 1, text, ink);
	}
	ret = v3npu_image_write_png(image, path);
	v3npu_image_free(image);
	return ret ? tool_fail(error, "%s", v3npu_vision_error()) : 0;
}
