// SPDX-License-Identifier: MIT
#include "lower.h"

#include <errno.h>
#include <string.h>

#include "cascade.h"
#include "compiler/graph/layout.h"
#include "compiler/tflite/tflite.h"
#include "lowering.h"

void v3c_lowering_address(struct addresses *a, size_t field, int buffer)
{
	a->list[a->count++] = (struct v3c_address){ .field = field, .buffer = buffer };
}

struct v3npu_tensor v3c_lowering_tensor(const struct ir_value *v)
{
	struct v3npu_tensor t = { .addr = v->loc.offset };
	int i;

	for (i = 0; i < 4; i++) {
		t.dim[i] = v->shape.dim[i];
		t.stride[i] = v->shape.dim[i] == 1 ? 0 : v->loc.stride[i];
	}
	return t;
}

int v3c_lowering_table(struct lowering *l, const struct ir_node *n, struct addresses *a,
		       size_t field, uint64_t *table)
{
	if (!n->table)
		return 0;
	v3c_lowering_address(a, field, IR_BUFFER_CONST);
	return v3c_consts_add(l->ctx, l->consts, n->table, V3C_TABLE_SIZE, table);
}

int v3c_lowering_stage(struct lowering *l, const struct ir_node *n, const struct ir_stage *stage,
		       struct addresses *a, size_t field, struct v3npu_output *out)
{
	uint64_t chan, table = 0;
	int ret;

	v3c_lowering_address(a, field + offsetof(struct v3npu_output, chan), IR_BUFFER_CONST);
	ret = v3c_consts_add(l->ctx, l->consts, stage->chan,
			     stage->chan_count * sizeof(*stage->chan), &chan);
	if (!ret)
		ret = v3c_lowering_table(l, n, a, field + offsetof(struct v3npu_output, table),
					 &table);
	*out = (struct v3npu_output){
		.chan = chan, .table = table, .zero_point = stage->zero_point,
		.min = stage->min, .max = stage->max,
		.flags = stage->chan_count == 1 ? V3NPU_OUTPUT_PER_TENSOR : 0,
	};
	return ret;
}

/* Copies a convolution's input to a buffer for SRAM, where @in is then */
static int stage_input(struct lowering *l, const struct ir_node *n, struct ir_value *in)
{
	const struct ir_node node = { .kind = IR_TABLE, .op = n->op, .main_op = n->main_op };
	struct ir_loc to = { .buffer = v3c_ir_add_buffer(l->ctx, l->graph, V3C_REGION_ARENA,
							 ir_elements(&in->shape)) };
	int ret;

	if (to.buffer < 0)
		return to.buffer;
	l->graph->buffers[to.buffer].staged = n - l->graph->nodes + 1;
	v3c_dense(&in->shape, to.stride);
	ret = v3c_lowering_copy(l, &node, &in->shape, &in->loc, &to);
	in->loc = to;
	return ret;
}

static int lower_conv(struct lowering *l, const struct ir_node *n)
{
	struct ir_value in = l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	const struct ir_conv *conv = &n->conv;
	struct v3npu_cmd_conv cmd = {
		.out = v3c_lowering_tensor(out), .groups = conv->groups,
		.in_zero_point = conv->in_zero_point, .pad_value = conv->pad_value,
		.weight_format = v3c_weights_format(conv),
		.weight_zero_point = conv->weight_zero_point,
	};
	struct addresses a = {};
	uint64_t weights;
	int i, ret;

	for (i = 0; i < 2; i++) {
		if (conv->kernel[i] > V3NPU_KERNEL_MAX || conv->stride[i] > V3NPU_KERNEL_MAX ||
		    conv->dilation[i] > V3NPU_KERNEL_MAX || conv->pad[i] > V3NPU_KERNEL_MAX)
			return v3c_too_large_window(l->stream, n);
		cmd.kernel[i] = conv->kernel[i];
		cmd.stride[i] = conv->stride[i];
		cmd.dilation[i] = conv->dilation[i];
		cmd.pad[i] = conv->pad[i];
	}
	ret = conv->staged ? stage_input(l, n, &in) : 0;
	if (ret)
		return ret;
	cmd.in = v3c_lowering_tensor(&in);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_conv, in.addr), in.loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_conv, out.addr), out->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_conv, weights), IR_BUFFER_CONST);
	ret = v3c_weights_add(l->ctx, l->weights, l->consts, conv, out->shape.dim[3],
			      in.shape.dim[3] / conv->groups, &weights);
	if (!ret)
		ret = v3c_lowering_stage(l, n, &conv->stage, &a,
					 offsetof(struct v3npu_cmd_conv, output), &cmd.output);
	if (ret)
		return ret;
	cmd.weights = weights;
	return v3c_stream_add(l->stream, n, V3NPU_OP_CONV, &cmd, a.list, a.count);
}

