// SPDX-License-Identifier: MIT
/*
 * Elementwise arithmetic, pooling, softmax and resizing: the vector unit's
 * operators, but for functions of one value.
 */
#include <errno.h>

#include "read.h"

int v3c_import_broadcast(struct importer *im, const struct ir_shape *a, const struct ir_shape *b,
			 struct ir_shape *out)
{
	int i;

	out->rank = a->rank > b->rank ? a->rank : b->rank;
	for (i = 0; i < out->rank; i++) {
		int ia = i - (out->rank - a->rank), ib = i - (out->rank - b->rank);
		uint32_t da = ia < 0 ? 1 : a->dim[ia], db = ib < 0 ? 1 : b->dim[ib];

		if (da != db && da != 1 && db != 1)
			return v3c_import_fail(im, EINVAL,
					       "damaged: its operands' dimensions %u and %u do not go "
					       "together",
					       da, db);
		out->dim[i] = da == 1 ? db : da;
	}
	return 0;
}

/* ADD and SUB: operands are brought to a common scale with 20 bits to spare */
static int sum_scales(struct importer *im, struct ir_eltwise *e, const struct v3c_quant *in,
		      struct v3c_quant out)
{
	double twice_larger = 2 * (in[0].scale > in[1].scale ? in[0].scale : in[1].scale);
	struct v3c_scale s;
	int i, ret;

	e->left_shift = V3NPU_ELTWISE_SHIFT_MAX;
	for (i = 0; i < 2; i++) {
		ret = v3c_import_scale(im, in[i].scale / twice_larger, "an operand's scale", &s);
		if (ret)
			return ret;
		e->operand[i].multiplier = s.multiplier;
		e->operand[i].shift = s.shift;
	}
	ret = v3c_import_scale(im, twice_larger / ((1 << e->left_shift) * out.scale),
			       "an operand's scale", &s);
	e->multiplier = s.multiplier;
	e->shift = s.shift;
	return ret;
}

/* PRELU: one scale for what is not negative, another for products; in float, as TFLite */
static int prelu_scales(struct importer *im, struct ir_eltwise *e, const struct v3c_quant *in,
			struct v3c_quant out)
{
	struct v3c_scale s;
	int ret;

	e->op = V3NPU_ELTWISE_PRELU;
	ret = v3c_import_scale(im, in[0].scale / out.scale, "its input's scale", &s);
	if (ret)
		return ret;
	e->operand[0].multiplier = s.multiplier;
	e->operand[0].shift = s.shift;
	ret = v3c_import_scale(im, in[0].scale * in[1].scale / out.scale, "the product's scale", &s);
	e->multiplier = s.multiplier;
	e->shift = s.shift;
	return ret;
}

static int eltwise_params(struct importer *im, struct ir_eltwise *e, const struct v3c_quant *in,
			  struct v3c_quant out)
{
	struct v3c_scale s = {};
	int ret;

	switch (im->op->code) {
	case TFL_MAXIMUM:
	case TFL_MINIMUM:
		/* TFLite compares the stored values */
		e->op = im->op->code == TFL_MAXIMUM ? V3NPU_ELTWISE_MAX : V3NPU_ELTWISE_MIN;
		e->min = INT8_MIN;
		e->max = INT8_MAX;
		return 0;
	case TFL_MUL:
		e->op = V3NPU_ELTWISE_MUL;
		/* In float, as TFLite */
		ret = v3c_import_scale(im, in[0].scale * in[1].scale / out.scale,
				       "the product's scale", &s);
		e->multiplier = s.multiplier;
		e->shift = s.shift;
		break;
	case TFL_PRELU:
		ret = prelu_scales(im, e, in, out);
		break;
	default:
		e->op = im->op->code == TFL_ADD ? V3NPU_ELTWISE_ADD : V3NPU_ELTWISE_SUB;
		ret = sum_scales(im, e, in, out);
		break;
	}
	e->operand[0].zero_point = in[0].zero_point;
	e->operand[1].zero_point = in[1].zero_point;
	e->zero_point = out.zero_point;
	return ret ? ret : v3c_import_clamp(im, out, &e->min, &e->max);
}

