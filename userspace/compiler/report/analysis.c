// SPDX-License-Identifier: MIT
#include "analysis.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "anomaly.h"
#include "compiler/import/import.h"
#include "compiler/shape/fold_shapes.h"
#include "compiler/tflite/tflite_uint8.h"

#define EXPORT_INT8	"quantize the whole model to int8, input and output too " \
			"(the exporter's full-integer file)"
#define OTHER_FORM	"use another operator or form of it, or leave it to the CPU"

/* Elements of a tensor, 0 if its shape is not known or absurd */
static uint64_t elements(const struct tfl_tensor *t)
{
	uint64_t n = 1;
	uint32_t i;

	if (!t || t->rank > V3C_MAX_RANK)
		return 0;
	for (i = 0; i < t->rank; i++) {
		if (t->dim[i] <= 0 || n > V3C_MAX_ELEMENTS)
			return 0;
		n *= t->dim[i];
	}
	return n <= V3C_MAX_ELEMENTS ? n : 0;
}

static const struct tfl_tensor *operand(const struct tfl_model *m, const struct fb_vector *list,
					uint32_t k)
{
	int32_t tensor = k < list->count ? v3c_fb_vector_i32(list, k) : -1;

	return tensor < 0 ? NULL : &m->tensors[tensor];
}

/* Dimension @from_end of a tensor, counted from its end, at least 1 */
static uint64_t dim_from_end(const struct tfl_tensor *t, uint32_t from_end)
{
	return t->rank >= from_end ? t->dim[t->rank - from_end] : 1;
}

static uint64_t op_macs(const struct tfl_model *m, const struct tfl_op *op)
{
	const struct tfl_tensor *a = operand(m, &op->inputs, 0), *b = operand(m, &op->inputs, 1);
	const struct tfl_tensor *c = operand(m, &op->inputs, 2);
	uint64_t out = elements(operand(m, &op->outputs, 0));

	if (!elements(a) || !elements(b) || !out)
		return 0;
	switch (op->code) {
	case TFL_CONV_2D:
		return b->rank == 4 ? out * (elements(b) / b->dim[0]) : 0;
	case TFL_DEPTHWISE_CONV_2D:
		return b->rank == 4 ? out * b->dim[1] * b->dim[2] : 0;
	case TFL_FULLY_CONNECTED:
		return out * dim_from_end(b, 1);
	case TFL_BATCH_MATMUL:
		return out * dim_from_end(a, op->adjoint[0] ? 2 : 1);
	case TFL_TRANSPOSE_CONV:
		return b->rank == 4 && c ? elements(c) * (elements(b) / b->dim[3]) : 0;
	default:
		return 0;
	}
}

static bool has_type(const struct tfl_model *m, const struct fb_vector *list, int type)
{
	uint32_t k;

	for (k = 0; k < list->count; k++) {
		const struct tfl_tensor *t = operand(m, list, k);

		if (t && t->type == type)
			return true;
	}
	return false;
}

static bool uses_type(const struct tfl_model *m, const struct tfl_op *op, int type)
{
	return has_type(m, &op->inputs, type) || has_type(m, &op->outputs, type);
}

/* Splits the importer's text, "why; what to do", and says what to do where it does not */
static void set_reason(const struct tfl_model *m, const struct tfl_op *op, char *text,
		       struct v3c_op_info *info)
{
	char *semicolon = strstr(text, "; ");

	info->reason = text;
	info->advice = OTHER_FORM;
	if (semicolon) {
		*semicolon = '\0';
		info->advice = semicolon + strlen("; ");
	}
	if (uses_type(m, op, TFL_FLOAT32) || uses_type(m, op, TFL_FLOAT16))
		info->advice = EXPORT_INT8;
}

/* What becomes a constant costs nothing, and so nobody has anything against it */
static int analyze_ops(struct v3c_ctx *ctx, struct tfl_model *m, struct v3c_analysis *a)
{
	const char **reasons = v3c_alloc(ctx, m->op_count, sizeof(*reasons));
	uint32_t i;
	int ret;

	a->ops = v3c_alloc(ctx, m->op_count, sizeof(*a->ops));
	if (!reasons || !a->ops)
		return v3c_no_memory(ctx);
	for (i = 0; i < m->op_count; i++) {
		a->ops[i].name = m->file_names[i];
		a->ops[i].macs = op_macs(m, &m->ops[i]);
	}
	a->op_count = m->op_count;
	ret = v3c_fold_shapes(ctx, m);
	if (!ret)
		ret = v3c_import_reasons(ctx, &v3c_import_npu, m, reasons);
	for (i = 0; !ret && i < m->op_count; i++)
		if (reasons[i])
			set_reason(m, &m->ops[i], (char *)reasons[i], &a->ops[m->ops[i].tag]);
	return ret;
}

