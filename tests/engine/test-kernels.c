// SPDX-License-Identifier: MIT
/*
 * Each set of kernels against the one in plain C, where random commands seldom go, and what all
 * sets share.
 */
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "kernels.h"
#include "tap.h"
#include "transpose.h"

#define ROUNDS		3000
#define SUMS		((V3NPU_MAC_PIXELS + V3NPU_OUTPUT_AHEAD) * V3NPU_ACC_PITCH)
#define PITCH		40
/* Most quads of a tap, and the elements that all pixels' taps are among */
#define MAC_QUADS	60
#define MAC_BYTES	((50 + V3NPU_MAC_PIXELS * 30 + MAC_QUADS) * V3NPU_BRICK_I)

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

static void make_output_case(struct rng *rng, unsigned int round, struct output_case *o)
{
	int a = rng_range(rng, -128, 127), b = rng_range(rng, -128, 127);

	o->scale = (struct v3npu_scale) {
		.bias = o->bias, .multiplier = o->multiplier,
		.left = o->left, .right = o->right,
		.zero_point = rng_range(rng, -128, 127),
		.min = round % 2 ? -128 : a < b ? a : b,
		.max = round % 2 ? 127 : a < b ? b : a,
		.narrow = round % 3,
	};
	/* As with ReLU: nothing below the zero point is seen */
	if (round % 5 == 0)
		o->scale.zero_point = o->scale.min;
	if (o->scale.narrow)
		make_narrow(rng, o);
	else
		make_wide(rng, o);
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

		make_output_case(&rng, round, &o);
		memset(want, 1, sizeof(want));
		memset(got, 1, sizeof(got));
		v3npu_kernels_c.output(&o.scale, o.acc, pixels, blocks, want, PITCH);
		kernels->output(&o.scale, o.acc, pixels, blocks, got, PITCH);
		bad += memcmp(want, got, sizeof(want)) != 0;
	}
	tap_ok(!bad, "%s: output stage", kernels->name);
}

/* Tables as the engine makes them, but of any exponentials */
static void make_table(struct rng *rng, struct v3npu_softmax_table *table)
{
	int64_t most = INT32_MAX;
	int d;

	for (d = 0; d < 256; d++) {
		table->exponential[d] = most;
		table->term[d] = (most + (1 << 11)) >> 12;
		most = rng_range(rng, most - most / rng_range(rng, 2, 200), most);
	}
}

static void test_softmax(const struct v3npu_kernels *kernels)
{
	static int8_t want[V3NPU_SOFTMAX_DEPTH * V3NPU_SOFTMAX_ROWS], got[sizeof(want)];
	struct rng rng = { 2 };
	struct v3npu_softmax_table table;
	unsigned int round, bad = 0;

	for (round = 0; round < ROUNDS / 4 && !bad; round++) {
		uint32_t rows = rng_range(&rng, 1, 200), depth = rng_range(&rng, 1, 40), r, d;
		size_t pitch = (rows + V3NPU_SOFTMAX_ROWS - 1) / V3NPU_SOFTMAX_ROWS *
			       V3NPU_SOFTMAX_ROWS;
		int low = rng_range(&rng, -128, 127);

		if (round % 100 == 0) {
			rows = pitch = V3NPU_SOFTMAX_ROWS;
			depth = rng_range(&rng, 0, 1) ? V3NPU_SOFTMAX_DEPTH : 2500;
			/* All terms 1: the largest sum */
			low = 127;
		}
		make_table(&rng, &table);
		for (d = 0; d < depth * pitch; d++)
			want[d] = got[d] = rng_range(&rng, low, 127);
		v3npu_kernels_c.softmax(&table, want, depth, pitch, rows);
		kernels->softmax(&table, got, depth, pitch, rows);
		for (d = 0; d < depth; d++)
			for (r = 0; r < rows; r++)
				bad += want[d * pitch + r] != got[d * pitch + r];
	}
	tap_ok(!bad, "%s: softmax", kernels->name);
}

/* An element of what a set's load() made, without its offset */
static int operand(const struct v3npu_kernels *kernels, const uint8_t *lines, size_t i,
		   int zero_point)
{
	if (kernels->biased)
		return (int8_t)(lines[i] - kernels->offset) - zero_point;
	return ((const int16_t *)lines)[i];
}

