// SPDX-License-Identifier: MIT
/*
 * Constant tensors as float32, converted once.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "compiler/arith/half.h"
#include "import.h"

/* One scale, or one for each element of dimension @t->channel_dim; as many zero points, or none */
static int check_quant(struct importer *im, const struct tfl_tensor *t,
		       const struct ir_shape *shape)
{
	uint32_t scales = t->scale.count, i;
	bool channels = scales > 1;

	if (!scales || (t->zero_point.count && t->zero_point.count != scales) ||
	    (channels && (t->channel_dim < 0 || t->channel_dim >= shape->rank ||
			  shape->dim[t->channel_dim] != scales)))
		return v3c_import_fail(im, EINVAL,
				       "damaged: a constant has %u scales and %u zero points along "
				       "dimension %d",
				       scales, t->zero_point.count, t->channel_dim);
	for (i = 0; i < scales; i++) {
		float scale = v3c_fb_vector_float(&t->scale, i);
		int64_t zero_point = t->zero_point.count ? v3c_fb_vector_i64(&t->zero_point, i) : 0;

		if (!isfinite(scale) || scale < 0 || zero_point < INT8_MIN ||
		    zero_point > INT8_MAX)
			return v3c_import_fail(im, EINVAL,
					       "damaged: a constant has scale %g and zero point %lld",
					       scale, (long long)zero_point);
	}
	return 0;
}

/* @inner elements at a time have the same scale */
static void dequantize(const struct tfl_tensor *t, const struct ir_shape *shape, float *out)
{
	uint64_t elements = ir_elements(shape), inner = elements, i, k;
	uint32_t scales = t->scale.count, channel = 0;
	int d;

	if (scales > 1)
		for (inner = 1, d = shape->rank - 1; d > t->channel_dim; d--)
			inner *= shape->dim[d];
	for (i = 0; i < elements; i += inner) {
		float scale = v3c_fb_vector_float(&t->scale, channel);
		int32_t zero = t->zero_point.count ? v3c_fb_vector_i64(&t->zero_point, channel) : 0;

		for (k = 0; k < inner; k++)
			out[i + k] = scale * ((int8_t)t->data[i + k] - zero);
		channel = channel + 1 < scales ? channel + 1 : 0;
	}
}

int v3cpu_real_constant(struct importer *im, const struct tfl_tensor *t,
			const struct ir_shape *shape, const float **data)
{
	uint64_t elements = ir_elements(shape), i;
	float *out;
	int ret = 0;

	if (t->type != TFL_FLOAT32 && t->type != TFL_FLOAT16 && t->type != TFL_INT8)
		return v3c_import_fail(im, ENOTSUP,
				       "a constant is %s, only float32, float16 and int8 are supported",
				       v3c_tfl_type_name(t->type));
	ret = v3c_import_check_const(im, t, t->type, elements);
	if (!ret && t->type == TFL_INT8)
		ret = check_quant(im, t, shape);
	if (ret)
		return ret;
	out = v3c_alloc(im->ctx, elements, sizeof(*out));
	if (!out)
		return v3c_no_memory(im->ctx);
	if (t->type == TFL_FLOAT32)
		memcpy(out, t->data, elements * sizeof(*out));
	else if (t->type == TFL_INT8)
		dequantize(t, shape, out);
	else
		for (i = 0; i < elements; i++)
			out[i] = v3c_half_to_float(t->data[2 * i] | t->data[2 * i + 1] << 8);
	*data = out;
	return 0;
}

int v3cpu_constant_input(struct importer *im, uint32_t k, struct ir_shape *shape,
			 const float **data)
{
	int value;

	*data = NULL;
	if (!v3c_import_tensor(im, k))
		return 0;
	value = v3c_import_input(im, k);
	if (value < 0)
		return value;
	*shape = import_value(im, value)->shape;
	*data = (const float *)import_value(im, value)->data;
	return 0;
}

static int int32_bias(struct importer *im, const struct tfl_tensor *t, uint32_t channels, int in,
		      const struct tfl_tensor *weights, const float **bias)
{
	const struct fb_vector v = { .data = t->data, .count = channels };
	float in_scale = import_value(im, in)->quant.scale, *out;
	uint32_t i;
	int ret = v3c_import_check_const(im, t, TFL_INT32, channels);

	if (ret)
		return ret;
	if (!in_scale || !weights || !weights->scale.count ||
	    (weights->scale.count > 1 && weights->scale.count != channels))
		return v3c_import_fail(im, EINVAL,
				       "damaged: an int32 bias needs an int8 input and int8 weights");
	out = v3c_alloc(im->ctx, channels, sizeof(*out));
	if (!out)
		return v3c_no_memory(im->ctx);
	for (i = 0; i < channels; i++)
		out[i] = (double)in_scale *
			 v3c_fb_vector_float(&weights->scale, weights->scale.count > 1 ? i : 0) *
			 v3c_fb_vector_i32(&v, i);
	*bias = out;
	return 0;
}

int v3cpu_bias(struct importer *im, uint32_t k, uint32_t channels, int in, uint32_t weights,
	       const float **bias)
{
	const struct tfl_tensor *t = v3c_import_tensor(im, k);
	struct ir_shape shape;
	int ret;

	*bias = NULL;
	if (!t)
		return 0;
	if (t->type == TFL_INT32)
		return int32_bias(im, t, channels, in, v3c_import_tensor(im, weights), bias);
	ret = v3cpu_constant_input(im, k, &shape, bias);
	if (ret)
		return ret;
	if (!*bias || ir_elements(&shape) != channels)
		return v3c_import_fail(im, ENOTSUP,
				       "its bias is not constant, one for each of %u channels",
				       channels);
	return 0;
}