/* Bits of a parameter of this type; 0: constants of it are no parameters */
static unsigned int parameter_bits(const struct tfl_tensor *t)
{
	switch (v3c_tfl_file_type(t)) {
	case TFL_FLOAT32:
		return 32;
	case TFL_FLOAT16:
		return 16;
	case TFL_INT8:
		return 8;
	case TFL_UINT8:		/* an index or a mask has no scale */
		return t->scale.count ? 8 : 0;
	case TFL_INT32:	/* a bias has a scale, a shape has none */
		return t->scale.count ? 32 : 0;
	default:
		return 0;
	}
}

static int by_address(const void *x, const void *y)
{
	const struct v3c_constant *a = x, *b = y;

	if (a->data != b->data)
		return a->data < b->data ? -1 : 1;
	return (a->tensor > b->tensor) - (a->tensor < b->tensor);
}

/* The model's constants, each once however many tensors share it */
static int list_constants(struct v3c_ctx *ctx, const struct tfl_model *m,
			  struct v3c_constant **list, size_t *count)
{
	struct v3c_constant *all = v3c_alloc(ctx, m->tensor_count, sizeof(*all));
	size_t n = 0, i;

	if (!all)
		return v3c_no_memory(ctx);
	for (i = 0; i < m->tensor_count; i++)
		if (m->tensors[i].data)
			all[n++] = (struct v3c_constant){
				.tensor = &m->tensors[i], .data = m->tensors[i].was_uint8 ? m->tensors[i].file_data :
								   m->tensors[i].data,
				.size = m->tensors[i].data_size,
			};
	qsort(all, n, sizeof(*all), by_address);
	for (i = 0, *count = 0; i < n; i++)
		if (!*count || all[i].data != all[*count - 1].data)
			all[(*count)++] = all[i];
	*list = all;
	return 0;
}

static int count_parameters(struct v3c_ctx *ctx, const struct v3c_constant *list, size_t count,
			    struct v3c_analysis *a, uint64_t *bytes)
{
	static const int types[] = { TFL_FLOAT32, TFL_FLOAT16, TFL_INT8, TFL_UINT8, TFL_INT32 };
	size_t i, k;

	a->types = v3c_alloc(ctx, sizeof(types) / sizeof(types[0]), sizeof(*a->types));
	if (!a->types)
		return v3c_no_memory(ctx);
	*bytes = 0;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct v3c_type_info *type = &a->types[a->type_count];

		for (k = 0; k < count; k++) {
			unsigned int bits = parameter_bits(list[k].tensor);

			if (v3c_tfl_file_type(list[k].tensor) != types[i] || !bits)
				continue;
			type->name = v3c_tfl_type_name(types[i]);
			type->parameters += list[k].size * 8 / bits;
			type->bytes += list[k].size;
		}
		a->parameters += type->parameters;
		*bytes += type->bytes;
		a->type_count += type->name != NULL;
	}
	return 0;
}

static int analyze(struct v3c_ctx *ctx, const void *data, size_t size, struct v3c_analysis *a)
{
	struct v3c_constant *constants = NULL;
	struct tfl_model model;
	uint64_t bytes = 0;
	size_t count = 0;
	int ret;

	ret = v3c_tfl_parse(ctx, &model, data, size);
	if (!ret)
		ret = analyze_ops(ctx, &model, a);
	if (!ret)
		ret = list_constants(ctx, &model, &constants, &count);
	if (!ret)
		ret = count_parameters(ctx, constants, count, a, &bytes);
	if (!ret)
		ret = v3c_find_anomalies(ctx, &model, constants, count, bytes, a);
	return ret;
}

struct v3c_analysis *v3c_analyze(const void *model, size_t size, char error[V3C_ERROR_SIZE])
{
	struct v3c_ctx ctx = { .left = v3c_max_memory(size), .error = error };
	struct v3c_analysis *a = calloc(1, sizeof(*a));
	int ret;

	error[0] = '\0';
	ret = a ? analyze(&ctx, model, size, a) : v3c_no_memory(&ctx);
	if (!ret) {
		a->memory = ctx.blocks;
		return a;
	}
	v3c_release(&ctx);
	free(a);
	errno = -ret;
	return NULL;
}

void v3c_analysis_free(struct v3c_analysis *a)
{
	struct v3c_ctx ctx = { .blocks = a ? a->memory : NULL };

	v3c_release(&ctx);
	free(a);
}
