// SPDX-License-Identifier: MIT
/*
 * The V3 models, compiled and run on the engine library: every output byte, and
 * the checksum of every intermediate tensor that fusing leaves, against what
 * TensorFlow Lite's reference kernels computed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "compiler/read_model.h"
#include "compiler/tflite/tflite.h"
#include "sim.h"
#include "userspace/tap.h"

#define MAX_ROWS	512

/* A row of MODEL.img0.tsv: what a tensor's memory held at the end of TFLite's run */
struct row {
	unsigned int op;
	unsigned int tensor;
	unsigned int crc;
};

struct model {
	const char *name;
	void *data;
	size_t size;
	struct row rows[MAX_ROWS];
	unsigned int row_count;
};

static const char *shared;

/* A file of the shared folder; @format has a string, and a number if it wants one */
static void *read_shared(const char *format, const char *name, int number, size_t *size)
{
	char path[512];
	int length = snprintf(path, sizeof(path), "%s/", shared);

	snprintf(path + length, sizeof(path) - length, format, name, number);
	return sim_read_file(path, size);
}

static bool read_rows(struct model *m)
{
	size_t size;
	char *text = read_shared("golden/%s.img%d.tsv", m->name, 0, &size), *line, *next;

	if (!text)
		return false;
	for (line = text; line && m->row_count < MAX_ROWS; line = next) {
		struct row *r = &m->rows[m->row_count];

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (sscanf(line, "%u %*s %u %*s %*u %x", &r->op, &r->tensor, &r->crc) == 3)
			m->row_count++;
	}
	free(text);
	return m->row_count > 0;
}

/*
 * TFLite computes these operators in the memory of an operand. A tensor that
 * one of them reads can hold the result at the end; its row then has the
 * result's checksum. Returns the row of the tensor that took the memory.
 */
static const struct row *overwriter(const struct model *m, const struct tfl_model *file,
				    const struct row *row)
{
	unsigned int i, k;

	for (i = 0; i < m->row_count; i++) {
		const struct row *r = &m->rows[i];
		const struct tfl_op *op = &file->ops[r->op];

		if (r->op <= row->op || r->crc != row->crc || r->op >= file->op_count)
			continue;
		if (op->code != TFL_ADD && op->code != TFL_SUB && op->code != TFL_MUL &&
		    op->code != TFL_SOFTMAX && op->code != TFL_RESHAPE)
			continue;
		for (k = 0; k < op->inputs.count; k++)
			if (v3c_fb_vector_i32(&op->inputs, k) == (int32_t)row->tensor)
				return r;
	}
	return NULL;
}

static bool tensor_matches(const struct sim *sim, unsigned int tensor, unsigned int crc,
			   bool *found)
{
	const struct v3c_program *p = sim->program;
	size_t i;

	*found = true;
	for (i = 0; i < p->tensor_count + p->output_count; i++) {
		const struct v3c_tensor *t = i < p->tensor_count ? &p->tensors[i] :
					     &p->outputs[i - p->tensor_count];
		uint8_t *dense;
		bool same;

		if (t->index != (int)tensor)
			continue;
		dense = sim_gather(sim, t);
		same = dense && crc32(0, dense, sim_size(t)) == crc;
		free(dense);
		return same;
	}
	*found = false;
	return false;
}

/*
 * A tensor that TFLite overwrote has no checksum of its own: it is right if the
 * tensor that took its memory is, which is computed from it.
 */
static bool row_matches(const struct model *m, const struct tfl_model *file,
			const struct sim *sim, const struct row *row, bool *found, bool *through)
{
	bool same = tensor_matches(sim, row->tensor, row->crc, found), other;

	*through = false;
	while (*found && !same) {
		row = overwriter(m, file, row);
		if (!row)
			return false;
		same = tensor_matches(sim, row->tensor, row->crc, &other);
		*through = true;
	}
	return same;
}

