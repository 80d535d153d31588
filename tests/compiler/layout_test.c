// SPDX-License-Identifier: MIT
/*
 * Views, loops and the arena against what they mean, element by element, on
 * random cases.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/compiler.h"
#include "compiler/emit/nest.h"
#include "compiler/graph/layout.h"
#include "compiler/graph/passes.h"
#include "userspace/tap.h"

#define CASES	20000

static uint64_t state = 88172645463325252ull;

/* Marsaglia's xorshift: the same cases in every run */
static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

static struct ir_shape random_shape(uint32_t elements, int most)
{
	struct ir_shape s = {};

	while (s.rank < most - 1 && (elements > 1 || random_below(4) == 0)) {
		uint32_t d = 1 + random_below(6);

		if (elements % d)
			continue;
		s.dim[s.rank++] = d;
		elements /= d;
	}
	if (elements > 1 || !s.rank)
		s.dim[s.rank++] = elements;
	return s;
}

/* Offset of element @k, in the shape's order */
static uint64_t element(const struct ir_shape *shape, const uint64_t *stride, uint64_t k)
{
	uint64_t offset = 0;
	int i;

	for (i = shape->rank - 1; i >= 0; i--) {
		offset += k % shape->dim[i] * stride[i];
		k /= shape->dim[i];
	}
	return offset;
}

/* A location whose dimensions are in any order and partly apart */
static struct ir_loc random_loc(const struct ir_shape *shape)
{
	struct ir_loc loc = { .buffer = 1, .offset = random_below(100) };
	uint64_t step = 1 + random_below(2);
	int order[V3C_MAX_RANK], i, k;

	for (i = 0; i < shape->rank; i++)
		order[i] = i;
	for (i = shape->rank - 1; i > 0 && random_below(3) == 0; i--) {
		int swap = order[i];

		k = random_below(i + 1);
		order[i] = order[k];
		order[k] = swap;
	}
	for (i = shape->rank - 1; i >= 0; i--) {
		loc.stride[order[i]] = step;
		step *= shape->dim[order[i]] + (random_below(4) == 0);
	}
	return loc;
}

/* Is there any set of strides for @to? Each dimension's is forced by its element 1 */
static bool expressible(const struct ir_shape *from, const struct ir_loc *loc,
			const struct ir_shape *to)
{
	uint64_t stride[V3C_MAX_RANK] = {}, step = 1, k;
	int i;

	for (i = to->rank - 1; i >= 0; i--) {
		if (to->dim[i] > 1)
			stride[i] = element(from, loc->stride, step);
		step *= to->dim[i];
	}
	for (k = 0; k < step; k++)
		if (element(from, loc->stride, k) != element(to, stride, k))
			return false;
	return true;
}

static void test_reshape(void)
{
	unsigned int views = 0, wrong = 0, missed = 0, n;

	for (n = 0; n < CASES; n++) {
		static const uint32_t sizes[] = { 1, 2, 6, 24, 36, 60, 64, 120 };
		uint32_t elements = sizes[random_below(8)], k;
		struct ir_shape from = random_shape(elements, V3C_MAX_RANK);
		struct ir_shape to = random_shape(elements, V3C_MAX_RANK);
		struct ir_loc loc = random_loc(&from), out;

		if (!v3c_reshape_loc(&from, &loc, &to, &out)) {
			missed += expressible(&from, &loc, &to);
			continue;
		}
		views++;
		wrong += out.offset != loc.offset || out.buffer != loc.buffer;
		for (k = 0; k < elements; k++)
			if (element(&from, loc.stride, k) != element(&to, out.stride, k))
				break;
		wrong += k < elements;
	}
	ok(views > CASES / 4 && !wrong, "%u reshapes as views: %u wrong", views, wrong);
	ok(!missed, "%u reshapes refused that strides can express", missed);
}

/* Every pair of (operand, result) addresses that the nest's commands touch, summed up */
static uint64_t nest_sum(const struct v3c_nest *nest, uint64_t *count)
{
	uint32_t index[NEST_MAX_RANK] = {};
	uint64_t sum = 0;

	*count = 0;
	do {
		struct v3npu_tensor a = v3c_nest_tensor(nest, 0, index);
		struct v3npu_tensor b = v3c_nest_tensor(nest, 1, index);
		struct ir_shape shape = { .rank = 4 };
		uint64_t sa[4], sb[4], k;
		int i;

		for (i = 0; i < 4; i++) {
			shape.dim[i] = a.dim[i];
			sa[i] = a.stride[i];
			sb[i] = b.stride[i];
		}
		for (k = 0; k < ir_elements(&shape); k++, ++*count)
			sum += (a.addr + element(&shape, sa, k)) * 0x9e3779b97f4a7c15ull ^
			       (b.addr + element(&shape, sb, k)) * 0xc2b2ae3d27d4eb4full;
	} while (v3c_nest_next(nest, index));
	return sum;
}

