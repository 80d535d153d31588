// SPDX-License-Identifier: MIT
/*
 * Functions of one value, which are tables.
 */
#include <errno.h>
#include <math.h>

#include "compiler/arith/hard_swish.h"
#include "compiler/arith/table_float.h"
#include "import.h"

/*
 * The function, if it is one whose table TFLite makes in float. It has no int8
 * kernel for NEG and SQUARE; these are what such kernels would compute.
 */
static v3c_function float_function(const struct tfl_op *op)
{
	switch (op->code) {
	case TFL_LOGISTIC:
		return v3c_logistic;
	case TFL_TANH:
		return tanhf;
	case TFL_EXP:
		return expf;
	case TFL_ELU:
		return v3c_elu;
	case TFL_GELU:
		return op->approximate ? v3c_gelu_tanh : v3c_gelu;
	case TFL_NEG:
		return v3c_negate;
	case TFL_SQUARE:
		return v3c_square;
	default:
		return NULL;
	}
}

/* -ENOTSUP if the scales are out of TFLite's range */
static int make_table(struct importer *im, int8_t *table, struct v3c_quant in,
		      struct v3c_quant out)
{
	v3c_function function = float_function(im->op);

	if (im->op->code == TFL_LOGISTIC && (out.scale != 1.0f / 256 || out.zero_point != -128))
		return -ENOTSUP;
	if (function) {
		v3c_table_float(table, in, out, function);
		return 0;
	}
	switch (im->op->code) {
	case TFL_QUANTIZE:
		return v3c_table_requantize(table, in, out);
	case TFL_LEAKY_RELU:
		return v3c_table_leaky_relu(table, in, out, im->op->number);
	case TFL_HARD_SWISH:
		return v3c_table_hard_swish(table, in, out);
	case TFL_ABS:
		return v3c_table_abs(table, in, out);
	case TFL_RELU:
		return v3c_table_relu(table, in, out, TFL_ACT_RELU);
	case TFL_RELU6:
		return v3c_table_relu(table, in, out, TFL_ACT_RELU6);
	case TFL_RELU_0_TO_1:
		return v3c_table_relu_0_to_1(table, in, out);
	default:
		return v3c_table_relu(table, in, out, TFL_ACT_RELU_N1_TO_1);
	}
}

int v3c_import_table(struct importer *im)
{
	struct v3c_quant in_quant, out_quant;
	int in, out, node;
	int8_t *table;

	in = v3c_import_operand(im, 1, 1);
	if (in < 0)
		return in;
	out = v3c_import_output(im, 0, &import_value(im, in)->shape);
	if (out < 0)
		return out;
	in_quant = import_value(im, in)->quant;
	out_quant = import_value(im, out)->quant;
	table = v3c_alloc(im->ctx, 1, V3C_TABLE_SIZE);
	if (!table)
		return v3c_no_memory(im->ctx);
	if (make_table(im, table, in_quant, out_quant))
		return v3c_import_fail(im, ENOTSUP,
				       "scales %g to %g with zero points %d to %d are out of TFLite's "
				       "range",
				       in_quant.scale, out_quant.scale, in_quant.zero_point,
				       out_quant.zero_point);
	node = v3c_import_node(im, IR_TABLE, in, -1, out);
	if (node >= 0)
		im->graph->nodes[node].table = table;
	return node;
}
