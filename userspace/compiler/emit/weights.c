// SPDX-License-Identifier: MIT
#include "weights.h"

#include <string.h>

/* How a tensor's weights were packed; a tensor is rarely packed in two ways */
enum packing { PACKED_NOT, PACKED_BRICK, PACKED_OHWI, PACKED_DEPTHWISE };

struct v3c_weights {
	struct {
		enum packing packing;
		uint64_t offset;
	} *done;
};

struct v3c_weights *v3c_weights_new(struct v3c_ctx *ctx, uint32_t tensor_count)
{
	struct v3c_weights *w = v3c_alloc(ctx, 1, sizeof(*w));

	if (w)
		w->done = v3c_alloc(ctx, tensor_count, sizeof(*w->done));
	return w && w->done ? w : NULL;
}

static enum packing packing_of(const struct ir_conv *conv)
{
	if (conv->depthwise)
		return PACKED_DEPTHWISE;
	return conv->groups == 1 ? PACKED_BRICK : PACKED_OHWI;
}

uint8_t v3c_weights_format(const struct ir_conv *conv)
{
	return packing_of(conv) == PACKED_BRICK ? V3NPU_WEIGHTS_BRICK : V3NPU_WEIGHTS_OHWI;
}

/* [out][taps][in] as V3NPU_WEIGHTS_BRICK; @to is zeroed */
static void pack_brick(uint8_t *to, const uint8_t *from, uint32_t outputs, uint64_t taps,
		       uint32_t inputs)
{
	uint64_t quads = (inputs + V3NPU_BRICK_I - 1) / V3NPU_BRICK_I, q;
	uint64_t block = taps * quads * V3NPU_BRICK_O * V3NPU_BRICK_I, tap;
	uint32_t o;

	for (o = 0; o < outputs; o++) {
		uint8_t *p = to + o / V3NPU_BRICK_O * block + o % V3NPU_BRICK_O * V3NPU_BRICK_I;

		for (tap = 0; tap < taps; tap++) {
			for (q = 0; q < quads; q++) {
				uint32_t left = inputs - q * V3NPU_BRICK_I;

				memcpy(p, from, left < V3NPU_BRICK_I ? left : V3NPU_BRICK_I);
				from += left < V3NPU_BRICK_I ? left : V3NPU_BRICK_I;
				p += V3NPU_BRICK_O * V3NPU_BRICK_I;
			}
		}
	}
}

/* [taps][out], the schema's depthwise layout, as [out][taps] */
static void pack_depthwise(uint8_t *to, const uint8_t *from, uint32_t outputs, uint64_t taps)
{
	uint64_t tap;
	uint32_t o;

	for (tap = 0; tap < taps; tap++)
		for (o = 0; o < outputs; o++)
			to[o * taps + tap] = *from++;
}

int v3c_weights_add(struct v3c_ctx *ctx, struct v3c_weights *weights, struct v3c_consts *consts,
		    const struct ir_conv *conv, uint32_t outputs, uint32_t inputs,
		    uint64_t *offset)
{
	enum packing packing = packing_of(conv);
	uint64_t taps = (uint64_t)conv->kernel[0] * conv->kernel[1];
	uint64_t size = taps * inputs * outputs;
	uint8_t *to;
	int ret;

	if (conv->weights >= 0 && weights->done[conv->weights].packing == packing) {
		*offset = weights->done[conv->weights].offset;
		return 0;
	}
	if (packing == PACKED_BRICK)
		size = taps * ((inputs + V3NPU_BRICK_I - 1) / V3NPU_BRICK_I) *
		       ((outputs + V3NPU_BRICK_O - 1) / V3NPU_BRICK_O) *
		       V3NPU_BRICK_O * V3NPU_BRICK_I;
	to = v3c_consts_begin(ctx, consts, size);
	if (!to)
		return ctx->err;
	if (packing == PACKED_BRICK)
		pack_brick(to, conv->data, outputs, taps, inputs);
	else if (packing == PACKED_DEPTHWISE)
		pack_depthwise(to, conv->data, outputs, taps);
	else
		memcpy(to, conv->data, size);
	ret = v3c_consts_end(ctx, consts, size, offset);
	if (ret || conv->weights < 0)
		return ret;
	weights->done[conv->weights].packing = packing;
	weights->done[conv->weights].offset = *offset;
	return 0;
}