static void test_load(const struct v3npu_kernels *kernels)
{
	static int8_t from[40 * 160];
	static uint8_t lines[sizeof(from) * 2 + 2];
	struct rng rng = { 4 };
	unsigned int round, bad = 0;
	size_t i;

	for (i = 0; i < sizeof(from); i++)
		from[i] = rng_u32(&rng);
	for (round = 0; round < ROUNDS && !bad; round++) {
		uint32_t channels = rng_one_in(&rng, 2) ? rng_range(&rng, 1, 4) :
							  rng_range(&rng, 1, 150);
		uint32_t quads = (channels + V3NPU_BRICK_I - 1) / V3NPU_BRICK_I;
		uint32_t depth = quads * V3NPU_BRICK_I, pixels = rng_range(&rng, 1, 40);
		size_t stride = rng_one_in(&rng, 2) ? channels : rng_range(&rng, 0, 160);
		int zero_point = rng_range(&rng, -128, 127);
		size_t made = (size_t)pixels * depth * kernels->element;

		memset(lines, 0x5a, sizeof(lines));
		/* Its last element is the last that may be read */
		stride = pixels > 1 ? stride : 0;
		i = sizeof(from) - (pixels - 1) * stride - channels;
		kernels->load(lines, from + i, stride, pixels, channels, quads, zero_point);
		bad += lines[made] != 0x5a || lines[made + 1] != 0x5a;
		for (i = 0; i < pixels * depth; i++) {
			uint32_t p = i / depth, c = i % depth;
			const int8_t *pixel = from + sizeof(from) - channels -
					      (pixels - 1 - p) * stride;
			int want = c < channels ? pixel[c] - zero_point : 0;

			bad += operand(kernels, lines, i, zero_point) != want;
		}
	}
	tap_ok(!bad, "%s: load", kernels->name);
}

static void test_add(const struct v3npu_kernels *kernels)
{
	static struct v3npu_addend addend[2];
	int32_t want[V3NPU_MAC_PIXELS * V3NPU_ACC_PITCH], got[sizeof(want) / sizeof(*want)];
	int8_t a[sizeof(want) / sizeof(*want)], b[sizeof(a)];
	struct rng rng = { 6 };
	unsigned int round, bad = 0;
	size_t i, k;

	for (i = 0; i < 512; i++) {
		int32_t x = rng_u32(&rng);

		addend[i / 256].value[i % 256] = x;
		for (k = 0; k < 4; k++)
			addend[i / 256].byte[k][i % 256] = (uint32_t)x >> (8 * k);
	}
	for (round = 0; round < ROUNDS; round++) {
		size_t size = rng_range(&rng, 0, sizeof(a));

		for (i = 0; i < sizeof(a); i++) {
			a[i] = rng_u32(&rng);
			b[i] = rng_u32(&rng);
			want[i] = got[i] = 7;
		}
		v3npu_kernels_c.add(addend, a, b, want, size);
		kernels->add(addend, a, b, got, size);
		bad += memcmp(want, got, sizeof(want)) != 0;
	}
	tap_ok(!bad, "%s: sums", kernels->name);
}

static void test_bytes(const struct v3npu_kernels *kernels)
{
	int8_t table[256], data[300], more[300], want[300], got[300];
	struct rng rng = { 5 };
	unsigned int round, bad_table = 0, bad_max = 0;
	size_t i;

	for (round = 0; round < ROUNDS; round++) {
		size_t size = rng_range(&rng, 0, 299);

		for (i = 0; i < 256; i++)
			table[i] = rng_u32(&rng);
		for (i = 0; i < sizeof(data); i++) {
			data[i] = rng_u32(&rng);
			more[i] = rng_u32(&rng);
		}
		memcpy(want, data, sizeof(data));
		memcpy(got, data, sizeof(data));
		for (i = 0; i < size; i++)
			want[i] = table[(uint8_t)want[i]];
		kernels->look_up(table, got, size);
		bad_table += memcmp(want, got, sizeof(got)) != 0;
		memcpy(want, data, sizeof(data));
		memcpy(got, data, sizeof(data));
		for (i = 0; i < size; i++)
			want[i] = want[i] > more[i] ? want[i] : more[i];
		kernels->max(got, more, size);
		bad_max += memcmp(want, got, sizeof(got)) != 0;
	}
	tap_ok(!bad_table, "%s: table", kernels->name);
	tap_ok(!bad_max, "%s: maximum", kernels->name);
}

