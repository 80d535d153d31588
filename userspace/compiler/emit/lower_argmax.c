// SPDX-License-Identifier: MIT
/*
 * ARGMAX: rows in any number of dimensions.
 */
#include "lowering.h"

/* The value's rows, as an operand of the loops over them */
static void add_rows(struct v3c_nest *nest, const struct ir_value *v)
{
	struct ir_shape shape = v->shape;

	shape.dim[shape.rank - 1] = 1;
	if (!nest->operands)
		v3c_nest_init(nest, &shape);
	v3c_nest_add(nest, &shape, &v->loc);
}

/* A command's rows of operand @k, with the value's last dimension in each */
static struct v3npu_tensor rows(const struct v3c_nest *nest, int k, const uint32_t *index,
				const struct ir_value *v)
{
	struct v3npu_tensor t = v3c_nest_tensor(nest, k, index);
	int last = v->shape.rank - 1;

	t.dim[3] = v->shape.dim[last];
	t.stride[3] = v->shape.dim[last] == 1 ? 0 : v->loc.stride[last];
	return t;
}

int v3c_lower_argmax(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct v3npu_cmd_argmax cmd = { .op = n->argmax };
	uint32_t index[NEST_MAX_RANK] = {};
	struct v3c_nest nest = {};
	struct addresses a = {};
	int ret;

	add_rows(&nest, in);
	add_rows(&nest, out);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_argmax, in.addr), in->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_argmax, out.addr), out->loc.buffer);
	ret = v3c_lowering_simplify(l, n, &nest, 1);
	if (ret)
		return ret;
	do {
		cmd.in = rows(&nest, 0, index, in);
		cmd.out = rows(&nest, 1, index, out);
		ret = v3c_stream_add(l->stream, n, V3NPU_OP_ARGMAX, &cmd, a.list, a.count);
	} while (!ret && v3c_nest_next(&nest, index));
	return ret;
}
