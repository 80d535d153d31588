// SPDX-License-Identifier: MIT
#include <errno.h>

#include "import.h"

int v3c_import_argmax(struct importer *im)
{
	struct ir_shape shape, moved, flat;
	uint8_t perm[V3C_MAX_RANK];
	int64_t axis;
	int in, last, out, node, i, k = 0, ret;

	in = v3c_import_operand(im, 2, 2);
	if (in < 0)
		return in;
	shape = import_value(im, in)->shape;
	ret = v3c_import_integers(im, 1, &axis, 1);
	if (ret == 0)
		ret = v3c_import_fail(im, EINVAL, "damaged: it has no axis");
	if (ret > 0)
		ret = v3c_import_axis(im, axis, shape.rank);
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
	out = v3c_import_index_output(im, &flat, true);
	if (out < 0)
		return out;
	last = v3c_import_temporary(im, &moved, import_value(im, in)->quant);
	if (last < 0)
		return last;
	node = v3c_import_node(im, IR_TRANSPOSE, in, -1, last);
	if (node < 0)
		return node;
	for (i = 0; i < shape.rank; i++)
		im->graph->nodes[node].perm[i] = perm[i];
	node = v3c_import_node(im, IR_ARGMAX, last, -1, out);
	if (node >= 0)
		im->graph->nodes[node].argmax = im->op->code == TFL_ARG_MAX ? V3NPU_ARGMAX_MAX :
									      V3NPU_ARGMAX_MIN;
	return node;
}
