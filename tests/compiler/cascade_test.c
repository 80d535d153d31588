// SPDX-License-Identifier: MIT
/*
 * Cascades of random graphs, and an input that is copied to SRAM first: on NPUs
 * with SRAM of several sizes, filled with anything, every output byte must be
 * that of the NPU without SRAM, where each node runs as a whole.
 */
#include <stdlib.h>
#include <string.h>

#include "compiler/graph/passes.h"
#include "compiler/plan/late_copy.h"
#include "compiler/plan/schedule.h"
#include "sim.h"
#include "userspace/tap.h"

#define CASES		150
#define MAX_NODES	64

static uint64_t state;

/* Marsaglia's xorshift: the same cases in every run */
static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % limit;
}

struct build {
	struct v3c_ctx *ctx;
	struct ir_graph *g;
};

static void *random_bytes(struct build *b, size_t size)
{
	uint8_t *bytes = v3c_alloc(b->ctx, 1, size);
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = random_below(256);
	return bytes;
}

static int add_value(struct build *b, uint32_t height, uint32_t width, uint32_t channels)
{
	const struct ir_shape shape = { .rank = 4, .dim = { 1, height, width, channels } };

	return v3c_ir_add_value(b->ctx, b->g, &shape, (struct v3c_quant){ .scale = 1 });
}

static struct ir_node *add_node(struct build *b, enum ir_kind kind, int in_count, int in0, int in1,
				int in2, int out)
{
	const int in[] = { in0, in1, in2 };
	int number = v3c_ir_add_node(b->ctx, b->g, kind, 0, in_count, out);
	struct ir_node *n = &b->g->nodes[number];

	memcpy(n->in, in, in_count * sizeof(*in));
	return n;
}

/* Results of a window of @span, at most: two or more where the operand allows */
static uint32_t results(uint32_t in, uint32_t span, uint32_t stride, uint32_t *pad)
{
	uint32_t after = random_below(span);

	*pad = random_below(span);
	return in + *pad + after < span ? 0 : (in + *pad + after - span) / stride + 1;
}

/* A convolution of the given geometry with random weights */
static int add_conv_of(struct build *b, int in, struct ir_conv conv, const uint32_t size[2],
		       uint32_t channels)
{
	const struct v3npu_chan chan = { 100, 1 << 30, -7 };
	struct v3npu_chan *copy = v3c_alloc(b->ctx, 1, sizeof(*copy));
	int out;

	*copy = chan;
	conv.weights = b->g->node_count;
	conv.groups = 1;
	conv.in_zero_point = -3;
	conv.pad_value = -3;
	conv.stage = (struct ir_stage){ .chan = copy, .chan_count = 1, .min = -128, .max = 127 };
	conv.data = random_bytes(b, (size_t)conv.kernel[0] * conv.kernel[1] *
				 b->g->values[in].shape.dim[3] * channels);
	out = add_value(b, size[0], size[1], channels);
	add_node(b, IR_CONV, 1, in, 0, 0, out)->conv = conv;
	return out;
}

static int add_conv(struct build *b, int in, bool same_shape)
{
	const struct ir_shape shape = b->g->values[in].shape;
	uint32_t channels = same_shape ? shape.dim[3] : 1 + random_below(24);
	struct ir_conv conv = {};
	uint32_t size[2];
	int i;

	for (i = 0; i < 2; i++) {
		conv.kernel[i] = same_shape ? 3 : 1 + random_below(4);
		conv.dilation[i] = same_shape ? 1 : 1 + random_below(2);
		conv.stride[i] = same_shape ? 1 : 1 + random_below(2);
		conv.pad[i] = 1;
		size[i] = same_shape ? shape.dim[1 + i] :
			  results(shape.dim[1 + i], (conv.kernel[i] - 1) * conv.dilation[i] + 1,
				  conv.stride[i], &conv.pad[i]);
	}
	if (size[0] < 4 || size[1] < 2)
		return in;
	return add_conv_of(b, in, conv, size, channels);
}

static int add_softmax(struct build *b, int in)
{
	const struct ir_shape shape = b->g->values[in].shape;
	const struct ir_softmax softmax = { .multiplier = 1 << 30, .shift = 20, .diff_min = -63 };
	int out = add_value(b, shape.dim[1], shape.dim[2], shape.dim[3]);

	add_node(b, IR_SOFTMAX, 1, in, 0, 0, out)->softmax = softmax;
	return out;
}

