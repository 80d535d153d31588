// SPDX-License-Identifier: MIT
#include "read.h"

/* The NPU searches along the last dimension */
int v3c_import_argmax(struct importer *im)
{
	struct ir_shape shape;
	int in, out, node;

	in = v3c_read_argmax(im, V3C_MAX_ELEMENTS, &shape);
	if (in < 0)
		return in;
	out = v3c_import_index_output(im, &shape, true);
	if (out < 0)
		return out;
	node = v3c_import_node(im, IR_ARGMAX, in, -1, out);
	if (node >= 0)
		im->graph->nodes[node].argmax = im->op->code == TFL_ARG_MAX ? V3NPU_ARGMAX_MAX :
									      V3NPU_ARGMAX_MIN;
	return node;
}