int v3c_lowering_simplify(struct lowering *l, const struct ir_node *n, struct v3c_nest *nest,
			  int keep)
{
	if (v3c_nest_simplify(nest, keep))
		return 0;
	return v3c_fail(l->ctx, ENOTSUP,
			"operator %u (%s): a dimension of more than %u elements cannot be split",
			n->op, v3c_tfl_op_name(l->graph->op_codes[n->op]), V3NPU_DIM_MAX);
}

static int lower_eltwise(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *out = &l->graph->values[n->out];
	struct v3npu_cmd_eltwise cmd = v3c_ir_eltwise_cmd(&n->eltwise);
	uint32_t index[NEST_MAX_RANK] = {};
	struct addresses a = {};
	struct v3c_nest nest;
	uint64_t table = 0;
	int i, ret;

	v3c_nest_init(&nest, &out->shape);
	for (i = 0; i < 2; i++) {
		const struct ir_value *in = &l->graph->values[n->in[i]];

		v3c_nest_add(&nest, &in->shape, &in->loc);
		v3c_lowering_address(&a, offsetof(struct v3npu_cmd_eltwise, in[0].addr) +
			    i * sizeof(cmd.in[0]), in->loc.buffer);
	}
	v3c_nest_add(&nest, &out->shape, &out->loc);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_eltwise, out.addr), out->loc.buffer);
	ret = v3c_lowering_table(l, n, &a, offsetof(struct v3npu_cmd_eltwise, table), &table);
	if (!ret)
		ret = v3c_lowering_simplify(l, n, &nest, 0);
	if (ret)
		return ret;
	cmd.table = table;
	do {
		cmd.in[0] = v3c_nest_tensor(&nest, 0, index);
		cmd.in[1] = v3c_nest_tensor(&nest, 1, index);
		cmd.out = v3c_nest_tensor(&nest, 2, index);
		ret = v3c_stream_add(l->stream, n, V3NPU_OP_ELTWISE, &cmd, a.list, a.count);
	} while (!ret && v3c_nest_next(&nest, index));
	return ret;
}

static int lower_pool(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct v3npu_cmd_pool cmd = {
		.in = v3c_lowering_tensor(in), .out = v3c_lowering_tensor(out), .op = n->pool.op,
		.min = n->pool.min, .max = n->pool.max, .flags = n->pool.flags,
	};
	struct addresses a = {};
	uint64_t table = 0;
	int i, ret;

	for (i = 0; i < 2; i++) {
		if (n->pool.kernel[i] > V3NPU_KERNEL_MAX || n->pool.stride[i] > V3NPU_KERNEL_MAX ||
		    n->pool.pad[i] > V3NPU_KERNEL_MAX)
			return v3c_too_large_window(l->stream, n);
		cmd.kernel[i] = n->pool.kernel[i];
		cmd.stride[i] = n->pool.stride[i];
		cmd.pad[i] = n->pool.pad[i];
	}
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_pool, in.addr), in->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_pool, out.addr), out->loc.buffer);
	ret = v3c_lowering_table(l, n, &a, offsetof(struct v3npu_cmd_pool, table), &table);
	if (ret)
		return ret;
	cmd.table = table;
	return v3c_stream_add(l->stream, n, V3NPU_OP_POOL, &cmd, a.list, a.count);
}

