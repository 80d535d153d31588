// SPDX-License-Identifier: MIT
/*
 * Operators that move blocks of pixels between height and width and another
 * dimension: a RESHAPE that gives the blocks' rows and columns dimensions of
 * their own, a TRANSPOSE, and a RESHAPE that joins them to what they become.
 */
#include <errno.h>

#include "import.h"

/* @in seen in the shape @parts, transposed by @perm, becomes @out */
static int regroup(struct importer *im, int in, const struct ir_shape *parts, const uint8_t *perm,
		   int out)
{
	int from = v3c_import_reshaped(im, in, parts);
	int to = from < 0 ? from : v3c_import_transposed(im, from, perm);

	return to < 0 ? to : v3c_import_node(im, IR_RESHAPE, to, -1, out);
}

/* Input 0, of rank 4, and a block size that is positive */
static int block_input(struct importer *im, struct ir_shape *shape, int inputs)
{
	int ret = v3c_import_arity(im, inputs, inputs, 1);
	int in = ret ? ret : v3c_import_input(im, 0);

	if (in < 0)
		return in;
	*shape = import_value(im, in)->shape;
	if (shape->rank != 4)
		return v3c_import_fail(im, ENOTSUP,
				       "its input has %d dimensions; only 4 are supported",
				       shape->rank);
	return in;
}

int v3c_import_space_to_depth(struct importer *im)
{
	static const uint8_t perm[] = { 0, 1, 3, 2, 4, 5 };
	uint32_t b = im->op->block_size;
	struct ir_shape s, parts, shape;
	int in = block_input(im, &s, 1), out;

	if (in < 0)
		return in;
	if (im->op->block_size < 1 || s.dim[1] % b || s.dim[2] % b)
		return v3c_import_fail(im, EINVAL, "damaged: blocks of %d in an image of %u x %u",
				       im->op->block_size, s.dim[1], s.dim[2]);
	parts = (struct ir_shape){ 6, { s.dim[0], s.dim[1] / b, b, s.dim[2] / b, b, s.dim[3] } };
	shape = (struct ir_shape){ 4, { s.dim[0], s.dim[1] / b, s.dim[2] / b, b * b * s.dim[3] } };
	out = v3c_import_output(im, 0, &shape);
	return out < 0 ? out : regroup(im, in, &parts, perm, out);
}

int v3c_import_depth_to_space(struct importer *im)
{
	static const uint8_t perm[] = { 0, 1, 3, 2, 4, 5 };
	struct ir_shape s, parts, shape;
	int in = block_input(im, &s, 1), out;
	int64_t block = im->op->block_size;
	uint32_t b = block;

	if (in < 0)
		return in;
	if (block < 1 || block * block > s.dim[3] || s.dim[3] % (block * block))
		return v3c_import_fail(im, EINVAL, "damaged: blocks of %lld from %u channels",
				       (long long)block, s.dim[3]);
	parts = (struct ir_shape){ 6, { s.dim[0], s.dim[1], s.dim[2], b, b, s.dim[3] / b / b } };
	shape = (struct ir_shape){ 4, { s.dim[0], s.dim[1] * b, s.dim[2] * b, s.dim[3] / b / b } };
	out = v3c_import_output(im, 0, &shape);
	return out < 0 ? out : regroup(im, in, &parts, perm, out);
}

/* Inputs 1 and 2 of SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks, and rows of two amounts */
static int block_sizes(struct importer *im, int64_t *block, int64_t *amount)
{
	int count = v3c_import_integers(im, 1, block, 2), i;
	int amounts = count < 0 ? count : v3c_import_integers(im, 2, amount, 4);

	if (amounts < 0)
		return amounts;
	if (count != 2 || amounts != 4)
		return v3c_import_fail(im, ENOTSUP,
				       "%d block sizes; only those of height and width are supported",
				       count);
	for (i = 0; i < 4; i++)
		if (block[i / 2] < 1 || block[i / 2] > V3NPU_DIM_MAX || amount[i] < 0 ||
		    amount[i] > V3NPU_DIM_MAX)
			return v3c_import_fail(im, EINVAL,
					       "damaged: a block of %lld, an amount of %lld",
					       (long long)block[i / 2], (long long)amount[i]);
	return 0;
}

