// SPDX-License-Identifier: MIT
#include "describe.h"

#include <stdlib.h>
#include <string.h>

#include "compiler/tflite/tflite_uint8.h"

/* Longest name that is kept: many tensors may claim the same long string */
#define MAX_NAME	255

static enum v3c_dtype dtype_of(int type)
{
	switch (type) {
	case TFL_FLOAT32:
		return V3C_FLOAT32;
	case TFL_INT32:
		return V3C_INT32;
	case TFL_INT64:
		return V3C_INT64;
	default:
		return V3C_INT8;
	}
}

static int describe(struct v3c_ctx *ctx, struct v3c_tensor *t, const struct tfl_model *model,
		    const struct ir_graph *g, const struct ir_value *v)
{
	const struct ir_buffer *b = &g->buffers[v->loc.buffer];
	uint64_t size;
	int i;

	t->index = v->tensor;
	t->name = strndup(model->tensors[v->tensor].name, MAX_NAME);
	if (!t->name)
		return v3c_no_memory(ctx);
	t->dtype = dtype_of(model->tensors[v->tensor].type);
	t->zero_point = v->quant.zero_point;
	if (model->tensors[v->tensor].was_uint8) {
		t->dtype = V3C_UINT8;
		t->zero_point += TFL_UINT8_OFFSET;
		/* What the user has is as in the file; what only the NPU has is int8 */
		t->flip = v->is_input || v->output >= 0 ? 0 : TFL_UINT8_FLIP;
	}
	size = t->dtype == V3C_FLOAT32 ? sizeof(float) : 1;
	/* An index's bytes are a dimension of their own */
	t->rank = v->shape.rank - (t->dtype == V3C_INT32 || t->dtype == V3C_INT64);
	t->scale = v->quant.scale;
	t->region = b->region;
	t->offset = (b->offset + v->loc.offset) * size;
	for (i = 0; i < t->rank; i++) {
		t->dim[i] = v->shape.dim[i];
		t->stride[i] = v->loc.stride[i] * size;
	}
	return 0;
}

int v3c_describe(struct v3c_ctx *ctx, struct v3c_tensor **list, size_t *count,
		 const struct tfl_model *model, const struct ir_graph *g,
		 const int *values, int value_count)
{
	int i, ret;

	*list = calloc(value_count ? value_count : 1, sizeof(**list));
	if (!*list)
		return v3c_no_memory(ctx);
	for (i = 0; i < value_count; i++) {
		ret = describe(ctx, &(*list)[i], model, g, &g->values[values[i]]);
		if (ret)
			return ret;
		++*count;
	}
	return 0;
}

void v3c_free_tensors(struct v3c_tensor *tensors, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free((char *)tensors[i].name);
	free(tensors);
}
