// SPDX-License-Identifier: MIT
/*
 * Unrolled products: how many operators are left of the models of ops_roll.py,
 * whose results ops_test compares with TensorFlow Lite's, and of the V3 model
 * that has one; and what the NPU computes of that one, made full-integer.
 *
 *   roll_test [DIR FULL_INTEGER]
 *
 * DIR is what ops.py wrote, FULL_INTEGER what full_integer.py made of the V3 model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "compiler/read_model.h"
#include "sim.h"
#include "userspace/tap.h"

/* What a model must become: @pieces 0 if it must stay as it is */
static const struct expectation {
	const char *name;
	unsigned int file_ops;
	unsigned int ops;
	unsigned int pieces;
	unsigned int products;
	unsigned int commands;
} expectations[] = {
	{ "roll_columns", 31, 13, 12, 2, 2 },
	{ "roll_columns_one_head", 20, 7, 7, 1, 1 },
	{ "roll_columns_two", 10, 7, 2, 1, 1 },
	{ "roll_columns_many", 6006, 7, 3000, 1, 1 },
	{ "roll_columns_three_heads", 31, 15, 12, 3, 3 },
	{ "roll_columns_heads_first", 31, 13, 12, 2, 2 },
	{ "roll_columns_own_keys", 18, 15, 8, 2, 2 },
	{ "roll_column_blocks", 10, 10, 4, 1, 1 },
	{ "roll_columns_transposed", 23, 10, 6, 1, 1 },
	{ "roll_rows", 12, 6, 6, 1, 1 },
	{ "roll_rows_constant", 5, 3, 3, 1, 1 },
	{ "roll_rows_heads", 21, 13, 12, 2, 2 },
	{ "roll_batch_split", 11, 8, 4, 1, 1 },
	{ "roll_batch_slice", 17, 8, 4, 1, 1 },
	{ "roll_batch_unpack", 10, 8, 3, 1, 1 },
	{ "roll_batch_several", 10, 8, 3, 1, 1 },
	{ "roll_slice_read", 24, 15, 8, 2, 3 },
	{ "keep_scale", 23, 23, 0, 0, 8 },
	{ "keep_bias", 23, 23, 0, 0, 8 },
	{ "keep_activation", 23, 23, 0, 0, 8 },
	{ "keep_result_read", 23, 23, 0, 0, 9 },
	{ "keep_order", 23, 23, 0, 0, 8 },
	{ "keep_twice", 12, 12, 0, 0, 6 },
	{ "keep_missing", 11, 11, 0, 0, 5 },
	{ "keep_uneven", 9, 9, 0, 0, 3 },
	{ "keep_batch_order", 11, 11, 0, 0, 4 },
};

/* Of this process: others do not count */
static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void check_counts(const char *name, uint32_t file_ops, uint32_t ops,
			 const struct v3c_rolled *rolled, size_t rolled_count,
			 const struct expectation *e)
{
	unsigned int pieces = rolled_count ? rolled[0].pieces : 0;
	unsigned int products = rolled_count ? rolled[0].products : 0;

	ok(file_ops == e->file_ops && ops == e->ops,
	   "%s: %u operators become %u (%u become %u)", name, e->file_ops, e->ops, file_ops, ops);
	ok(rolled_count == (e->pieces > 0) && pieces == e->pieces && products == e->products,
	   "%s: %u pieces become %u products (%u become %u)", name, e->pieces, e->products, pieces,
	   products);
}

static void check_model(const char *directory, const struct expectation *e)
{
	struct v3c_target target = sim_target();
	char path[512], error[V3C_ERROR_SIZE];
	struct v3c_program *p = NULL;
	size_t size;
	void *model;

	snprintf(path, sizeof(path), "%s/%s.tflite", directory, e->name);
	model = sim_read_file(path, &size);
	if (model)
		p = v3c_compile(model, size, &target, NULL, error);
	if (ok(p, "%s compiles", e->name)) {
		check_counts(e->name, p->file_op_count, p->op_count, p->rolled, p->rolled_count, e);
		ok(p->cmd_count == e->commands, "%s: %u commands (%u)", e->name, e->commands,
		   p->cmd_count);
	}
	v3c_program_free(p);
	free(model);
}

static const struct expectation v3 = { "level2_leaky_int8", 1832, 238, 800, 2, 0 };

