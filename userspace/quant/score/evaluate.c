// SPDX-License-Identifier: MIT
#include "evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "labels.h"
#include "quant/run/divergence.h"
#include "quant/run/float_run.h"
#include "quant/run/parallel.h"
#include "quant/run/pictures.h"
#include "quant/run/quant_run.h"

#define CPU_RUNS	5	/* timed, of which the fastest counts */

/**
 * struct found - what is in a picture
 * @list: @count detections
 * @truth: @truths objects that there are
 * @ms: the inference took on the NPU
 */
struct found {
	struct detection *list;
	int count;
	struct map_truth *truth;
	int truths;
	double ms;
};

/**
 * struct evaluator - an evaluation in progress
 * @npu: the NPU runs the model
 * @real: the model, if not
 * @runs: the model, if so
 * @input: for the NPU, a picture's numbers in each thread
 * @in: shape of the input
 * @out: shape of the output, [1, 4 + classes, anchors]
 * @pictures: to run on
 * @labels: folder of their labels
 * @found: what each picture's detections and labels are
 */
struct evaluator {
	bool npu;
	struct q_float real;
	struct q_runs runs;
	float *input[Q_WORKERS_MAX];
	struct ir_shape in;
	struct ir_shape out;
	struct pictures pictures;
	char *labels;
	struct found *found;
};


static int run_model(struct evaluator *v, uint32_t worker, struct detect_output *out,
		     struct tool_error *error)
{
	struct q_run *run = &v->runs.list[worker];

	*out = (struct detect_output) {
		.tensor.dtype = V3NPU_FLOAT32, .classes = v->out.dim[1] - 4,
		.candidates = v->out.dim[2], .row_step = v->out.dim[2], .step = 1,
	};
	if (!v->npu) {
		out->tensor.data = q_float_tensor(&v->real, worker, 0);
		return q_float_run(&v->real, worker, error);
	}
	out->tensor = (struct stored) {
		.data = v3npu_session_output(run->session, 0), .dtype = run->out.dtype,
		.scale = run->out.scale, .zero_point = run->out.zero_point,
	};
	return q_run(run, v->input[worker], error);
}

/* What an inference took on the NPU, as modelled */
static int note_ms(const struct q_run *run, double *ms, struct tool_error *error)
{
	struct v3npu_device_info info = { .struct_size = sizeof(info) };
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };

	v3npu_device_get_info(run->device, &info);
	if (v3npu_session_get_stats(run->session, &stats))
		return tool_fail(error, "%s", v3npu_error());
	*ms = info.clock_mhz ? stats.cycles / (info.clock_mhz * 1e3) : 0;
	return 0;
}

static int run_picture(void *opaque, uint32_t worker, uint32_t i, struct tool_error *error)
{
	struct evaluator *v = opaque;
	float *input = v->npu ? v->input[worker] : q_float_input(&v->real, worker);
	struct found *f = &v->found[i];
	struct detection list[V3NPU_DETECT_MAX];
	struct detect_output out;
	struct v3npu_placement box;
	struct v3npu_image *image;
	int ret;

	if (v3npu_image_read(v->pictures.path[i], &image))
		return tool_fail(error, "%s", v3npu_vision_error());
	f->truths = labels_read(v->labels, v->pictures.path[i], image, v->out.dim[1] - 4,
				&f->truth, error);
	ret = f->truths < 0 ? -1 : 0;
	if (!ret && v3v_letterbox_real(image, v->pictures.width, v->pictures.height, input, &box))
		ret = tool_fail(error, "out of memory");
	if (!ret)
		ret = run_model(v, worker, &out, error);
	if (!ret && v->npu)
		ret = note_ms(&v->runs.list[worker], &f->ms, error);
	if (!ret) {
		f->count = v3v_detect(&out, &box, v->pictures.width, v->pictures.height, MAP_CONF,
				      MAP_IOU, list, V3NPU_DETECT_MAX);
		f->list = calloc(f->count + 1, sizeof(*f->list));
		if (f->count < 0 || !f->list)
			ret = tool_fail(error, "out of memory");
		else
			memcpy(f->list, list, f->count * sizeof(*list));
	}
	v3npu_image_free(image);
	return ret;
}

static int add_up(const struct evaluator *v, struct q_score *score, struct tool_error *error)
{
	uint32_t i;
	int ret = map_start(&score->map, v->out.dim[1] - 4);

	for (i = 0; !ret && i < v->pictures.count; i++)
		ret = map_add(&score->map, v->found[i].list, v->found[i].count,
			      v->found[i].truth, v->found[i].truths);
	for (i = 0; i < v->pictures.count; i++)
		score->ms += v->found[i].ms / v->pictures.count;
	score->pictures = v->pictures.count;
	if (!ret)
		ret = map_finish(&score->map);
	return ret ? tool_fail(error, "out of memory") : 0;
}

