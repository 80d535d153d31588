// SPDX-License-Identifier: MIT
#include <errno.h>

#include "import.h"

/* The output as a new value whose last dimension is the bytes of an index */
static int index_output(struct importer *im, const struct ir_shape *shape)
{
	uint32_t tensor = fb_vector_i32(&im->op->outputs, 0);
	const struct tfl_tensor *t = &im->model->tensors[tensor];
	struct ir_shape declared, bytes = *shape;
	int value, ret;

	if (t->type != TFL_INT32 && t->type != TFL_INT64)
		return import_fail(im, ENOTSUP, "its output is %s, not int32 or int64",
				   tfl_type_name(t->type));
	if (im->value_of[tensor] >= 0 || t->data)
		return import_fail(im, EINVAL,
				   "damaged: it writes tensor %u, which is an input, a constant, "
				   "or another operator's",
				   tensor);
	ret = import_shape(im, t, &declared);
	if (ret)
		return ret;
	if (!ir_same_shape(&declared, shape))
		return import_fail(im, EINVAL,
				   "damaged: the shape of its output does not follow from its input");
	bytes.dim[bytes.rank++] = t->type == TFL_INT32 ? 4 : 8;
	if (ir_elements(&bytes) > V3C_MAX_ELEMENTS)
		return import_fail(im, ENOTSUP, "its output has more than %u bytes",
				   V3C_MAX_ELEMENTS);
	value = import_temporary(im, &bytes, (struct v3c_quant){});
	if (value >= 0) {
		im->graph->values[value].tensor = tensor;
		im->value_of[tensor] = value;
	}
	return value;
}

int import_argmax(struct importer *im)
{
	struct ir_shape shape, moved, flat;
	uint8_t perm[V3C_MAX_RANK];
	int64_t axis;
	int in, last, out, node, i, k = 0, ret;

	ret = import_arity(im, 2, 2, 1);
	if (ret)
		return ret;
	in = import_input(im, 0);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	ret = import_integers(im, 1, &axis, 1);
	if (ret == 0)
		ret = import_fail(im, EINVAL, "damaged: it has no axis");
	if (ret > 0)
		ret = import_axis(im, axis, shape.rank);
	if (ret < 0)
		return ret;
	/* The NPU searches along the last dimension */
	for (i = 0; i < shape.rank; i++)
		if (i != ret)
			perm[k++] = i;
	perm[k] = ret;
	moved = shape;
	for (i = 0; i < shape.rank; i++)
		moved.dim[i] = shape.dim[perm[i]];
	flat = moved;
	flat.rank--;
	out = index_output(im, &flat);
	if (out < 0)
		return out;
	last = import_temporary(im, &moved, import_value(im, in)->quant);
	if (last < 0)
		return last;
	node = import_node(im, IR_TRANSPOSE, in, -1, last);
	if (node < 0)
		return node;
	for (i = 0; i < shape.rank; i++)
		im->graph->nodes[node].perm[i] = perm[i];
	node = import_node(im, IR_ARGMAX, last, -1, out);
	if (node >= 0)
		im->graph->nodes[node].argmax = im->op->code == TFL_ARG_MAX ? V3NPU_ARGMAX_MAX :
									      V3NPU_ARGMAX_MIN;
	return node;
}