/* The V3 model is not int8: it is read only. Each product is known by its last piece's number */
static void check_v3(const char *shared)
{
	static const uint32_t tags[] = { 1681, 1683 };
	char path[512], error[V3C_ERROR_SIZE] = "";
	struct v3c_ctx ctx = { .error = error };
	struct tfl_model model;
	uint32_t found = 0, i;
	size_t size;
	double start;
	void *data;
	int ret;

	snprintf(path, sizeof(path), "%s/models/v3/%s.tflite", shared, v3.name);
	data = sim_read_file(path, &size);
	if (!data) {
		skip(v3.name, "../shared/models/v3 is not there");
		return;
	}
	ctx.left = v3c_max_memory(size);
	start = now_ms();
	ret = v3c_read_model(&ctx, &model, data, size);
	ok(!ret && now_ms() - start < 100, "%s is read in less than 100 ms%s%s", v3.name,
	   ret ? ": " : "", error);
	if (!ret) {
		check_counts(v3.name, model.file_op_count, model.op_count, model.rolled,
			     model.rolled_count, &v3);
		ok(model.rolled->first == 85 && model.rolled->last == 1683 &&
		   model.rolled->gather == 1684 &&
		   !strcmp(model.rolled->op_name, "FULLY_CONNECTED"),
		   "%s: operators 85 to 1683 are the pieces, 1684 gathers them", v3.name);
		for (i = 0; i < model.op_count; i++)
			if (model.ops[i].code == TFL_FULLY_CONNECTED && found < 2 &&
			    model.ops[i].tag == tags[found])
				found++;
		ok(found == 2, "%s: the products' tags are 1681 and 1683", v3.name);
	}
	v3c_release(&ctx);
	free(data);
}

/* A tensor's bytes, those of TensorFlow Lite 2.14's reference kernels */
static void check_tensor(const struct sim *sim, const struct v3c_tensor *t, unsigned int expected)
{
	uint8_t *dense = sim_gather(sim, t);
	unsigned int crc = dense ? crc32(0, dense, sim_size(t)) : 0;

	ok(crc == expected, "full-integer: tensor %d is TFLite's: %08x (%08x)", t->index, expected,
	   crc);
	free(dense);
}

static void run_full_integer(const struct v3c_program *p, const uint8_t *image, size_t image_size)
{
	static const struct {
		int tensor;
		unsigned int crc;
	} known[] = {
		{ 2665, 0x584a2267 },	/* the product that was unrolled, times a constant */
		{ 2683, 0x7201d1e8 },	/* the attention's result */
	};
	unsigned int found = 0, k;
	struct sim sim;
	size_t i;

	if (ok(sim_load(&sim, p) && image_size == sim_size(&p->inputs[0]),
	       "full-integer: it fits the NPU, and the picture its input")) {
		memcpy(sim_tensor(&sim, &p->inputs[0]), image, image_size);
		ok(sim_run(&sim), "full-integer: it runs");
		check_tensor(&sim, &p->outputs[0], 0xf29a63b3);
		for (i = 0; i < p->tensor_count; i++)
			for (k = 0; k < sizeof(known) / sizeof(known[0]); k++)
				if (p->tensors[i].index == known[k].tensor) {
					check_tensor(&sim, &p->tensors[i], known[k].crc);
					found++;
				}
		ok(found == (p->tensor_count ? 2 : 0), "full-integer: the tensors are there");
	}
	sim_unload(&sim);
}

/* Every operator on the NPU, every byte TFLite's; with and without memory of its own for each */
static void check_full_integer(const char *shared, const char *path)
{
	struct v3c_target target = sim_target();
	char image_path[512], error[V3C_ERROR_SIZE] = "";
	size_t size, image_size;
	void *model = sim_read_file(path, &size);
	uint8_t *image;
	int keep;

	snprintf(image_path, sizeof(image_path), "%s/golden/img0.raw", shared);
	image = sim_read_file(image_path, &image_size);
	if (!model || !image)
		skip("full-integer level2_leaky", "the V3 models or golden inputs are not there");
	for (keep = 0; model && image && keep < 2; keep++) {
		const struct v3c_options options = { .keep_tensors = keep };
		double start = now_ms();
		struct v3c_program *p = v3c_compile(model, size, &target, &options, error);

		ok(p && now_ms() - start < 100,
		   "full-integer: it compiles for the NPU in less than 100 ms: %.1f ms%s%s",
		   now_ms() - start, p ? "" : ", ", error);
		if (p) {
			check_counts("full-integer", p->file_op_count, p->op_count, p->rolled,
				     p->rolled_count, &v3);
			run_full_integer(p, image, image_size);
		}
		v3c_program_free(p);
	}
	free(model);
	free(image);
}

int main(int argc, char **argv)
{
	const char *shared = getenv("V3NPU_SHARED");
	size_t i;

	for (i = 0; i < sizeof(expectations) / sizeof(expectations[0]); i++)
		check_model(argc == 3 ? argv[1] : "build/tests/compiler/models", &expectations[i]);
	if (!shared)
		shared = "../shared";
	check_v3(shared);
	check_full_integer(shared, argc == 3 ? argv[2] : "build/tests/compiler/full_integer.tflite");
	return done();
}