static int add_pool(struct build *b, int in)
{
	const struct ir_shape shape = b->g->values[in].shape;
	struct ir_pool pool = { .op = random_below(2), .min = -128, .max = 127 };
	uint32_t size[2];
	int i, out;

	for (i = 0; i < 2; i++) {
		pool.kernel[i] = 2 + random_below(5);
		pool.stride[i] = 1 + random_below(2);
		size[i] = results(shape.dim[1 + i], pool.kernel[i], pool.stride[i], &pool.pad[i]);
	}
	if (size[0] < 4 || size[1] < 2)
		return in;
	out = add_value(b, size[0], size[1], shape.dim[3]);
	add_node(b, IR_POOL, 1, in, 0, 0, out)->pool = pool;
	return out;
}

static int add_max(struct build *b, int in0, int in1)
{
	const struct ir_shape shape = b->g->values[in0].shape;
	const struct ir_eltwise max = { .op = V3NPU_ELTWISE_MAX, .min = -128, .max = 127 };
	int out = add_value(b, shape.dim[1], shape.dim[2], shape.dim[3]);

	add_node(b, IR_ELTWISE, 2, in0, in1, 0, out)->eltwise = max;
	return out;
}

static int add_table(struct build *b, int in)
{
	const struct ir_shape shape = b->g->values[in].shape;
	int out = add_value(b, shape.dim[1], shape.dim[2], shape.dim[3]);
	int8_t *table = random_bytes(b, V3C_TABLE_SIZE);

	add_node(b, IR_TABLE, 1, in, 0, 0, out)->table = table;
	return out;
}

/* YOLO's block: a split by channels, a part computed further, all put together */
static int add_block(struct build *b, int in)
{
	const struct ir_shape s = b->g->values[in].shape;
	uint32_t first = 1 + random_below(s.dim[3]), size[2];
	int half[2], out, more, i;

	if (first == s.dim[3])
		return in;
	size[0] = first;
	size[1] = s.dim[3] - first;
	for (i = 0; i < 2; i++) {
		const struct ir_slice slice = {
			.begin = { 0, 0, 0, i * first }, .step = { 1, 1, 1, 1 },
		};

		half[i] = add_value(b, s.dim[1], s.dim[2], size[i]);
		add_node(b, IR_SLICE, 1, in, 0, 0, half[i])->slice = slice;
	}
	more = add_conv(b, add_conv(b, half[1], true), true);
	if (random_below(2))
		more = add_max(b, more, half[1]);
	out = add_value(b, s.dim[1], s.dim[2], s.dim[3] + size[1]);
	add_node(b, IR_CONCAT, 3, half[0], half[1], more, out)->axis = 3;
	return out;
}

/* YOLO's neck: a smaller picture enlarged and put together with the one it was made from */
static int add_neck(struct build *b, int in)
{
	const struct ir_shape s = b->g->values[in].shape;
	const uint32_t factor = 2 + random_below(3);
	const struct ir_pool pool = {
		.op = V3NPU_POOL_MAX, .kernel = { factor, factor }, .stride = { factor, factor },
		.min = -128, .max = 127,
	};
	struct ir_node *resize;
	int small, large, out;

	if (s.dim[1] % factor || s.dim[2] % factor || s.dim[1] / factor < 2)
		return in;
	small = add_value(b, s.dim[1] / factor, s.dim[2] / factor, s.dim[3]);
	add_node(b, IR_POOL, 1, in, 0, 0, small)->pool = pool;
	small = add_conv(b, add_conv(b, small, true), true);
	large = add_value(b, s.dim[1], s.dim[2], s.dim[3]);
	resize = add_node(b, IR_RESIZE, 1, small, 0, 0, large);
	resize->resize_mode = random_below(4) ? V3NPU_RESIZE_NEAREST : V3NPU_RESIZE_BILINEAR;
	resize->resize_flags = random_below(3);
	out = add_value(b, s.dim[1], s.dim[2], 2 * s.dim[3]);
	add_node(b, IR_CONCAT, 2, large, in, 0, out)->axis = 3;
	return add_conv(b, out, true);
}