static void test_nest(void)
{
	unsigned int wrong = 0, joined = 0, n;

	for (n = 0; n < CASES; n++) {
		struct ir_shape shape = random_shape(360, V3C_MAX_RANK), part = shape;
		struct ir_loc a, b = random_loc(&shape);
		uint64_t sum = 0, count, k;
		struct v3c_nest nest;
		int i, before;

		/* The first operand may be broadcast */
		for (i = 0; i < part.rank; i++)
			if (random_below(4) == 0)
				part.dim[i] = 1;
		a = random_loc(&part);
		for (i = 0; i < part.rank; i++)
			if (part.dim[i] == 1)
				a.stride[i] = 0;
		v3c_nest_init(&nest, &shape);
		v3c_nest_add(&nest, &part, &a);
		v3c_nest_add(&nest, &shape, &b);
		before = nest.rank;
		if (!v3c_nest_simplify(&nest, random_below(2) && before)) {
			wrong++;
			continue;
		}
		joined += nest.rank < before;
		for (k = 0; k < 360; k++)
			sum += (a.offset + element(&shape, a.stride, k)) * 0x9e3779b97f4a7c15ull ^
			       (b.offset + element(&shape, b.stride, k)) * 0xc2b2ae3d27d4eb4full;
		wrong += nest_sum(&nest, &count) != sum || count != 360;
	}
	ok(joined > CASES / 4 && !wrong, "%d nests of loops, %u made shorter: %u wrong", CASES,
	   joined, wrong);
}

static void test_long_loops(void)
{
	struct ir_shape shape = { .rank = 1, .dim = { 3u << 20 } };
	struct ir_shape prime = { .rank = 1, .dim = { 1048583 } };
	struct ir_loc loc = { .stride = { 1 } };
	struct v3c_nest nest;

	v3c_nest_init(&nest, &shape);
	v3c_nest_add(&nest, &shape, &loc);
	ok(v3c_nest_simplify(&nest, 0) && nest.rank == 2 && nest.dim[0] == 3 &&
	   nest.dim[1] == 1u << 20 && nest.loc[0].stride[0] == 1u << 20,
	   "a loop that is too long for a command is split");
	v3c_nest_init(&nest, &prime);
	v3c_nest_add(&nest, &prime, &loc);
	ok(!v3c_nest_simplify(&nest, 0), "a prime one cannot be");
}

static void test_arena(struct v3c_ctx *ctx)
{
	unsigned int overlaps = 0, misaligned = 0, n;
	double worst = 0;

	for (n = 0; n < 200; n++) {
		struct ir_graph g = {};
		uint64_t size = 0, live[100] = {}, bound = 0;
		int i, k, count = 2 + random_below(40);

		for (i = 0; i < count; i++) {
			int b = v3c_ir_add_buffer(ctx, &g, V3C_REGION_ARENA,
						  1 + random_below(100000));

			g.buffers[b].first = random_below(90);
			g.buffers[b].last = g.buffers[b].first + random_below(10);
		}
		if (v3c_plan_arena(ctx, &g, true, &size))
			overlaps++;
		for (i = 0; i < count; i++) {
			const struct ir_buffer *a = &g.buffers[i];

			misaligned += a->offset % 64 || a->offset + a->size > size;
			for (k = a->first; k <= a->last; k++)
				live[k] += a->size;
			for (k = 0; k < i; k++) {
				const struct ir_buffer *b = &g.buffers[k];

				overlaps += a->first <= b->last && b->first <= a->last &&
					    a->offset < b->offset + b->size &&
					    b->offset < a->offset + a->size;
			}
		}
		for (k = 0; k < 100; k++)
			bound = live[k] > bound ? live[k] : bound;
		if ((double)size / bound > worst)
			worst = (double)size / bound;
	}
	ok(!overlaps, "arena: buffers in use at the same time do not overlap");
	ok(!misaligned, "arena: buffers are aligned and within it");
	ok(worst < 1.5, "arena: at worst %.2f times the largest live set", worst);
}

int main(void)
{
	char error[V3C_ERROR_SIZE];
	struct v3c_ctx ctx = { .left = 1 << 26, .error = error };

	test_reshape();
	test_nest();
	test_long_loops();
	test_arena(&ctx);
	v3c_release(&ctx);
	return done();
}
