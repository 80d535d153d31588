// SPDX-License-Identifier: MIT
/*
 * uint8 models: the reader made their tensors int8 (tflite_uint8.h), so here is only
 * what a user sees of them, the bytes of inputs and outputs.
 */
#include <errno.h>

#include "import.h"

/* A node whose result has each byte's highest bit flipped; the result, or a negative errno */
static int flipped(struct importer *im, int value)
{
	int8_t *table = v3c_alloc(im->ctx, 1, V3C_TABLE_SIZE);
	int q;

	if (!table)
		return v3c_no_memory(im->ctx);
	for (q = INT8_MIN; q <= INT8_MAX; q++)
		table[q - INT8_MIN] = q < 0 ? q - INT8_MIN : q + INT8_MIN;
	return v3c_import_mapped(im, value, table, import_value(im, value)->quant);
}

int v3c_import_npu_input(struct importer *im, uint32_t tensor, int value)
{
	return im->model->tensors[tensor].was_uint8 ? flipped(im, value) : value;
}

int v3c_import_npu_output(struct importer *im, uint32_t tensor, int value)
{
	if (!im->model->tensors[tensor].was_uint8)
		return value;
	/* The output is the file's tensor, and not what it is made of */
	import_value(im, value)->tensor = -1;
	value = flipped(im, value);
	if (value >= 0)
		import_value(im, value)->tensor = tensor;
	return value;
}

/* The tensors of @list that are quantized: adds int8 to @seen as 1, uint8 as 2 */
static void look(const struct importer *im, const struct fb_vector *list, unsigned int *seen)
{
	uint32_t i;

	for (i = 0; i < list->count; i++) {
		int32_t tensor = v3c_fb_vector_i32(list, i);
		const struct tfl_tensor *t = tensor < 0 ? NULL : &im->model->tensors[tensor];

		if (t && t->type == TFL_INT8)
			*seen |= t->was_uint8 ? 2 : 1;
	}
}

int v3c_import_check_signs(struct importer *im)
{
	unsigned int seen = 0;

	look(im, &im->op->inputs, &seen);
	look(im, &im->op->outputs, &seen);
	im->uint8 = seen == 2;
	/* Who made a custom operator decides what it takes */
	if (seen == 3 && im->op->code != TFL_QUANTIZE && im->op->code != TFL_CUSTOM)
		return v3c_import_fail(im, ENOTSUP,
				       "it has int8 and uint8 tensors, which TFLite does not take "
				       "together; put a QUANTIZE between them");
	return 0;
}