static int begin_graph(struct build *b, uint32_t height, uint32_t width, uint32_t channels)
{
	struct ir_graph *g = b->g;
	int value = add_value(b, height, width, channels);

	g->element_size = 1;
	g->inputs = v3c_alloc(b->ctx, 1, sizeof(*g->inputs));
	g->outputs = v3c_alloc(b->ctx, 2, sizeof(*g->outputs));
	g->op_codes = v3c_alloc(b->ctx, 1, sizeof(*g->op_codes));
	g->values[value].is_input = true;
	g->inputs[g->input_count++] = value;
	return value;
}

/* A convolution that waits for its input, which it would fetch several times from DRAM */
static void build_large(struct build *b)
{
	const struct ir_conv conv = {
		.kernel = { 3, 3 }, .stride = { 2, 2 }, .dilation = { 1, 1 }, .pad = { 1, 1 },
	};
	const uint32_t size[2] = { 20, 20 };
	int value = add_conv_of(b, begin_graph(b, 40, 40, 128), conv, size, 128);

	b->g->values[value].output = 0;
	b->g->outputs[b->g->output_count++] = value;
}

/* A graph of some steps, with one or two outputs */
static void build_graph(struct build *b)
{
	struct ir_graph *g = b->g;
	int steps = 3 + random_below(5), value, middle = -1, i;

	value = begin_graph(b, 24 + random_below(40), 8 + random_below(24),
			    4 + random_below(12));
	value = add_conv(b, value, true);
	for (i = 0; i < steps; i++) {
		switch (random_below(9)) {
		case 0:
			value = add_pool(b, value);
			break;
		case 1:
			value = add_table(b, value);
			break;
		case 2:
		case 3:
			value = add_neck(b, value);
			break;
		case 4:
		case 5:
			value = add_block(b, value);
			break;
		case 6:
			value = add_softmax(b, value);
			break;
		default:
			value = add_conv(b, value, false);
		}
		if (i == steps / 2 && random_below(2))
			middle = value;
	}
	value = add_conv(b, value, true);
	g->outputs[g->output_count++] = value;
	if (middle >= 0)
		g->outputs[g->output_count++] = middle;
	for (i = 0; i < g->output_count; i++)
		g->values[g->outputs[i]].output = i;
}

static struct v3c_tensor tensor_of(const struct ir_graph *g, int value)
{
	const struct ir_value *v = &g->values[value];
	struct v3c_tensor t = { .rank = 4, .region = g->buffers[v->loc.buffer].region };
	int i;

	for (i = 0; i < 4; i++) {
		t.dim[i] = v->shape.dim[i];
		t.stride[i] = v->loc.stride[i];
	}
	return t;
}

static int compile(struct build *b, const struct v3npu_config *config, struct v3c_program *p)
{
	struct v3c_target target = sim_target_of(config);
	struct v3c_consts consts = { .left = 1 << 24 };
	struct v3c_stream stream = {
		.ctx = b->ctx, .graph = b->g, .sram_size = config->sram_size,
	};
	struct lowering lowering = {
		.ctx = b->ctx, .graph = b->g, .consts = &consts, .stream = &stream,
		.weights = v3c_weights_new(b->ctx, MAX_NODES),
	};
	int i, ret;

	ret = v3c_ir_update_uses(b->ctx, b->g);
	/* Without SRAM nothing is done to the graph, so that all of it is compared */
	if (!ret && config->sram_size)
		ret = v3c_split_pools(b->ctx, b->g);
	if (!ret && config->sram_size)
		ret = v3c_copy_late(b->ctx, b->g, &target);
	if (!ret)
		ret = v3c_layout(b->ctx, b->g, &consts);
	if (!ret)
		ret = v3c_schedule(&lowering, &target, false);
	if (!ret)
		ret = v3c_plan_arena(b->ctx, b->g, true, &p->arena_size);
	if (!ret)
		v3c_stream_finish(&stream);
	p->cmds = stream.cmds;
	p->cmds_size = stream.cmds_size;
	p->cmd_count = stream.count;
	p->cmd_info = stream.info;
	p->relocs = stream.relocs;
	p->reloc_count = stream.reloc_count;
	p->consts = consts.data;
	p->consts_size = consts.size;
	p->inputs = calloc(1, sizeof(*p->inputs));
	p->outputs = calloc(2, sizeof(*p->outputs));
	for (i = 0; !ret && i < b->g->input_count; i++)
		p->inputs[p->input_count++] = tensor_of(b->g, b->g->inputs[i]);
	for (i = 0; !ret && i < b->g->output_count; i++)
		p->outputs[p->output_count++] = tensor_of(b->g, b->g->outputs[i]);
	return ret;
}