static int lower_softmax(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct v3npu_cmd_softmax cmd = {
		.multiplier = n->softmax.multiplier, .shift = n->softmax.shift,
		.diff_min = n->softmax.diff_min,
	};
	uint32_t index[NEST_MAX_RANK] = {};
	struct addresses a = {};
	struct v3c_nest nest;
	int ret;

	v3c_nest_init(&nest, &out->shape);
	v3c_nest_add(&nest, &in->shape, &in->loc);
	v3c_nest_add(&nest, &out->shape, &out->loc);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_softmax, in.addr), in->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_softmax, out.addr), out->loc.buffer);
	ret = v3c_lowering_simplify(l, n, &nest, 1);
	if (ret)
		return ret;
	do {
		cmd.in = v3c_nest_tensor(&nest, 0, index);
		cmd.out = v3c_nest_tensor(&nest, 1, index);
		ret = v3c_stream_add(l->stream, n, V3NPU_OP_SOFTMAX, &cmd, a.list, a.count);
	} while (!ret && v3c_nest_next(&nest, index));
	return ret;
}

static int lower_resize(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct v3npu_cmd_resize cmd = {
		.in = v3c_lowering_tensor(in),
		.out = v3c_lowering_tensor(out),
		.mode = n->resize_mode,
		.flags = n->resize_flags,
	};
	struct addresses a = {};

	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_resize, in.addr), in->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_resize, out.addr), out->loc.buffer);
	return v3c_stream_add(l->stream, n, V3NPU_OP_RESIZE, &cmd, a.list, a.count);
}

int v3c_lowering_copy(struct lowering *l, const struct ir_node *n, const struct ir_shape *shape,
		      const struct ir_loc *in, const struct ir_loc *out)
{
	struct v3npu_cmd_copy cmd = {};
	uint32_t index[NEST_MAX_RANK] = {};
	struct addresses a = {};
	struct v3c_nest nest;
	uint64_t table = 0;
	int ret;

	v3c_nest_init(&nest, shape);
	v3c_nest_add(&nest, shape, in);
	v3c_nest_add(&nest, shape, out);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_copy, in.addr), in->buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_copy, out.addr), out->buffer);
	ret = v3c_lowering_table(l, n, &a, offsetof(struct v3npu_cmd_copy, table), &table);
	if (!ret)
		ret = v3c_lowering_simplify(l, n, &nest, 0);
	if (ret)
		return ret;
	cmd.table = table;
	do {
		cmd.in = v3c_nest_tensor(&nest, 0, index);
		cmd.out = v3c_nest_tensor(&nest, 1, index);
		ret = v3c_stream_add(l->stream, n, V3NPU_OP_COPY, &cmd, a.list, a.count);
	} while (!ret && v3c_nest_next(&nest, index));
	return ret;
}

/* A PAD that no command took: the fill value everywhere, then the operand inside */
static int lower_pad(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct ir_loc fill = { .buffer = IR_BUFFER_CONST }, inside = out->loc;
	int i, ret;

	ret = v3c_consts_add(l->ctx, l->consts, &n->pad.value, 1, &fill.offset);
	if (!ret)
		ret = v3c_lowering_copy(l, n, &out->shape, &fill, &out->loc);
	for (i = 0; i < in->shape.rank; i++)
		inside.offset += inside.stride[i] * n->pad.before[i];
	return ret ? ret : v3c_lowering_copy(l, n, &in->shape, &in->loc, &inside);
}

/* A RESHAPE between two layouts neither of which can be seen in the other's shape */
static int reshape_twice(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct ir_loc dense = { .buffer = v3c_ir_add_buffer(l->ctx, l->graph, V3C_REGION_ARENA,
							    ir_elements(&in->shape)) };
	int ret;

	if (dense.buffer < 0)
		return dense.buffer;
	v3c_dense(&in->shape, dense.stride);
	ret = v3c_lowering_copy(l, n, &in->shape, &in->loc, &dense);
	v3c_dense(&out->shape, dense.stride);
	return ret ? ret : v3c_lowering_copy(l, n, &out->shape, &dense, &out->loc);
}

