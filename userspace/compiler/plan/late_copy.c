// SPDX-License-Identifier: MIT
/*
 * An operand of a CONCAT is made where the result has it, so the result's
 * memory is in use from its first operand on. Where one operand is a RESIZE,
 * which makes much of little, that is a bad bargain: a tensor that was made long
 * before, such as a skip connection, keeps a cascade from making the large
 * result in stripes and never storing it. Such operands are copied right before
 * the CONCAT instead, in stripes too.
 */
#include "late_copy.h"

#include "compiler/graph/passes.h"
#include "model/engine.h"
#include "place.h"

/* Nodes before a CONCAT among which an operand's producer is close enough to be cascaded with it */
#define CLOSE	4
/* Rows of a stripe, for an estimate */
#define STRIPE_ROWS	16

static bool is_enlarged(const struct ir_graph *g, int value)
{
	const struct ir_value *v = &g->values[value];

	return v->producer >= 0 && v->use_count == 1 && g->nodes[v->producer].kind == IR_RESIZE;
}

/* Bytes of the operands of a CONCAT that are, or are not, made by a RESIZE */
static double operand_bytes(const struct ir_graph *g, const struct ir_node *n, bool enlarged)
{
	double bytes = 0;
	int i;

	for (i = 0; i < n->in_count; i++)
		if (is_enlarged(g, n->in[i]) == enlarged)
			bytes += ir_elements(&g->values[n->in[i]].shape);
	return bytes;
}

static double saved(double dram, double other)
{
	return dram > other ? dram - other : 0;
}

/*
 * Cycles that are saved if the result is never in DRAM, by what
 * Documentation/cycle-model.md says of a byte: the RESIZE and the readers wait for
 * DRAM no more, but the copies take time.
 */
static double estimate(const struct ir_graph *g, const struct ir_node *n,
		       const struct v3npu_config *config)
{
	const struct ir_value *out = &g->values[n->out];
	double dram = (double)config->clock_mhz / config->dram_mbps, vector = 32.0 / config->macs;
	double large = operand_bytes(g, n, true), rest = operand_bytes(g, n, false);
	double cycles = large * saved(dram, vector) - rest * (dram > vector ? dram : vector);
	int i;

	for (i = 0; i < out->use_count; i++) {
		const struct ir_node *user = &g->nodes[g->uses[out->first_use + i]];
		const struct ir_shape *shape = &g->values[user->out].shape;

		if (user->kind == IR_CONV)
			cycles += (large + rest) *
				  saved(dram, (double)shape->dim[3] / config->macs);
	}
	return cycles;
}

/* Stripes of the result fit SRAM, and all of it would not leave room for much else */
static bool is_large(const struct ir_shape *shape, uint32_t sram_size)
{
	uint64_t bytes = ir_elements(shape);

	return bytes > sram_size / 2 && bytes / shape->dim[1] * STRIPE_ROWS <= sram_size;
}

static bool is_candidate(const struct ir_graph *g, const struct ir_node *n,
			 const struct v3npu_config *config)
{
	int i;

	if (n->dead || n->kind != IR_CONCAT || n->axis != 3 ||
	    g->values[n->out].output >= 0 || g->values[n->out].shape.rank != 4 ||
	    !is_large(&g->values[n->out].shape, config->sram_size))
		return false;
	for (i = 0; i < n->in_count; i++)
		if (is_enlarged(g, n->in[i]))
			return estimate(g, n, config) > 0;
	return false;
}

int v3c_copy_late(struct v3c_ctx *ctx, struct ir_graph *g, const struct v3c_target *target)
{
	struct v3npu_config config;
	int i, k, ret;

	/* Of an NPU that the cycle model does not know it cannot say what pays */
	if (!v3c_target_config(target, &config))
		return 0;
	for (i = 0; i < g->node_count; i++) {
		if (!is_candidate(g, &g->nodes[i], &config))
			continue;
		for (k = 0; k < g->nodes[i].in_count; k++) {
			int in = g->nodes[i].in[k], copy;

			if (is_enlarged(g, in) || g->values[in].producer < 0 ||
			    g->values[in].producer > i - CLOSE)
				continue;
			copy = v3c_ir_add_value(ctx, g, &g->values[in].shape, g->values[in].quant);
			if (copy < 0)
				return copy;
			ret = v3c_ir_insert_node(ctx, g, i, IR_TABLE, &g->nodes[i], in, copy);
			if (ret)
				return ret;
			g->nodes[++i].in[k] = copy;
		}
		ret = v3c_ir_update_uses(ctx, g);
		if (ret)
			return ret;
	}
	return 0;
}