/* Sums of one call by @kernels, of pixels whose taps are in @taps and start at @from */
static void sums_of(const struct v3npu_kernels *kernels, const int8_t *from, uint32_t quads,
		    const uint32_t taps[2], const struct v3npu_mac *call, int zero_point,
		    int32_t *acc)
{
	static uint8_t lines[2 * MAC_BYTES];
	const size_t quad = V3NPU_BRICK_I * kernels->element;
	struct v3npu_mac mac = *call;
	uint32_t own[2] = { taps[0] * quad, taps[1] * quad };
	int32_t sums[V3NPU_BRICK_O];
	unsigned int b, p, o;

	kernels->load(lines, from, MAC_BYTES, 1, MAC_BYTES, MAC_BYTES / V3NPU_BRICK_I, zero_point);
	mac.pixel_stride = call->pixel_stride * quad;
	mac.taps = own;
	mac.quads = quads;
	if (kernels->enter)
		kernels->enter(quads);
	/* As many pixels as there are, in calls of as many as the set takes */
	for (p = 0; p < call->pixels; p += mac.pixels) {
		mac.pixels = call->pixels - p < kernels->pixels ? call->pixels - p
								: kernels->pixels;
		mac.lines = lines + p * mac.pixel_stride;
		mac.acc = acc + p * V3NPU_ACC_PITCH;
		kernels->mac(&mac);
	}
	if (kernels->leave)
		kernels->leave();
	for (b = 0; b < mac.bricks && kernels->biased; b++) {
		size_t brick = 2 * quads;

		kernels->sums(mac.weights + b * brick * V3NPU_BRICK_BYTES, brick, sums);
		for (p = 0; p < call->pixels; p++)
			for (o = 0; o < V3NPU_BRICK_O; o++)
				acc[p * V3NPU_ACC_PITCH + b * V3NPU_BRICK_O + o] -=
					(kernels->offset + zero_point) * sums[o];
	}
}

static void test_mac(const struct v3npu_kernels *kernels)
{
	static int8_t from[MAC_BYTES];
	static int8_t weights[V3NPU_MAC_BRICKS * 2 * MAC_QUADS * V3NPU_BRICK_BYTES];
	int32_t want[V3NPU_MAC_PIXELS * V3NPU_ACC_PITCH], got[sizeof(want) / sizeof(*want)];
	struct rng rng = { 7 };
	unsigned int round, bad = 0;
	size_t i;

	for (i = 0; i < sizeof(weights); i++)
		weights[i] = rng_one_in(&rng, 3) ? INT8_MIN : (int8_t)rng_u32(&rng);
	for (round = 0; round < ROUNDS / 3 && !bad; round++) {
		uint32_t quads = rng_range(&rng, 1, MAC_QUADS);
		uint32_t taps[2] = { rng_range(&rng, 0, 50), rng_range(&rng, 0, 50) };
		int zero_point = rng_range(&rng, -128, 127);
		struct v3npu_mac call = {
			/* Quads, as the taps */
			.pixel_stride = rng_range(&rng, 0, 30),
			.num_taps = 2,
			.weights = weights,
			.pixels = rng_range(&rng, 1, V3NPU_MAC_PIXELS),
			.bricks = rng_range(&rng, 1, V3NPU_MAC_BRICKS),
		};

		for (i = 0; i < sizeof(from); i++)
			from[i] = rng_one_in(&rng, 3) ? INT8_MAX : (int8_t)rng_u32(&rng);
		memset(want, 0, sizeof(want));
		memset(got, 0, sizeof(got));
		sums_of(&v3npu_kernels_c, from, quads, taps, &call, zero_point, want);
		sums_of(kernels, from, quads, taps, &call, zero_point, got);
		for (i = 0; i < V3NPU_ACC_PITCH * call.pixels; i++)
			if (i % V3NPU_ACC_PITCH < V3NPU_BRICK_O * call.bricks)
				bad += want[i] != got[i];
	}
	tap_ok(!bad, "%s: multiply and accumulate", kernels->name);
}