static uint8_t *run_loaded(struct sim *sim, uint32_t sram_size, size_t *size)
{
	const struct v3c_program *p = sim->program;
	uint8_t *bytes;
	size_t i, k;

	for (i = 0; i < sim_size(&p->inputs[0]); i++)
		sim_tensor(sim, &p->inputs[0])[i] = random_below(256);
	for (i = 0; i < sim->region[V3C_REGION_ARENA].size; i++)
		sim->region[V3C_REGION_ARENA].data[i] = random_below(256);
	if (!sim_fill_sram(sim, sram_size) || !sim_run(sim))
		return NULL;
	for (i = 0, *size = 0; i < p->output_count; i++)
		*size += sim_size(&p->outputs[i]);
	bytes = malloc(*size);
	for (i = 0, k = 0; i < p->output_count; i++) {
		memcpy(bytes + k, sim_tensor(sim, &p->outputs[i]), sim_size(&p->outputs[i]));
		k += sim_size(&p->outputs[i]);
	}
	return bytes;
}

/* What one graph's outputs are on an NPU, one after the other, for free() */
static uint8_t *run(void (*build)(struct build *b), uint64_t seed, uint32_t sram_size,
		    size_t *size, uint32_t *commands)
{
	const struct v3npu_config config = { 512, sram_size, 3750, 64, 64, 1000, 1, NULL };
	char error[V3C_ERROR_SIZE];
	struct v3c_ctx ctx = { .left = 1 << 26, .error = error };
	struct ir_graph g = {};
	struct build b = { .ctx = &ctx, .g = &g };
	struct v3c_program *p = calloc(1, sizeof(*p));
	uint8_t *bytes = NULL;
	struct sim sim;

	state = seed;
	build(&b);
	if (compile(&b, &config, p)) {
		printf("# %s\n", error);
	} else {
		if (sim_load_on(&sim, p, &config))
			bytes = run_loaded(&sim, sram_size, size);
		sim_unload(&sim);
	}
	*commands = p->cmd_count;
	v3c_program_free(p);
	v3c_release(&ctx);
	return bytes;
}

static void test_stage(void)
{
	uint32_t plain_commands, commands;
	size_t plain_size = 0, size = 0;
	uint8_t *plain = run(build_large, 1, 0, &plain_size, &plain_commands);
	uint8_t *bytes = run(build_large, 1, 384 << 10, &size, &commands);

	ok(commands == plain_commands + 1, "an input that is read again and again is copied once");
	ok(plain && bytes && size == plain_size && !memcmp(plain, bytes, size),
	   "the copy is the input");
	free(plain);
	free(bytes);
	bytes = run(build_large, 1, 64 << 10, &size, &commands);
	ok(bytes && commands == plain_commands, "and read from DRAM where SRAM has no room");
	free(bytes);
}

int main(void)
{
	static const uint32_t sizes[] = { 4096, 8192, 16384, 32768, 1 << 20 };
	unsigned int n, cascaded = 0, wrong = 0;
	size_t i;

	for (n = 1; n <= CASES; n++) {
		const uint64_t seed = n * 0x9e3779b97f4a7c15ull;
		uint32_t plain_commands, commands;
		size_t plain_size = 0, size = 0;
		uint8_t *plain = run(build_graph, seed, 0, &plain_size, &plain_commands);

		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			uint8_t *bytes = run(build_graph, seed, sizes[i], &size, &commands);

			cascaded += commands > plain_commands;
			if (!plain || !bytes || size != plain_size ||
			    memcmp(plain, bytes, size)) {
				if (!wrong++)
					printf("# case %u differs with %u bytes of SRAM\n", n,
					       sizes[i]);
			}
			free(bytes);
		}
		free(plain);
	}
	ok(cascaded > CASES / 2, "%u random programs have cascades", cascaded);
	ok(!wrong, "%u of them differ from the ones without", wrong);
	test_stage();
	return done();
}
