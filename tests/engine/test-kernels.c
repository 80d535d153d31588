// SPDX-License-Identifier: MIT
/* Each set of kernels against the one in plain C, where random commands seldom go. */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "kernels.h"
#include "tap.h"

#define ROUNDS		3000
#define SUMS		(V3NPU_MAC_PIXELS * V3NPU_ACC_PITCH)
#define PITCH		40

/**
 * struct output_case - one call of the output stage
 * @scale: what it is given; the arrays follow
 * @bias: of each channel
 * @multiplier: of each channel
 * @left: of each channel
 * @right: of each channel
 * @acc: sums
 */
struct output_case {
	struct v3npu_scale scale;
	int32_t bias[V3NPU_ACC_PITCH];
	int32_t multiplier[V3NPU_ACC_PITCH];
	int32_t left[V3NPU_ACC_PITCH];
	int32_t right[V3NPU_ACC_PITCH];
	int32_t acc[SUMS];
};

/* A sum whose result is about halfway between two, in or near the range of int8 */
static int32_t near_tie(struct rng *rng, int32_t multiplier, int right)
{
	double result = (double)rng_range(rng, -140, 140) + 0.5;
	double sum = result * (double)(1ull << (31 + right)) / (multiplier ? multiplier : 1);
	double limit = (1 << 29) - 2000;

	sum = sum > limit ? limit : sum < -limit ? -limit : sum;
	return (int32_t)sum + (int32_t)rng_range(rng, -2, 2);
}

static void make_narrow(struct rng *rng, struct output_case *o)
{
	int i;

	for (i = 0; i < V3NPU_ACC_PITCH; i++) {
		o->bias[i] = rng_range(rng, -1000, 1000);
		o->multiplier[i] = rng_one_in(rng, 4) ? 1 << 30 : rng_range(rng, 0, INT32_MAX);
		o->left[i] = 0;
		o->right[i] = rng_range(rng, 1, V3NPU_NARROW_RIGHT);
	}
	for (i = 0; i < SUMS; i++) {
		int c = i % V3NPU_ACC_PITCH;

		if (rng_one_in(rng, 4))
			o->acc[i] = rng_range(rng, -(1 << 29) + 1001, (1 << 29) - 1001);
		else
			o->acc[i] = near_tie(rng, o->multiplier[c], o->right[c]) - o->bias[c];
	}
}

static void make_wide(struct rng *rng, struct output_case *o)
{
	int i;

	for (i = 0; i < V3NPU_ACC_PITCH; i++) {
		int shift = rng_range(rng, -31, 30);

		o->bias[i] = rng_u32(rng);
		o->multiplier[i] = rng_range(rng, 0, INT32_MAX);
		o->left[i] = shift > 0 ? shift : 0;
		o->right[i] = shift > 0 ? 0 : -shift;
	}
	for (i = 0; i < SUMS; i++)
		o->acc[i] = rng_u32(rng);
}

static void test_output(const struct v3npu_kernels *kernels)
{
	struct rng rng = { 1 };
	struct output_case o;
	int8_t want[V3NPU_MAC_PIXELS * PITCH], got[sizeof(want)];
	unsigned int round, bad = 0;

	for (round = 0; round < ROUNDS && !bad; round++) {
		unsigned int pixels = rng_range(&rng, 1, V3NPU_MAC_PIXELS);
		unsigned int blocks = rng_range(&rng, 1, V3NPU_MAC_BRICKS);
		int a = rng_range(&rng, -128, 127), b = rng_range(&rng, -128, 127);

		o.scale = (struct v3npu_scale) {
			.bias = o.bias, .multiplier = o.multiplier, .left = o.left, .right = o.right,
			.zero_point = rng_range(&rng, -128, 127),
			.min = round % 2 ? -128 : a < b ? a : b,
			.max = round % 2 ? 127 : a < b ? b : a,
			.narrow = round % 3,
		};
		if (o.scale.narrow)
			make_narrow(&rng, &o);
		else
			make_wide(&rng, &o);
		memset(want, 1, sizeof(want));
		memset(got, 1, sizeof(got));
		v3npu_kernels_c.output(&o.scale, o.acc, pixels, blocks, want, PITCH);
		kernels->output(&o.scale, o.acc, pixels, blocks, got, PITCH);
		bad += memcmp(want, got, sizeof(want)) != 0;
	}
	tap_ok(!bad, "%s: output stage", kernels->name);
}

int main(void)
{
	size_t i;

	for (i = 0; i < KERNEL_NAMES; i++) {
		const struct v3npu_kernels *kernels = v3npu_kernels_choose(kernel_names[i]);

		if (kernels)
			test_output(kernels);
		else
			tap_ok(true, "%s # SKIP not on this processor", kernel_names[i]);
	}
	return tap_done();
}