static int lower_view(struct lowering *l, const struct ir_node *n)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct ir_loc loc;

	if (v3c_view_loc(l->graph, n, &loc)) {
		if (v3c_same_loc(&out->shape, &loc, &out->loc))
			return 0;
		return v3c_lowering_copy(l, n, &out->shape, &loc, &out->loc);
	}
	if (v3c_reshape_loc(&out->shape, &out->loc, &in->shape, &loc))
		return v3c_lowering_copy(l, n, &in->shape, &in->loc, &loc);
	return reshape_twice(l, n);
}

static int lower_concat(struct lowering *l, const struct ir_node *n)
{
	uint32_t begin = 0;
	int i, ret = 0;

	for (i = 0; !ret && i < n->in_count; i++) {
		const struct ir_value *in = &l->graph->values[n->in[i]];
		struct ir_loc loc = v3c_concat_loc(l->graph, n, begin);

		if (!v3c_same_loc(&in->shape, &in->loc, &loc))
			ret = v3c_lowering_copy(l, n, &in->shape, &in->loc, &loc);
		begin += in->shape.dim[n->axis];
	}
	return ret;
}

bool v3c_lowering_is_free(const struct ir_graph *g, const struct ir_node *n)
{
	uint32_t begin = 0;
	struct ir_loc loc;
	int i;

	if (n->kind != IR_CONCAT)
		return v3c_view_loc(g, n, &loc) &&
		       v3c_same_loc(&g->values[n->out].shape, &loc, &g->values[n->out].loc);
	for (i = 0; i < n->in_count; i++) {
		const struct ir_value *in = &g->values[n->in[i]];

		loc = v3c_concat_loc(g, n, begin);
		if (!v3c_same_loc(&in->shape, &in->loc, &loc))
			return false;
		begin += in->shape.dim[n->axis];
	}
	return true;
}

int v3c_lowering_node(struct lowering *l, const struct ir_node *n)
{
	const struct ir_graph *g = l->graph;

	switch (n->kind) {
	case IR_CONV:
		return lower_conv(l, n);
	case IR_TRANSPOSE_CONV:
		return v3c_lower_transpose_conv(l, n);
	case IR_MATMUL:
		return v3c_lower_matmul(l, n);
	case IR_ELTWISE:
		return lower_eltwise(l, n);
	case IR_POOL:
		return lower_pool(l, n);
	case IR_SOFTMAX:
		return lower_softmax(l, n);
	case IR_RESIZE:
		return lower_resize(l, n);
	case IR_ARGMAX:
		return v3c_lower_argmax(l, n);
	case IR_TABLE:
		return v3c_lowering_copy(l, n, &g->values[n->out].shape, &g->values[n->in[0]].loc,
					 &g->values[n->out].loc);
	case IR_PAD:
		return lower_pad(l, n);
	case IR_RESHAPE:
	case IR_TRANSPOSE:
	case IR_SLICE:
		return lower_view(l, n);
	case IR_CONCAT:
		return lower_concat(l, n);
	case IR_HOST:	/* never in a graph of the NPU's */
		break;
	}
	return 0;
}

int v3c_lower(struct lowering *l, const struct cascades *cascades)
{
	const struct ir_graph *g = l->graph;
	int next = 0, i, ret = 0;

	for (i = 0; !ret && i < g->node_count; i++) {
		const struct cascade *c = next < cascades->count ? &cascades->list[next] : NULL;

		if (c && c->first == i) {
			ret = v3c_cascade_lower(l, cascades, c);
			i = c->last;
			next++;
		} else if (!g->nodes[i].dead) {
			ret = v3c_lowering_node(l, &g->nodes[i]);
		}
	}
	return ret;
}
