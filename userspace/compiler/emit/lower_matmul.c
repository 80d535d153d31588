// SPDX-License-Identifier: MIT
/*
 * MATMUL: batches in any number of dimensions, some of which broadcast.
 */
#include "lowering.h"

/* The value's batches, as an operand of the loops over them */
static void add_batches(struct v3c_nest *nest, const struct ir_value *v)
{
	struct ir_shape shape = v->shape;

	shape.dim[shape.rank - 2] = 1;
	shape.dim[shape.rank - 1] = 1;
	v3c_nest_add(nest, &shape, &v->loc);
}

/* A command's batches of operand @k, with the value's matrix in each */
static struct v3npu_tensor matrices(const struct v3c_nest *nest, int k, const uint32_t *index,
				    const struct ir_value *v)
{
	struct v3npu_tensor t = v3c_nest_tensor(nest, k, index);
	int i;

	for (i = 2; i < 4; i++) {
		int d = v->shape.rank - 4 + i;

		t.dim[i] = v->shape.dim[d];
		t.stride[i] = v->shape.dim[d] == 1 ? 0 : v->loc.stride[d];
	}
	return t;
}

int v3c_lower_matmul(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *a_value = &l->graph->values[n->in[0]];
	const struct ir_value *b_value = &l->graph->values[n->in[1]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct v3npu_cmd_matmul cmd = {
		.a_zero_point = n->matmul.zero_point[0], .b_zero_point = n->matmul.zero_point[1],
	};
	uint32_t index[NEST_MAX_RANK] = {};
	struct ir_shape batches = out->shape;
	struct addresses a = {};
	struct v3c_nest nest;
	int ret;

	batches.dim[batches.rank - 2] = 1;
	batches.dim[batches.rank - 1] = 1;
	v3c_nest_init(&nest, &batches);
	add_batches(&nest, a_value);
	add_batches(&nest, b_value);
	add_batches(&nest, out);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_matmul, a.addr), a_value->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_matmul, b.addr), b_value->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_matmul, out.addr), out->loc.buffer);
	ret = v3c_lowering_stage(l, n, &n->matmul.stage, &a,
				 offsetof(struct v3npu_cmd_matmul, output), &cmd.output);
	if (!ret)
		ret = v3c_lowering_simplify(l, n, &nest, 2);
	if (ret)
		return ret;
	do {
		cmd.a = matrices(&nest, 0, index, a_value);
		cmd.b = matrices(&nest, 1, index, b_value);
		cmd.out = matrices(&nest, 2, index, out);
		ret = v3c_stream_add(l->stream, n, V3NPU_OP_MATMUL, &cmd, a.list, a.count);
	} while (!ret && v3c_nest_next(&nest, index));
	return ret;
}