/* Both at once, against one after the other */
static void test_mac_put(const struct v3npu_kernels *kernels)
{
	static uint8_t lines[MAC_BYTES];
	static int8_t weights[V3NPU_MAC_BRICKS * 2 * MAC_QUADS * V3NPU_BRICK_BYTES];
	static int32_t want_acc[SUMS], got_acc[SUMS];
	int8_t want[V3NPU_MAC_PIXELS * PITCH], got[sizeof(want)];
	struct rng rng = { 8 };
	struct output_case o;
	unsigned int round, bad = 0;
	size_t i;

	for (i = 0; i < sizeof(weights); i++)
		weights[i] = rng_u32(&rng);
	for (i = 0; i < sizeof(lines); i++)
		lines[i] = rng_u32(&rng);
	for (round = 0; round < ROUNDS && !bad; round++) {
		const uint32_t quad = V3NPU_BRICK_I;
		uint32_t taps[2] = { rng_range(&rng, 0, 50) * quad, rng_range(&rng, 0, 50) * quad };
		struct v3npu_mac mac = {
			.lines = lines,
			.pixel_stride = rng_range(&rng, 0, 30) * quad,
			.taps = taps,
			.num_taps = rng_range(&rng, 1, 2),
			.quads = rng_range(&rng, 1, rng_one_in(&rng, 3) ? 6 : MAC_QUADS),
			.weights = weights,
			.pixels = rng_range(&rng, 1, kernels->pixels),
			.bricks = rng_range(&rng, 1, V3NPU_MAC_BRICKS),
			.acc = want_acc,
		};
		struct v3npu_put put;

		make_output_case(&rng, round, &o);
		put = (struct v3npu_put) {
			.scale = o.scale, .acc = o.acc,
			.pixels = rng_range(&rng, 1, kernels->pixels),
			.blocks = rng_range(&rng, 1, V3NPU_MAC_BRICKS),
			.to = got, .pitch = PITCH,
		};
		memset(want, 1, sizeof(want));
		memset(got, 1, sizeof(got));
		memset(want_acc, 1, sizeof(want_acc));
		memset(got_acc, 1, sizeof(got_acc));
		kernels->mac(&mac);
		kernels->output(&o.scale, o.acc, put.pixels, put.blocks, want, PITCH);
		mac.acc = got_acc;
		kernels->mac_put(&mac, &put);
		bad += memcmp(want, got, sizeof(want)) != 0 ||
		       memcmp(want_acc, got_acc, sizeof(want_acc)) != 0;
	}
	tap_ok(!bad, "%s: multiply and accumulate, with an output stage meanwhile", kernels->name);
}

static void test_transpose(void)
{
	uint8_t from[70 * 70], to[70 * 70];
	struct rng rng = { 3 };
	unsigned int round, bad = 0;
	uint32_t i, r, c;

	for (i = 0; i < sizeof(from); i++)
		from[i] = rng_u32(&rng);
	for (round = 0; round < ROUNDS / 10; round++) {
		uint32_t rows = rng_range(&rng, 1, 70), cols = rng_range(&rng, 1, 70);
		uint32_t from_pitch = rng_range(&rng, cols, 70);
		uint32_t to_pitch = rng_range(&rng, rows, 70);

		memset(to, 1, sizeof(to));
		v3npu_transpose(to, to_pitch, from, from_pitch, rows, cols);
		for (c = 0; c < cols; c++)
			for (r = 0; r < to_pitch && c * to_pitch + r < sizeof(to); r++)
				bad += to[c * to_pitch + r] !=
				       (r < rows ? from[r * from_pitch + c] : 1);
	}
	tap_ok(!bad, "transposition");
}

static void test_kernels(const struct v3npu_kernels *kernels)
{
	test_load(kernels);
	test_mac(kernels);
	if (kernels->mac_put)
		test_mac_put(kernels);
	test_output(kernels);
	test_add(kernels);
	test_bytes(kernels);
	test_softmax(kernels);
}

int main(void)
{
	size_t i;

	test_transpose();
	for (i = 0; i < KERNEL_NAMES; i++) {
		const struct v3npu_kernels *kernels = v3npu_kernels_choose(kernel_names[i]);

		if (kernels)
			test_kernels(kernels);
		else
			tap_ok(true, "%s # SKIP not on this processor", kernel_names[i]);
	}
	return tap_done();
}