int v3c_import_space_to_batch(struct importer *im)
{
	static const uint8_t perm[] = { 2, 4, 0, 1, 3, 5 };
	struct ir_shape s, parts, shape;
	int64_t block[2], amount[4];
	struct ir_pad pad = {};
	int in = block_input(im, &s, 3), out, padded, node, i, ret;

	if (in < 0)
		return in;
	ret = block_sizes(im, block, amount);
	if (ret)
		return ret;
	for (i = 0; i < 2; i++) {
		uint64_t size = s.dim[1 + i] + (uint64_t)(amount[2 * i] + amount[2 * i + 1]);

		if (size % block[i] || size > V3C_MAX_ELEMENTS)
			return v3c_import_fail(im, EINVAL, "damaged: blocks of %lld in %llu elements",
					       (long long)block[i], (unsigned long long)size);
		pad.before[1 + i] = amount[2 * i];
		s.dim[1 + i] = size;
	}
	if ((uint64_t)s.dim[1] * s.dim[2] > V3C_MAX_ELEMENTS ||
	    ir_elements(&s) > V3C_MAX_ELEMENTS)
		return v3c_import_fail(im, ENOTSUP, "its output has more than %u elements",
				       V3C_MAX_ELEMENTS);
	parts = (struct ir_shape){ 6, { s.dim[0], s.dim[1] / block[0], block[0],
					s.dim[2] / block[1], block[1], s.dim[3] } };
	shape = (struct ir_shape){ 4, { s.dim[0] * block[0] * block[1], s.dim[1] / block[0],
					s.dim[2] / block[1], s.dim[3] } };
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	pad.value = import_value(im, out)->quant.zero_point;
	padded = v3c_import_temporary(im, &s, import_value(im, in)->quant);
	if (padded < 0)
		return padded;
	node = v3c_import_node(im, IR_PAD, in, -1, padded);
	if (node < 0)
		return node;
	im->graph->nodes[node].pad = pad;
	return regroup(im, padded, &parts, perm, out);
}

int v3c_import_batch_to_space(struct importer *im)
{
	static const uint8_t perm[] = { 2, 3, 0, 4, 1, 5 };
	struct ir_shape s, parts, shape;
	int64_t block[2], amount[4];
	struct ir_slice crop = {};
	int in = block_input(im, &s, 3), whole, out, i, ret;

	if (in < 0)
		return in;
	ret = block_sizes(im, block, amount);
	if (ret)
		return ret;
	if (s.dim[0] % (block[0] * block[1]))
		return v3c_import_fail(im, EINVAL, "damaged: blocks of %lld x %lld from %u batches",
				       (long long)block[0], (long long)block[1], s.dim[0]);
	parts = (struct ir_shape){ 6, { block[0], block[1], s.dim[0] / block[0] / block[1],
					s.dim[1], s.dim[2], s.dim[3] } };
	shape = (struct ir_shape){ 4, { parts.dim[2], s.dim[1] * block[0], s.dim[2] * block[1],
					s.dim[3] } };
	whole = v3c_import_temporary(im, &shape, import_value(im, in)->quant);
	if (whole < 0)
		return whole;
	for (i = 0; i < 4; i++)
		crop.step[i] = 1;
	for (i = 0; i < 2; i++) {
		int64_t rest = (int64_t)shape.dim[1 + i] - amount[2 * i] - amount[2 * i + 1];

		if (rest < 1)
			return v3c_import_fail(im, EINVAL, "damaged: it crops all of its output");
		crop.begin[1 + i] = amount[2 * i];
		shape.dim[1 + i] = rest;
	}
	out = v3c_import_output(im, 0, &shape);
	if (out < 0)
		return out;
	ret = regroup(im, in, &parts, perm, whole);
	return ret < 0 ? ret : v3c_import_slice_node(im, whole, out, &crop);
}