static int run_pictures(struct evaluator *v, struct q_score *score, struct tool_error *error)
{
	const struct q_work work = {
		.what = "evaluating", .count = v->pictures.count, .item = run_picture,
		.opaque = v,
	};
	int ret;

	v->found = calloc(work.count, sizeof(*v->found));
	if (!v->found)
		return tool_fail(error, "out of memory");
	ret = q_parallel(&work, error);
	return ret ? ret : add_up(v, score, error);
}

static int open_folder(struct evaluator *v, const char *folder, struct tool_error *error)
{
	char *pictures = NULL;
	int ret = labels_find(folder, &pictures, &v->labels, error);

	if (!ret)
		ret = pictures_open(pictures, &v->pictures, error);
	free(pictures);
	return ret;
}

/* Is it a detector of pictures? Then they are to be of its size */
static int check_shapes(struct evaluator *v, struct tool_error *error)
{
	if (!q_is_detection(&v->out))
		return tool_fail(error, "--eval: the model's output is not [1, 4 + classes, "
				 "anchors]; only detectors of that form can be scored");
	if (v->in.rank != 4 || v->in.dim[0] != 1 || v->in.dim[3] != 3)
		return tool_fail(error, "--eval: the model's input is not [1, height, width, 3]; "
				 "only models that take pictures can be scored");
	v->pictures.height = v->in.dim[1];
	v->pictures.width = v->in.dim[2];
	return 0;
}

static void evaluator_free(struct evaluator *v)
{
	uint32_t i;

	for (i = 0; v->found && i < v->pictures.count; i++) {
		free(v->found[i].list);
		free(v->found[i].truth);
	}
	free(v->found);
	for (i = 0; i < Q_WORKERS_MAX; i++)
		free(v->input[i]);
	q_float_free(&v->real);
	q_runs_free(&v->runs);
	pictures_close(&v->pictures);
	free(v->labels);
}

int q_score_graph(const struct q_graph *g, const char *folder, struct q_score *score,
		  struct tool_error *error)
{
	struct evaluator v = {
		.in = g->tensors[g->inputs[0]].shape, .out = g->tensors[g->outputs[0]].shape,
	};
	int ret;

	*score = (struct q_score) {};
	ret = open_folder(&v, folder, error);
	if (!ret)
		ret = check_shapes(&v, error);
	if (!ret)
		ret = q_float_new(g, g->outputs, 1, q_workers(v.pictures.count), &v.real, error);
	if (!ret)
		ret = run_pictures(&v, score, error);
	evaluator_free(&v);
	return ret;
}

static struct ir_shape shape_of(int rank, const uint32_t *dim)
{
	struct ir_shape shape = { .rank = rank };
	int i;

	for (i = 0; i < rank; i++)
		shape.dim[i] = dim[i];
	return shape;
}

static int load_for_cpu(struct evaluator *v, const void *data, size_t size, uint32_t workers,
			struct tool_error *error)
{
	const struct v3c_tensor *in, *out;

	if (q_float_load(data, size, workers, &v->real, error))
		return -1;
	in = &v->real.program->inputs[0];
	out = &v->real.program->outputs[0];
	v->in = shape_of(in->rank, in->dim);
	v->out = shape_of(out->rank, out->dim);
	return 0;
}

static int load_for_npu(struct evaluator *v, const void *data, size_t size, uint32_t workers,
			struct tool_error *error)
{
	const struct q_run *run = &v->runs.list[0];
	uint32_t i;

	if (q_runs_new(data, size, workers, false, &v->runs, error))
		return -1;
	v->in = shape_of(run->in.rank, run->in.dim);
	v->out = shape_of(run->out.rank, run->out.dim);
	for (i = 0; i < workers; i++) {
		v->input[i] = calloc(q_elements(&run->in), sizeof(float));
		if (!v->input[i])
			return tool_fail(error, "out of memory");
	}
	return 0;
}

int q_score_file(const void *data, size_t size, bool npu, const char *folder,
		 struct q_score *score, struct tool_error *error)
{
	struct evaluator v = { .npu = npu };
	uint32_t workers;
	int ret;

	*score = (struct q_score) {};
	ret = open_folder(&v, folder, error);
	workers = q_workers(v.pictures.count);
	if (!ret)
		ret = npu ? load_for_npu(&v, data, size, workers, error) :
		      load_for_cpu(&v, data, size, workers, error);
	if (!ret)
		ret = check_shapes(&v, error);
	if (!ret)
		ret = run_pictures(&v, score, error);
	evaluator_free(&v);
	return ret;
}

void q_score_free(struct q_score *score)
{
	map_free(&score->map);
}

int q_cpu_ms(const void *data, size_t size, double *ms, struct tool_error *error)
{
	struct v3npu_run_stats stats = { .struct_size = sizeof(stats) };
	struct q_run run;
	int i, ret = q_run_new(data, size, "cpu", false, &run, error);

	*ms = INFINITY;
	for (i = 0; !ret && i < CPU_RUNS; i++) {
		if (v3npu_session_run(run.session) ||
		    v3npu_session_get_stats(run.session, &stats))
			ret = tool_fail(error, "%s", v3npu_error());
		else
			*ms = fmin(*ms, stats.wall_ms);
	}
	q_run_free(&run);
	return ret;
}
