// SPDX-License-Identifier: MIT
/* What a model takes and says, as far as it is a detector's */
#include <errno.h>
#include <stdlib.h>

#include "detector.h"
#include "error.h"

/** struct model - what libv3npu says of a model */
struct model {
	struct v3npu_model_info info;
	struct v3npu_tensor_info in;
	struct v3npu_tensor_info out[LAYOUT_OUTPUTS_MAX];
};

static int ask_model(const struct v3npu_model *model, struct model *m)
{
	size_t k;
	int ret;

	*m = (struct model) {
		.info = { .struct_size = sizeof(m->info) }, .in = { .struct_size = sizeof(m->in) },
	};
	ret = v3npu_model_get_info(model, &m->info);
	if (!ret && (m->info.inputs != 1 || !m->info.outputs ||
		     m->info.outputs > LAYOUT_OUTPUTS_MAX))
		return v3v_fail(-ENOTSUP, "it has %zu inputs and %zu outputs, a detector one input, a "
				"picture, and 1 to %d outputs; export it so", m->info.inputs,
				m->info.outputs, LAYOUT_OUTPUTS_MAX);
	if (!ret)
		ret = v3npu_model_input_info(model, 0, &m->in);
	for (k = 0; !ret && k < m->info.outputs; k++) {
		m->out[k].struct_size = sizeof(m->out[k]);
		ret = v3npu_model_output_info(model, k, &m->out[k]);
	}
	return ret ? v3v_fail(ret, "%s", v3npu_error()) : 0;
}

static int take_options(const struct v3npu_detector_options *from,
			struct v3npu_detector_options *options)
{
	int ret = 0;

	*options = (struct v3npu_detector_options) {};
	if (from)
		ret = V3V_TAKE(v3npu_detector_options, std, options, from);
	if (ret)
		return ret;
	if (options->reserved)
		return v3v_fail(-E2BIG, "reserved of struct v3npu_detector_options is %d; set it to 0",
				options->reserved);
	if (options->task && !v3v_task_name(options->task))
		return v3v_fail(-EINVAL, "there is no task %d; take one of enum v3npu_task",
				options->task);
	return 0;
}

/* What labels say has priority over what the model's metadata does */
static int add_labels(const char *labels, struct metadata *m)
{
	struct metadata given;
	int ret = 0;

	if (v3v_metadata_read(labels, &given))
		ret = v3v_fail(-ENOMEM, "out of memory");
	else if (!given.name_count)
		ret = v3v_fail(-EINVAL, "the labels name no class; give a line for each class, or a "
			       "metadata.yaml");
	if (!ret) {
		json_decref(m->names);
		m->names = json_incref(given.names);
		m->name_count = given.name_count;
		m->exporter |= given.exporter;
		m->task = m->task ? m->task : given.task;
		if (!m->keypoints) {
			m->keypoints = given.keypoints;
			m->keypoint_values = given.keypoint_values;
		}
		if (!m->says_end2end) {
			m->says_end2end = given.says_end2end;
			m->end2end = given.end2end;
		}
	}
	v3v_metadata_free(&given);
	return ret;
}

static int read_metadata(const char *text, const struct v3npu_detector_options *options,
			 struct metadata *m)
{
	if (v3v_metadata_read(text, m))
		return v3v_fail(-ENOMEM, "out of memory");
	if (!options->task && m->task_text[0])
		return v3v_fail(-ENODATA, "its metadata says that its task is %s, which is none of "
				"detect, segment, pose, obb and classify; say one of them if it is",
				m->task_text);
	return options->labels ? add_labels(options->labels, m) : 0;
}

static void fill_info(const struct model *m, struct v3npu_detector *d)
{
	const struct layout *l = &d->layout;
	uint32_t k;

	d->info = (struct v3npu_detector_info) {
		.width = d->input.width, .height = d->input.height, .input_size = m->in.size,
		.output_size = m->out[0].size, .classes = l->classes, .task = l->task,
		.candidates = l->kind == LAYOUT_CLASSES ? l->classes :
			      l->kind == LAYOUT_SSD ? l->ssd.candidates : l->output.candidates,
		.outputs = m->info.outputs,
	};
	for (k = 0; k < d->info.outputs; k++)
		d->sizes[k] = m->out[k].size;
}