int v3c_import_eltwise(struct importer *im)
{
	struct ir_eltwise e = {};
	struct v3c_quant quant[2];
	struct ir_shape shape;
	int in[2], out, node, i, ret;

	ret = v3c_read_pair(im, in, &shape);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++)
		quant[i] = import_value(im, in[i])->quant;
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	ret = eltwise_params(im, &e, quant, import_value(im, out)->quant);
	if (ret)
		return ret;
	node = v3c_import_node(im, IR_ELTWISE, in[0], in[1], out);
	if (node >= 0)
		im->graph->nodes[node].eltwise = e;
	return node;
}

int v3c_import_pool(struct importer *im)
{
	struct ir_pool pool = {};
	struct ir_shape shape;
	int in, out, node, i, ret;

	ret = v3c_import_arity(im, 1, 1, 1);
	if (ret)
		return ret;
	in = v3c_read_image(im);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	for (i = 0; i < 2; i++) {
		ret = v3c_import_window(im, shape.dim[1 + i], im->op->kernel[i], im->op->stride[i],
					1, &shape.dim[1 + i], &pool.pad[i]);
		if (ret)
			return ret;
		pool.kernel[i] = im->op->kernel[i];
		pool.stride[i] = im->op->stride[i];
	}
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	pool.op = im->op->code == TFL_MAX_POOL_2D ? V3NPU_POOL_MAX : V3NPU_POOL_AVG;
	/* Of halves TFLite's kernel for int8 rounds those below 0 down, that for uint8 none */
	if (im->uint8 && pool.op == V3NPU_POOL_AVG)
		pool.flags = V3NPU_POOL_HALF_UP;
	ret = v3c_import_clamp(im, import_value(im, out)->quant, &pool.min, &pool.max);
	if (ret)
		return ret;
	node = v3c_import_node(im, IR_POOL, in, -1, out);
	if (node >= 0)
		im->graph->nodes[node].pool = pool;
	return node;
}

int v3c_import_softmax(struct importer *im)
{
	struct v3c_scale s;
	struct ir_softmax softmax;
	struct v3c_quant quant;
	int in, out, node;

	in = v3c_import_operand(im, 1, 1);
	if (in < 0)
		return in;
	if (!import_value(im, in)->shape.rank)
		return v3c_import_fail(im, EINVAL, "damaged: its input has no dimension");
	out = v3c_import_output(im, 0, &import_value(im, in)->shape);
	if (out < 0)
		return out;
	quant = import_value(im, out)->quant;
	if (quant.scale != 1.0f / 256 || quant.zero_point != -128)
		return v3c_import_fail(im, ENOTSUP,
				       "its output has scale %g and zero point %d, not 1/256 and -128",
				       quant.scale, quant.zero_point);
	s = v3c_softmax_scale(im->op->number, import_value(im, in)->quant.scale,
			      &softmax.diff_min);
	if (!v3c_scale_fits(s) || s.shift < 0)
		return v3c_import_fail(im, ENOTSUP,
				       "beta %g with an input scale of %g is out of TFLite's range",
				       im->op->number, import_value(im, in)->quant.scale);
	softmax.multiplier = s.multiplier;
	softmax.shift = s.shift;
	node = v3c_import_node(im, IR_SOFTMAX, in, -1, out);
	if (node >= 0)
		im->graph->nodes[node].softmax = softmax;
	return node;
}

int v3c_import_resize(struct importer *im)
{
	struct ir_shape shape;
	int in, out, node;

	in = v3c_read_resize(im, &shape);
	if (in < 0)
		return in;
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	node = v3c_import_node(im, IR_RESIZE, in, -1, out);
	if (node < 0)
		return node;
	im->graph->nodes[node].resize_flags =
		(im->op->align_corners ? V3NPU_RESIZE_ALIGN_CORNERS : 0) |
		(im->op->half_pixel_centers ? V3NPU_RESIZE_HALF_PIXEL : 0);
	/* TFLite's kernel for uint8 works in float, that for int8 in integers */
	if (im->uint8 && im->op->code == TFL_RESIZE_BILINEAR)
		im->graph->nodes[node].resize_flags |= V3NPU_RESIZE_FLOAT;
	im->graph->nodes[node].resize_mode = im->op->code == TFL_RESIZE_BILINEAR ?
					     V3NPU_RESIZE_BILINEAR : V3NPU_RESIZE_NEAREST;
	return node;
}
