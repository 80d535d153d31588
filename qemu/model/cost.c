// SPDX-License-Identifier: MIT
/*
 * The cycle model: what a command costs on the modelled hardware, from the
 * command alone. Documentation/cycle-model.md states each assumption; the
 * constants here are its numbers.
 */
#include <string.h>

#include "internal.h"
#include "v3npu/regs.h"

/* Cycles to set up the datapath and to fill and drain its pipelines */
#define STARTUP_CYCLES		128
/* A MAC array "slice" is one pixel: 16 output channels by 4 input channels */
#define SLICE_MACS		(V3NPU_BRICK_O * V3NPU_BRICK_I)
/* On-chip buffers of the datapath, apart from SRAM */
#define LINE_BUFFER		(64u << 10)
#define WEIGHT_BUFFER		(64u << 10)
/* Longest run of a stream that is not in the order of its channels */
#define TRANSPOSE_RUN		1024
/* DRAM runs that are in flight at a time */
#define DRAM_IN_FLIGHT		8
/* SRAM port: bytes a cycle, at least */
#define SRAM_PORT_MIN		16
/* Products of a bilinear interpolation, an element */
#define BILINEAR_STEPS		4
/* Reciprocal of a softmax sum, a row */
#define RECIPROCAL_CYCLES	32

/**
 * struct cost - what a command has been charged so far
 * @config: hardware
 * @compute: cycles of the MAC array or the vector unit
 * @runs: DRAM runs
 * @lead_dram: bytes from DRAM that are needed before the array can start
 * @lead_sram: the same from SRAM
 * @counters: bytes and MACs; cycles are set last
 */
struct cost {
	const struct v3npu_config *config;
	uint64_t compute;
	uint64_t runs;
	uint64_t lead_dram;
	uint64_t lead_sram;
	struct v3npu_counters *counters;
};

