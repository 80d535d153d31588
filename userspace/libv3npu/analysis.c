// SPDX-License-Identifier: MIT
/* What the NPU makes of each operator of a model file, without loading it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/report/where.h"
#include "compiler/v3m.h"
#include "cpu/cpu.h"
#include "model_file.h"
#include "struct_size.h"

struct v3npu_analysis {
	struct v3c_analysis *compiler;
};

static int analyze(struct v3npu_device *device, const void *data, size_t size,
		   struct v3npu_analysis *a)
{
	const struct v3c_target target = v3npu_target(device);
	char error[V3C_ERROR_SIZE] = "";
	struct v3c_split *split;
	int ret;

	a->compiler = v3c_analyze(data, size, error);
	if (!a->compiler)
		return v3npu_fail(-errno, "%s", error);
	split = v3c_split(data, size, &target, NULL, error);
	if (!split)
		return v3npu_fail(-errno, "%s", error);
	ret = v3cpu_check(split, data, size, error);
	if (ret)
		ret = v3npu_fail(ret, "%s", error);
	else if (v3c_analysis_where(a->compiler, split, data, size, &target))
		ret = v3npu_fail(-ENOTSUP, "%s", a->compiler->blame);
	v3c_split_free(split);
	return ret;
}

int v3npu_analyze(struct v3npu_device *device, const void *data, size_t size,
		  struct v3npu_analysis **analysis)
{
	struct v3npu_analysis *a;
	int ret;

	*analysis = NULL;
	if (!device->has_npu)
		return v3npu_fail(-ENOTSUP, "device cpu has no NPU to look at; open accel or sim");
	if (v3m_is(data, size))
		return v3npu_fail(-ENOTSUP, "a compiled model has no operators left; name the "
				  ".tflite file it was made from");
	a = calloc(1, sizeof(*a));
	if (!a)
		return v3npu_fail(-ENOMEM, "out of memory");
	ret = analyze(device, data, size, a);
	if (ret) {
		v3npu_analysis_free(a);
		return ret;
	}
	*analysis = a;
	return 0;
}

int v3npu_analyze_file(struct v3npu_device *device, const char *path,
		       struct v3npu_analysis **analysis)
{
	void *data;
	size_t size;
	int ret;

	*analysis = NULL;
	ret = v3npu_read_model(path, &data, &size);
	if (ret)
		return ret;
	ret = v3npu_analyze(device, data, size, analysis);
	free(data);
	return ret ? v3npu_fail_path(ret, path) : 0;
}

size_t v3npu_analysis_count(const struct v3npu_analysis *analysis)
{
	return analysis->compiler->op_count;
}

int v3npu_analysis_get_op(const struct v3npu_analysis *analysis, size_t k,
			  struct v3npu_op_info *info)
{
	const struct v3c_op_info *op;
	struct v3npu_op_info all;

	if (k >= analysis->compiler->op_count)
		return v3npu_fail(-ERANGE, "the model has %zu operators; there is no number %zu",
				  analysis->compiler->op_count, k);
	op = &analysis->compiler->ops[k];
	all = (struct v3npu_op_info) {
		.name = op->name,
		.macs = op->macs,
		.on_npu = !op->on_cpu,
		.reason = op->reason,
		.advice = op->advice,
	};
	return V3NPU_FILL(v3npu_op_info, advice, info, &all);
}

void v3npu_analysis_free(struct v3npu_analysis *analysis)
{
	if (!analysis)
		return;
	v3c_analysis_free(analysis->compiler);
	free(analysis);
}