static void check_tensors(const struct model *m, const struct sim *sim)
{
	unsigned int equal = 0, through = 0, fused = 0, wrong = 0, i;
	char error[V3C_ERROR_SIZE];
	struct v3c_ctx ctx = { .left = v3c_max_memory(m->size), .error = error };
	struct tfl_model file;

	if (v3c_read_model(&ctx, &file, m->data, m->size)) {
		ok(false, "%s: %s", m->name, error);
		return;
	}
	for (i = 0; i < m->row_count; i++) {
		bool found, indirect;
		bool same = row_matches(m, &file, sim, &m->rows[i], &found, &indirect);

		if (!found) {
			fused++;
		} else if (!same) {
			if (!wrong++)
				printf("# %s: tensor %u of operator %u is the first that differs\n",
				       m->name, m->rows[i].tensor, m->rows[i].op);
		} else if (indirect) {
			through++;
		} else {
			equal++;
		}
	}
	v3c_release(&ctx);
	printf("# %s: %u tensors: %u equal, %u overwritten by TFLite and compared through the "
	       "operator that did, %u fused\n",
	       m->name, m->row_count, equal, through, fused);
	ok(!wrong && equal + through == sim->program->tensor_count + sim->program->output_count,
	   "%s: all %zu surviving tensors are TFLite's", m->name, sim->program->tensor_count);
}

static void check_output(const struct model *m, struct sim *sim, int image)
{
	size_t in_size, out_size;
	uint8_t *in = read_shared("golden/%s%d.raw", "img", image, &in_size);
	uint8_t *out = read_shared("golden/%s.img%d.out", m->name, image, &out_size);
	const struct v3c_program *p = sim->program;
	bool same = false;

	if (!in || !out || in_size != sim_size(&p->inputs[0]) ||
	    out_size != sim_size(&p->outputs[0])) {
		ok(false, "%s: golden files of image %d", m->name, image);
	} else {
		memcpy(sim_tensor(sim, &p->inputs[0]), in, in_size);
		same = sim_run(sim) && !memcmp(sim_tensor(sim, &p->outputs[0]), out, out_size);
		ok(same, "%s: output for image %d is TFLite's", m->name, image);
	}
	free(in);
	free(out);
}

static double milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void check_model(const char *name)
{
	struct v3c_options keep = { .keep_tensors = true };
	struct v3c_target target = sim_target();
	struct model m = { .name = name };
	struct v3c_program *program;
	char error[V3C_ERROR_SIZE];
	struct sim sim;
	double start;
	int image;

	m.data = read_shared("models/v3/%s_full_integer_quant.tflite", name, 0, &m.size);
	if (!m.data || !read_rows(&m)) {
		skip(name, "its model and golden files are not in the shared folder");
		free(m.data);
		return;
	}
	start = milliseconds();
	program = v3c_compile(m.data, m.size, &target, NULL, error);
	start = milliseconds() - start;
	if (ok(program, "%s compiles%s%s", name, program ? "" : ": ", program ? "" : error)) {
		printf("# %s: %u commands, %zu bytes of constants, %llu of arena, %.1f ms\n", name,
		       program->cmd_count, program->consts_size,
		       (unsigned long long)program->arena_size, start);
		ok(program->metadata && strstr(program->metadata, "Speed Limit 40"),
		   "%s: metadata has the class names", name);
		if (ok(sim_load(&sim, program), "%s: all commands are valid", name))
			for (image = 0; image < 4; image++)
				check_output(&m, &sim, image);
		sim_unload(&sim);
	}
	v3c_program_free(program);

	program = v3c_compile(m.data, m.size, &target, &keep, error);
	if (ok(program, "%s compiles with all tensors kept", name)) {
		if (sim_load(&sim, program)) {
			check_output(&m, &sim, 0);
			check_tensors(&m, &sim);
		}
		sim_unload(&sim);
	}
	v3c_program_free(program);
	free(m.data);
}

int main(void)
{
	static const char *const names[] = {
		"level3_relu", "level3_leaky", "level4_relu", "level4_leaky", "level2_relu",
	};
	size_t i;

	shared = getenv("V3NPU_SHARED");
	if (!shared)
		shared = "../shared";
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_model(names[i]);
	return done();
}
