// SPDX-License-Identifier: MIT
/*
 * TRANSPOSE_CONV as convolutions of stride 1: output elements whose positions
 * are the same modulo the stride see the same weights, in the opposite order,
 * so they are one convolution that writes every stride-th element. All of them
 * together do no product twice and none with an inserted zero.
 */
#include <string.h>

#include "lowering.h"

/**
 * struct phase - one dimension of one of the convolutions
 * @first: its first output element
 * @count: its output elements
 * @kernel: its window; longer than its weights where the padding is beyond
 *	their last one
 * @pad: elements before the input
 * @weight: the kernel's element that is the last one of the window
 */
struct phase {
	uint32_t first;
	uint32_t count;
	uint32_t kernel;
	uint32_t pad;
	uint32_t weight;
};

/*
 * Output o = first + stride * m gets input i from kernel element k where
 * i * stride + k = o + pad: k = weight + stride * j, i = m + shift - j.
 */
static struct phase phase_of(uint32_t first, uint32_t out, uint32_t kernel, uint32_t stride,
			     uint32_t pad)
{
	uint32_t weight = (first + pad) % stride, shift = (first + pad) / stride;
	uint32_t weights = kernel > weight ? (kernel - weight + stride - 1) / stride : 0;
	uint32_t window = weights > shift ? weights : shift + 1;

	return (struct phase){
		.first = first, .count = (out - first + stride - 1) / stride, .kernel = window,
		.pad = window - 1 - shift, .weight = weight,
	};
}

/* The kernel's element at element @at of the phase's window, possibly beyond the last one */
static uint64_t kernel_element(const struct phase *p, uint32_t at, uint32_t stride)
{
	return p->weight + (uint64_t)stride * (p->kernel - 1 - at);
}

/* The weights of one convolution, [out][h][w][in]; NULL if there is no memory */
static uint8_t *pick_weights(struct v3c_ctx *ctx, const struct ir_conv *conv,
			     const struct phase *h, const struct phase *w, uint32_t outputs,
			     uint32_t inputs)
{
	uint64_t taps = (uint64_t)h->kernel * w->kernel;
	uint8_t *weights = v3c_alloc(ctx, outputs * taps, inputs), *to = weights;
	uint32_t o, y, x;

	for (o = 0; weights && o < outputs; o++) {
		for (y = 0; y < h->kernel; y++) {
			for (x = 0; x < w->kernel; x++, to += inputs) {
				uint64_t ky = kernel_element(h, y, conv->stride[0]);
				uint64_t kx = kernel_element(w, x, conv->stride[1]);
				uint64_t row = o * (uint64_t)conv->kernel[0] + ky;

				if (ky >= conv->kernel[0] || kx >= conv->kernel[1])
					memset(to, conv->weight_zero_point, inputs);
				else
					memcpy(to, conv->data + (row * conv->kernel[1] + kx) *
					       inputs, inputs);
			}
		}
	}
	return weights;
}

static int lower_phase(struct lowering *l, const struct ir_node *n, const struct phase *phase)
{
	const struct ir_value *in = &l->graph->values[n->in[0]];
	const struct ir_value *out = &l->graph->values[n->out];
	struct ir_conv conv = n->conv;
	struct v3npu_cmd_conv cmd = {
		.in = v3c_lowering_tensor(in), .out = v3c_lowering_tensor(out), .stride = { 1, 1 },
		.dilation = { 1, 1 }, .groups = 1, .in_zero_point = conv.in_zero_point,
		.pad_value = conv.pad_value, .weight_format = V3NPU_WEIGHTS_BRICK,
		.weight_zero_point = conv.weight_zero_point,
	};
	struct addresses a = {};
	uint64_t weights;
	int i, ret;

	for (i = 0; i < 2; i++) {
		if (phase[i].kernel > V3NPU_KERNEL_MAX || phase[i].pad > V3NPU_KERNEL_MAX)
			return v3c_too_large_window(l->stream, n);
		cmd.kernel[i] = phase[i].kernel;
		cmd.pad[i] = phase[i].pad;
		cmd.out.addr += out->loc.stride[1 + i] * phase[i].first;
		cmd.out.dim[1 + i] = phase[i].count;
		cmd.out.stride[1 + i] = out->loc.stride[1 + i] * n->conv.stride[i];
		conv.kernel[i] = phase[i].kernel;
	}
	conv.weights = -1;
	conv.data = pick_weights(l->ctx, &n->conv, &phase[0], &phase[1], out->shape.dim[3],
				 in->shape.dim[3]);
	if (!conv.data)
		return v3c_no_memory(l->ctx);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_conv, in.addr), in->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_conv, out.addr), out->loc.buffer);
	v3c_lowering_address(&a, offsetof(struct v3npu_cmd_conv, weights), IR_BUFFER_CONST);
	ret = v3c_weights_add(l->ctx, l->weights, l->consts, &conv, out->shape.dim[3],
			      in->shape.dim[3], &weights);
	if (!ret)
		ret = v3c_lowering_stage(l, n, &conv.stage, &a,
					 offsetof(struct v3npu_cmd_conv, output), &cmd.output);
	if (ret)
		return ret;
	cmd.weights = weights;
	return v3c_stream_add(l->stream, n, V3NPU_OP_CONV, &cmd, a.list, a.count);
}

int v3c_lower_transpose_conv(struct lowering *l, const struct ir_node *n)
{
	const struct ir_shape *out = &l->graph->values[n->out].shape;
	const struct ir_conv *c = &n->conv;
	struct phase phase[2];
	uint32_t y, x;
	int ret = 0;

	for (y = 0; !ret && y < c->stride[0] && y < out->dim[1]; y++) {
		for (x = 0; !ret && x < c->stride[1] && x < out->dim[2]; x++) {
			phase[0] = phase_of(y, out->dim[1], c->kernel[0], c->stride[0], c->pad[0]);
			phase[1] = phase_of(x, out->dim[2], c->kernel[1], c->stride[1], c->pad[1]);
			ret = lower_phase(l, n, phase);
		}
	}
	return ret;
}