/* Every class that the outputs can say has a name */
static int make_names(const struct metadata *m, struct v3npu_detector *d)
{
	const struct layout *l = &d->layout;
	int count = l->kind == LAYOUT_SSD ? l->ssd.classes : l->output.classes;

	return v3v_names_make(m, l->first_name, count, &d->names) ?
	       v3v_fail(-ENOMEM, "out of memory") : 0;
}

static int set_up(const struct model *model, const struct v3npu_detector_options *options,
		  const struct metadata *m, struct v3npu_detector *d)
{
	struct layout_source source = {
		.outputs = model->out, .count = model->info.outputs, .metadata = m,
		.task = options->task ? options->task : m->task,
	};
	int ret = v3v_input_make(&model->in, &d->input);

	if (ret)
		return ret;
	source.in_width = d->input.width;
	source.in_height = d->input.height;
	ret = v3v_layout_find(&source, &d->layout);
	if (!ret)
		ret = v3v_input_range(&model->in, options, m->exporter, &d->input);
	if (ret)
		return ret;
	d->input.cover = d->layout.kind == LAYOUT_CLASSES;
	fill_info(model, d);
	return make_names(m, d);
}

int v3npu_detector_create_as(const struct v3npu_model *model,
			     const struct v3npu_detector_options *from,
			     struct v3npu_detector **detector)
{
	struct v3npu_detector_options options;
	struct v3npu_detector *d;
	struct metadata metadata = {};
	struct model m;
	int ret;

	*detector = NULL;
	ret = take_options(from, &options);
	if (!ret)
		ret = ask_model(model, &m);
	if (ret)
		return ret;
	d = calloc(1, sizeof(*d));
	ret = d ? read_metadata(m.info.metadata, &options, &metadata) :
		  v3v_fail(-ENOMEM, "out of memory");
	if (!ret)
		ret = set_up(&m, &options, &metadata, d);
	v3v_metadata_free(&metadata);
	if (ret)
		v3npu_detector_free(d);
	else
		*detector = d;
	return ret;
}

int v3npu_detector_create(const struct v3npu_model *model, struct v3npu_detector **detector)
{
	return v3npu_detector_create_as(model, NULL, detector);
}

void v3npu_detector_free(struct v3npu_detector *detector)
{
	if (!detector)
		return;
	v3v_names_free(&detector->names);
	free(detector);
}

int v3npu_detector_get_info(const struct v3npu_detector *detector,
			    struct v3npu_detector_info *info)
{
	return V3V_FILL(v3npu_detector_info, candidates, info, &detector->info);
}

const char *v3npu_detector_class_name(const struct v3npu_detector *detector, uint32_t class_id)
{
	return class_id < (uint32_t)detector->names.count ? detector->names.name[class_id] : NULL;
}

int v3v_check_memory(const char *what, const void *memory, size_t size, size_t wanted)
{
	if (!memory)
		return v3v_fail(-EINVAL, "the %s is NULL; of a dma-buf, give where it is mapped",
				what);
	if (size != wanted)
		return v3v_fail(-EINVAL, "the %s is said to have %zu bytes, the model's has %zu",
				what, size, wanted);
	return 0;
}

int v3npu_detector_prepare(const struct v3npu_detector *detector, const struct v3npu_image *image,
			   void *input, size_t size, struct v3npu_placement *placement)
{
	struct v3npu_placement box = {};
	int ret;

	ret = v3v_check_memory("input", input, size, detector->info.input_size);
	if (!ret)
		/* Before the work: is there a place for the result? */
		ret = V3V_FILL(v3npu_placement, top, placement, &box);
	if (ret)
		return ret;
	ret = v3v_input_fill(&detector->input, image, input, &box);
	if (ret)
		return v3v_fail(-ENOMEM, "out of memory");
	return V3V_FILL(v3npu_placement, top, placement, &box);
}

