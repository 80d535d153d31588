// SPDX-License-Identifier: MIT
/* REDUCE_MAX: the largest of a window that is all that is reduced */
#include <errno.h>

#include "read.h"

/* The largest divisor of @n that a window can be high; 1 if there is none */
static uint32_t window_height(uint64_t n)
{
	uint32_t height = n < V3NPU_KERNEL_MAX ? n : V3NPU_KERNEL_MAX;

	while (n % height)
		height--;
	return height;
}

int v3c_read_maximum(struct importer *im, uint32_t kernel[2], struct ir_shape *shape)
{
	struct ir_shape from, window = { .rank = 4, .dim = { 1, 1, 1, 1 } };
	uint64_t count = 1;
	unsigned int axes;
	int in, i;

	in = v3c_read_reduction(im, &axes, shape);
	if (in < 0)
		return in;
	from = import_value(im, in)->shape;
	for (i = 0; i < from.rank; i++) {
		if (axes >> i & 1)
			count *= from.dim[i];
		else
			window.dim[3] *= from.dim[i];
	}
	kernel[0] = window_height(count);
	if (count / kernel[0] > V3NPU_KERNEL_MAX)
		return v3c_import_fail(im, ENOTSUP,
				       "a maximum of %llu elements is no window of at most %u by %u; "
				       "take it in two steps", (unsigned long long)count,
				       V3NPU_KERNEL_MAX, V3NPU_KERNEL_MAX);
	kernel[1] = count / kernel[0];
	window.dim[1] = kernel[0];
	window.dim[2] = kernel[1];
	in = v3c_import_last(im, in, ~axes);
	return in < 0 ? in : v3c_import_reshaped(im, in, &window);
}

int v3c_import_reduce_max(struct importer *im)
{
	struct ir_pool pool = { .op = V3NPU_POOL_MAX, .stride = { 1, 1 }, .min = INT8_MIN,
				.max = INT8_MAX };
	struct ir_shape shape, one = { .rank = 4, .dim = { 1, 1, 1, 1 } };
	struct v3c_quant from, to;
	uint32_t kernel[2];
	int in, out, most, node;

	in = v3c_read_maximum(im, kernel, &shape);
	out = in < 0 ? in : v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	from = import_value(im, in)->quant;
	to = import_value(im, out)->quant;
	if (from.scale != to.scale || from.zero_point != to.zero_point)
		return v3c_import_fail(im, EINVAL,
				       "damaged: its input has scale %g and zero point %d, its output %g "
				       "and %d", from.scale, from.zero_point, to.scale, to.zero_point);
	one.dim[3] = import_value(im, in)->shape.dim[3];
	most = v3c_import_temporary(im, &one, from);
	node = most < 0 ? most : v3c_import_node(im, IR_POOL, in, -1, most);
	if (node < 0)
		return node;
	pool.kernel[0] = kernel[0];
	pool.kernel[1] = kernel[1];
	im->graph->nodes[node].pool = pool;
	return v3c_import_node(im, IR_RESHAPE, most, -1, out);
}
