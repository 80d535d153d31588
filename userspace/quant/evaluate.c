// SPDX-License-Identifier: MIT
#include "evaluate.h"

#include <stdlib.h>

#include "divergence.h"
#include "float_run.h"
#include "labels.h"
#include "progress.h"
#include "quant_run.h"

/**
 * struct evaluator - an evaluation in progress
 * @g: float graph
 * @real: it, ready to run
 * @made: the other model, ready to run
 * @pictures: to run on
 * @labels: folder of their labels
 * @e: results
 */
struct evaluator {
	const struct q_graph *g;
	struct q_float_run real;
	struct q_run made;
	struct pictures pictures;
	const char *labels;
	struct q_evaluation *e;
};

static int find(const struct evaluator *v, const struct detect_output *out,
		const struct letterbox *box, const struct image *image, struct detection *found,
		struct tool_error *error)
{
	int count = detect(out, box, v->pictures.width, v->pictures.height, image, MAP_CONF,
			   MAP_IOU, found);

	return count < 0 ? tool_fail(error, "out of memory") : count;
}

static int add_both(struct evaluator *v, const struct letterbox *box, const struct image *image,
		    const struct map_truth *truth, int truths, struct tool_error *error)
{
	const struct ir_shape *shape = &v->g->tensors[v->g->outputs[0]].shape;
	struct detect_output real = {
		.data = q_float_tensor(&v->real, 0), .classes = shape->dim[1] - 4,
		.anchors = shape->dim[2], .real = true,
	}, made = {
		.data = v3npu_session_output(v->made.session, 0), .classes = real.classes,
		.anchors = real.anchors, .scale = v->made.out.scale,
		.zero_point = v->made.out.zero_point,
		.real = v->made.out.dtype == V3NPU_FLOAT32,
	};
	struct detection found[DETECT_MAX];
	int count = find(v, &real, box, image, found, error);

	if (count < 0 || map_add(&v->e->real, found, count, truth, truths))
		return tool_fail(error, "out of memory");
	count = find(v, &made, box, image, found, error);
	if (count < 0 || map_add(&v->e->made, found, count, truth, truths))
		return tool_fail(error, "out of memory");
	return 0;
}

static int run_picture(struct evaluator *v, uint32_t i, struct tool_error *error)
{
	float *input = q_float_input(&v->real);
	struct map_truth *truth = NULL;
	struct v3npu_run_stats stats;
	struct v3npu_device_info info;
	struct letterbox box;
	struct image image;
	int ret, truths;

	if (image_read(v->pictures.path[i], &image, error))
		return -1;
	truths = labels_read(v->labels, v->pictures.path[i], &image, v->e->real.classes, &truth,
			     error);
	ret = truths < 0 ? -1 : 0;
	if (!ret && letterbox_real(&image, v->pictures.width, v->pictures.height, input, &box))
		ret = tool_fail(error, "out of memory");
	if (!ret && q_float_run(&v->real))
		ret = tool_fail(error, "%s", v->g->ctx->error);
	if (!ret)
		ret = q_run(&v->made, input, error);
	if (!ret && v3npu_session_get_stats(v->made.session, &stats))
		ret = tool_fail(error, "%s", v3npu_error());
	if (!ret) {
		v3npu_device_get_info(v->made.device, &info);
		v->e->ms += (info.clock_mhz ? stats.cycles / (info.clock_mhz * 1e3) :
			     stats.wall_ms) / v->pictures.count;
		ret = add_both(v, &box, &image, truth, truths, error);
	}
	free(truth);
	free(image.pixels);
	return ret;
}

static int run_pictures(struct evaluator *v, struct tool_error *error)
{
	const struct ir_shape *in = &v->g->tensors[v->g->inputs[0]].shape;
	int classes = v->g->tensors[v->g->outputs[0]].shape.dim[1] - 4;
	uint32_t i;

	v->pictures.height = in->dim[1];
	v->pictures.width = in->dim[2];
	v->e->pictures = v->pictures.count;
	if (map_start(&v->e->real, classes) || map_start(&v->e->made, classes))
		return tool_fail(error, "out of memory");
	for (i = 0; i < v->pictures.count; i++) {
		progress("evaluating", i, v->pictures.count);
		if (run_picture(v, i, error))
			return -1;
	}
	progress("evaluating", i, v->pictures.count);
	if (map_finish(&v->e->real) || map_finish(&v->e->made))
		return tool_fail(error, "out of memory");
	return 0;
}

int q_evaluate(const struct q_graph *g, const struct q_made *made, const char *folder,
	       uint32_t count, struct pthreadpool *threads, struct q_evaluation *e,
	       struct tool_error *error)
{
	struct evaluator v = { .g = g, .e = e };
	char *pictures = NULL, *labels = NULL;
	int ret;

	*e = (struct q_evaluation) {};
	if (!q_is_detection(&g->tensors[g->outputs[0]].shape))
		return tool_fail(error, "--eval: the model's output is not [1, 4 + classes, "
				 "anchors]; only detectors of that form can be scored");
	ret = labels_find(folder, &pictures, &labels, error);
	v.labels = labels;
	if (!ret)
		ret = pictures_open(pictures, &v.pictures, error);
	if (!ret && count)
		pictures_thin(&v.pictures, count);
	if (!ret && q_float_new(g, g->outputs, 1, threads, &v.real))
		ret = tool_fail(error, "%s", g->ctx->error);
	if (!ret)
		ret = q_run_new(made->data, made->size, made->npu ? "sim" : "cpu", false,
				&v.made, error);
	if (!ret)
		ret = run_pictures(&v, error);
	q_run_free(&v.made);
	q_float_free(&v.real);
	pictures_close(&v.pictures);
	free(pictures);
	free(labels);
	return ret;
}

void q_evaluation_free(struct q_evaluation *e)
{
	map_free(&e->real);
	map_free(&e->made);
}