/* A product that stops at UINT64_MAX, so that absurd commands are merely very expensive */
static uint64_t mul(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t div_up(uint64_t a, uint64_t b)
{
	return a / b + (a % b != 0);
}

/* One transfer direction of @times repetitions of @runs runs of @bytes each */
static void charge_runs(struct cost *cost, uint64_t addr, uint64_t runs, uint64_t bytes,
			uint64_t times, bool write)
{
	struct v3npu_counters *c = cost->counters;
	__u64 *port;

	if (addr >= V3NPU_VA_SRAM) {
		port = write ? &c->sram_write : &c->sram_read;
	} else {
		port = write ? &c->dram_write : &c->dram_read;
		bytes = div_up(bytes, cost->config->dram_burst) * cost->config->dram_burst;
		cost->runs = add(cost->runs, mul(runs, times));
	}
	*port = add(*port, mul(mul(runs, bytes), times));
}

static void charge_linear(struct cost *cost, uint64_t addr, uint64_t bytes, uint64_t times)
{
	charge_runs(cost, addr, 1, bytes, times, false);
}

/*
 * The array waits for these bytes, in runs of @run, which are part of what is
 * charged elsewhere
 */
static void charge_lead(struct cost *cost, uint64_t addr, uint64_t bytes, uint64_t run)
{
	uint64_t burst = cost->config->dram_burst;

	if (run > bytes)
		run = bytes;
	if (addr >= V3NPU_VA_SRAM)
		cost->lead_sram += bytes;
	else
		cost->lead_dram += mul(div_up(bytes, run), div_up(run, burst) * burst);
}

/* Elements of a tensor that are fetched: a broadcast dimension counts once */
static uint64_t distinct_elements(const struct v3npu_tensor *t)
{
	uint64_t elements = 1;
	int i;

	for (i = 0; i < 4; i++)
		if (t->stride[i])
			elements *= t->dim[i];
	return elements;
}

/* Bytes that lie side by side, in the order that the datapath streams a tensor */
static uint64_t run_bytes(const struct v3npu_tensor *t)
{
	bool used[4] = { false };
	bool reordered = false;
	uint64_t run = 1;
	int i, d;

	for (d = 0; d < 4; d++)
		used[d] = t->dim[d] == 1 || !t->stride[d];
	for (;;) {
		for (i = 3; i >= 0; i--)
			if (!used[i] && t->stride[i] == run)
				break;
		if (i < 0)
			break;
		/* Dimensions inside it are not part of the run: elements wait in a buffer */
		for (d = i + 1; d < 4; d++)
			reordered |= !used[d];
		used[i] = true;
		run *= t->dim[i];
	}
	return reordered && run > TRANSPOSE_RUN ? TRANSPOSE_RUN : run;
}

static void charge_tensor(struct cost *cost, const struct v3npu_tensor *t, uint64_t times,
			  bool write)
{
	uint64_t run = run_bytes(t);

	charge_runs(cost, t->addr, div_up(distinct_elements(t), run), run, times, write);
}

static uint64_t elements(const struct v3npu_tensor *t)
{
	return (uint64_t)t->dim[0] * t->dim[1] * t->dim[2] * t->dim[3];
}

/* Operands that broadcast are kept in the line buffer, or fetched each time they are needed */
static uint64_t repeats(const struct v3npu_tensor *t)
{
	uint64_t distinct = distinct_elements(t);

	return distinct <= LINE_BUFFER ? 1 : elements(t) / distinct;
}

static void charge_operand(struct cost *cost, const struct v3npu_tensor *t, uint64_t times)
{
	charge_tensor(cost, t, mul(times, repeats(t)), false);
}

static void charge_table(struct cost *cost, uint64_t table)
{
	if (table)
		charge_linear(cost, table, 256, 1);
}

static void charge_output(struct cost *cost, const struct v3npu_output *o,
			  const struct v3npu_tensor *out)
{
	uint64_t entries = o->flags & V3NPU_OUTPUT_PER_TENSOR ? 1 : out->dim[3];

	charge_linear(cost, o->chan, entries * sizeof(struct v3npu_chan), 1);
	charge_table(cost, o->table);
	charge_tensor(cost, out, 1, true);
}

/* Elements that the vector unit takes a cycle */
static uint64_t vector_lanes(const struct v3npu_config *config)
{
	return config->macs / 32;
}

static void cost_vector(struct cost *cost, uint64_t steps)
{
	cost->compute = add(cost->compute, div_up(steps, vector_lanes(cost->config)));
}

/*
 * MAC array: each cycle, one brick times as many pixels as there are slices.
 * The output stage takes a quarter of a brick's results a slice and cycle, and
 * works while the array is busy with the next.
 */
static void cost_array(struct cost *cost, uint64_t pixels, uint64_t bricks, uint64_t depth_quads,
		       uint64_t results)
{
	uint64_t slices = cost->config->macs / SLICE_MACS;
	uint64_t array = mul(mul(div_up(pixels, slices), bricks), depth_quads);
	uint64_t stage = div_up(results, slices * (V3NPU_BRICK_O / 4));

	cost->compute = add(cost->compute, array > stage ? array : stage);
}

/*
 * How often operands and weights are fetched. What fits its buffer is fetched
 * once. If neither fits, the sequencer takes the cheaper of two orders: all of
 * the input for each buffer full of weights, or all of the weights for each
 * buffer full of input rows (a band).
 */
static void choose_order(uint64_t input_bytes, uint64_t weight_bytes, uint64_t bands,
			 uint64_t *input_times, uint64_t *weight_times)
{
	uint64_t passes = div_up(weight_bytes, WEIGHT_BUFFER);
	uint64_t input = mul(input_bytes, *input_times);

	*weight_times = 1;
	if (passes == 1 || bands == 1)
		return;
	if (add(mul(input, passes), weight_bytes) <= add(input, mul(weight_bytes, bands)))
		*input_times = mul(*input_times, passes);
	else
		*weight_times = bands;
}

/* Rows of an image that the line buffer holds, and what follows for @kernel rows a window */
static void line_buffer(const struct v3npu_tensor *in, uint64_t kernel, uint64_t stride,
			uint64_t dilation, uint64_t out_rows, uint64_t *input_times,
			uint64_t *bands)
{
	uint64_t row = (uint64_t)in->dim[2] * in->dim[3];
	uint64_t span = (kernel - 1) * dilation + 1;
	uint64_t rows = LINE_BUFFER / row;

	if (rows < span) {
		/* Each window row is fetched anew, if need be a buffer full of them at a time */
		*input_times = kernel;
		*bands = out_rows * div_up(kernel * row, LINE_BUFFER);
	} else {
		*input_times = 1;
		*bands = rows >= in->dim[1] ? 1 : div_up(out_rows, (rows - span) / stride + 1);
	}
	*bands *= in->dim[0];
}

static void cost_conv(struct cost *cost, const struct v3npu_cmd_conv *c)
{
	uint64_t taps = (uint64_t)c->kernel[0] * c->kernel[1];
	uint64_t group_in = c->in.dim[3] / c->groups, group_out = c->out.dim[3] / c->groups;
	uint64_t pixels = (uint64_t)c->out.dim[1] * c->out.dim[2];
	uint64_t window_rows = (uint64_t)(c->kernel[0] - 1) * c->dilation[0] + 1;
	uint64_t bricks, sums, quads, bytes, input_times, weight_times, bands, lead;

	if (group_in == 1 && c->groups > 1) {
		/* Depthwise: four groups as if they were one, with weights of 0 between them */
		bricks = div_up(c->groups, V3NPU_BRICK_I) *
			 div_up(V3NPU_BRICK_I * group_out, V3NPU_BRICK_O);
		quads = taps;
		sums = div_up(c->groups, V3NPU_BRICK_I);
	} else {
		bricks = div_up(group_out, V3NPU_BRICK_O) * c->groups;
		sums = c->groups;
		quads = taps * div_up(group_in, V3NPU_BRICK_I);
	}
	/* The operands' sums for the weights' zero point are one more brick, of ones */
	if (!c->weight_zero_point)
		sums = 0;
	cost_array(cost, pixels, (bricks + sums) * c->out.dim[0], quads, elements(&c->out));
	if (c->weight_format == V3NPU_WEIGHTS_BRICK)
		bytes = bricks * quads * SLICE_MACS;
	else
		bytes = taps * group_in * c->out.dim[3];
	line_buffer(&c->in, c->kernel[0], c->stride[0], c->dilation[0], c->out.dim[1],
		    &input_times, &bands);
	choose_order(mul(distinct_elements(&c->in), repeats(&c->in)), bytes, bands, &input_times,
		     &weight_times);
	charge_operand(cost, &c->in, input_times);
	charge_linear(cost, c->weights, bytes, weight_times);
	charge_output(cost, &c->output, &c->out);
	/* The first window's rows, of those that there are, and the first brick */
	if (window_rows > c->in.dim[1])
		window_rows = c->in.dim[1];
	lead = window_rows * c->in.dim[2] * c->in.dim[3];
	charge_lead(cost, c->in.addr, lead < LINE_BUFFER ? lead : LINE_BUFFER, run_bytes(&c->in));
	lead = quads * SLICE_MACS;
	charge_lead(cost, c->weights, lead < bytes ? lead : bytes, bytes);
	cost->counters->macs = mul(elements(&c->out), taps * group_in);
}

static void cost_matmul(struct cost *cost, const struct v3npu_cmd_matmul *m)
{
	uint64_t depth = m->a.dim[3], batches = (uint64_t)m->out.dim[0] * m->out.dim[1];
	uint64_t rows = m->out.dim[2], columns = m->out.dim[3];
	uint64_t bands = div_up(rows, LINE_BUFFER / depth);
	uint64_t a_times = 1, b_times;

	cost_array(cost, rows, mul(div_up(columns, V3NPU_BRICK_O), batches),
		   div_up(depth, V3NPU_BRICK_I), elements(&m->out));
	choose_order(rows * depth, columns * depth, bands, &a_times, &b_times);
	charge_operand(cost, &m->a, a_times);
	charge_operand(cost, &m->b, b_times);
	charge_output(cost, &m->output, &m->out);
	charge_lead(cost, m->a.addr, depth, run_bytes(&m->a));
	charge_lead(cost, m->b.addr, depth * (columns < V3NPU_BRICK_O ? columns : V3NPU_BRICK_O),
		    run_bytes(&m->b));
	cost->counters->macs = mul(elements(&m->out), depth);
}

static void cost_eltwise(struct cost *cost, const struct v3npu_cmd_eltwise *e)
{
	cost_vector(cost, elements(&e->out));
	charge_operand(cost, &e->in[0], 1);
	charge_operand(cost, &e->in[1], 1);
	charge_table(cost, e->table);
	charge_tensor(cost, &e->out, 1, true);
}

static void cost_pool(struct cost *cost, const struct v3npu_cmd_pool *p)
{
	uint64_t input_times, bands;

	cost_vector(cost, mul(elements(&p->out), (uint64_t)p->kernel[0] * p->kernel[1]));
	line_buffer(&p->in, p->kernel[0], p->stride[0], 1, p->out.dim[1], &input_times, &bands);
	charge_operand(cost, &p->in, input_times);
	charge_table(cost, p->table);
	charge_tensor(cost, &p->out, 1, true);
}

static void cost_softmax(struct cost *cost, const struct v3npu_cmd_softmax *s)
{
	uint64_t rows = elements(&s->out) / s->out.dim[3];

	/* Maximum, sum, result: one step an element each */
	cost_vector(cost, 3 * elements(&s->out) + RECIPROCAL_CYCLES * rows);
	charge_operand(cost, &s->in, 1);
	charge_tensor(cost, &s->out, 1, true);
}

static void cost_resize(struct cost *cost, const struct v3npu_cmd_resize *r)
{
	bool bilinear = r->mode == V3NPU_RESIZE_BILINEAR;
	struct v3npu_tensor in = r->in;
	uint64_t row = (uint64_t)in.dim[2] * in.dim[3], most = r->out.dim[1];

	/* Rows that no output row takes are not fetched; BILINEAR takes two */
	most *= bilinear ? 2 : 1;
	if (in.dim[1] > most)
		in.dim[1] = most;
	cost_vector(cost, mul(elements(&r->out), bilinear ? BILINEAR_STEPS : 1));
	charge_operand(cost, &in, bilinear && 2 * row > LINE_BUFFER ? 2 : 1);
	charge_tensor(cost, &r->out, 1, true);
}

static void cost_argmax(struct cost *cost, const struct v3npu_cmd_argmax *a)
{
	cost_vector(cost, elements(&a->in));
	charge_operand(cost, &a->in, 1);
	charge_tensor(cost, &a->out, 1, true);
}

static void cost_copy(struct cost *cost, const struct v3npu_cmd_copy *c)
{
	cost_vector(cost, elements(&c->out));
	charge_operand(cost, &c->in, 1);
	charge_table(cost, c->table);
	charge_tensor(cost, &c->out, 1, true);
}

/* Cycles that bytes take at DRAM bandwidth */
static uint64_t dram_time(const struct v3npu_config *config, uint64_t bytes)
{
	return add(mul(bytes / config->dram_mbps, config->clock_mhz),
		   div_up(bytes % config->dram_mbps * config->clock_mhz, config->dram_mbps));
}

/* Cycles that bytes take at the SRAM's port, which is for reading and writing */
static uint64_t sram_time(const struct v3npu_config *config, uint64_t bytes)
{
	uint64_t port = config->macs / 32;

	return div_up(bytes, port > SRAM_PORT_MIN ? port : SRAM_PORT_MIN);
}

/* Cycles of the part of a command that overlaps: computing, and moving data meanwhile */
static uint64_t busy_cycles(const struct cost *cost)
{
	const struct v3npu_config *config = cost->config;
	const struct v3npu_counters *c = cost->counters;
	uint64_t dram = dram_time(config, add(c->dram_read, c->dram_write));
	uint64_t latency = div_up(mul(cost->runs, config->dram_latency), DRAM_IN_FLIGHT);
	uint64_t sram = sram_time(config, add(c->sram_read, c->sram_write));
	uint64_t busy = cost->compute;

	if (busy < dram)
		busy = dram;
	if (busy < latency)
		busy = latency;
	return busy < sram ? sram : busy;
}

void v3npu_cost(const struct v3npu_config *config, const void *cmd,
		struct v3npu_counters *counters)
{
	const struct v3npu_cmd_hdr *hdr = cmd;
	struct cost cost = { .config = config, .counters = counters };

	memset(counters, 0, sizeof(*counters));
	switch (hdr->opcode) {
	case V3NPU_OP_CONV:
		cost_conv(&cost, cmd);
		break;
	case V3NPU_OP_MATMUL:
		cost_matmul(&cost, cmd);
		break;
	case V3NPU_OP_ELTWISE:
		cost_eltwise(&cost, cmd);
		break;
	case V3NPU_OP_POOL:
		cost_pool(&cost, cmd);
		break;
	case V3NPU_OP_SOFTMAX:
		cost_softmax(&cost, cmd);
		break;
	case V3NPU_OP_RESIZE:
		cost_resize(&cost, cmd);
		break;
	case V3NPU_OP_COPY:
		cost_copy(&cost, cmd);
		break;
	case V3NPU_OP_ARGMAX:
		cost_argmax(&cost, cmd);
		break;
	default:
		/* NOP and STALL are no work of the datapath */
		return;
	}
	counters->cycles = add(busy_cycles(&cost), STARTUP_CYCLES);
	counters->cycles = add(counters->cycles, dram_time(config, cost.lead_dram));
	counters->cycles = add(counters->cycles, sram_time(config, cost.lead_sram));
	if (cost.runs)
		counters->cycles = add(counters->cycles, config->dram_latency);
}
