// SPDX-License-Identifier: MIT
/* A model's report as a JSON object */
#include "common/json_text.h"
#include "model_report.h"

static json_t *json_layers(const struct model_report *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->layer_count; i++) {
		const struct model_layer *l = &r->layers[i];
		const struct v3npu_counters *c = &l->cost;

		json_array_append_new(list, json_pack(
			"{s:i, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:I}",
			"operator", (int)l->op, "name", model_op_name(r, l->op),
			"commands", (int)l->commands, "cycles", (json_int_t)c->cycles,
			"macs", (json_int_t)c->macs,
			"dram_bytes", (json_int_t)(c->dram_read + c->dram_write),
			"dram_read", (json_int_t)c->dram_read,
			"dram_write", (json_int_t)c->dram_write,
			"sram_bytes", (json_int_t)(c->sram_read + c->sram_write)));
	}
	return list;
}

static json_t *json_kinds(const struct model_report *r)
{
	json_t *list = json_array();
	size_t count, i;
	struct model_kind *kinds = model_kinds(r, &count);

	for (i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:i, s:i}",
			"name", kinds[i].name, "count", (int)kinds[i].all,
			"npu", (int)kinds[i].count[PLACE_NPU],
			"folded", (int)kinds[i].count[PLACE_FOLDED],
			"cpu", (int)kinds[i].count[PLACE_CPU]));
	free(kinds);
	return list;
}

static json_t *json_not_on_npu(const struct model_report *r)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < r->analysis->op_count; i++) {
		const struct v3c_op_info *op = &r->analysis->ops[i];

		if (op->reason)
			json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:s}",
				"operator", (int)i, "name", op->name, "reason", op->reason,
				"advice", op->advice));
	}
	return list;
}

static json_t *json_types(const struct v3c_analysis *a)
{
	json_t *types = json_object();
	size_t i;

	for (i = 0; i < a->type_count; i++)
		json_object_set_new(types, a->types[i].name, json_integer(a->types[i].bytes));
	return types;
}

static json_t *json_anomalies(const struct v3c_analysis *a)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < a->anomaly_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s}", "kind", a->anomalies[i].kind,
						      "text", a->anomalies[i].text));
	return list;
}

static void add_costs(const struct model_report *r, json_t *root)
{
	const struct v3npu_counters *c = &r->total;
	double time = model_share_time(r);

	json_object_set_new(root, "npu_share_time", time < 0 ? json_null() : json_real(time));
	json_object_set_new(root, "inference_ms", r->whole ? json_real(model_ms(r)) : json_null());
	json_object_update_new(root, json_pack("{s:f, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f}",
		"compile_ms", r->compile_ms, "commands", (int)r->commands,
		"consts_bytes", (json_int_t)r->consts_size,
		"arena_bytes", (json_int_t)r->arena_size,
		"arena_live_bytes", (json_int_t)r->arena_live, "cycles", (json_int_t)c->cycles,
		"dram_bytes", (json_int_t)(c->dram_read + c->dram_write),
		"dram_read", (json_int_t)c->dram_read, "dram_write", (json_int_t)c->dram_write,
		"sram_bytes", (json_int_t)(c->sram_read + c->sram_write),
		"mac_utilization", model_utilization(r)));
}

json_t *model_json(const struct model_report *r)
{
	json_t *root = json_pack("{s:o, s:I, s:I, s:I, s:I, s:o, s:i, s:o, s:f, s:f, s:I}",
		"model", json_text(r->path), "file_bytes", (json_int_t)r->size,
		"parameters", (json_int_t)r->analysis->parameters,
		"float32_bytes", (json_int_t)model_size_as(r, 4),
		"float16_bytes", (json_int_t)model_size_as(r, 2),
		"parameter_bytes", json_types(r->analysis),
		"operators", (int)r->analysis->op_count, "operators_by_kind", json_kinds(r),
		"npu_share", model_share_ops(r), "npu_share_macs", model_share_macs(r),
		"macs", (json_int_t)(r->macs[PLACE_NPU] + r->macs[PLACE_FOLDED] +
				     r->macs[PLACE_CPU]));

	json_object_set_new(root, "target", json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
		"macs", (json_int_t)r->config.macs, "sram", (json_int_t)r->config.sram_size,
		"dram_mbps", (json_int_t)r->config.dram_mbps,
		"dram_latency", (json_int_t)r->config.dram_latency,
		"dram_burst", (json_int_t)r->config.dram_burst,
		"clock_mhz", (json_int_t)r->config.clock_mhz));
	add_costs(r, root);
	json_object_set_new(root, "layers", json_layers(r));
	json_object_set_new(root, "not_on_npu", json_not_on_npu(r));
	json_object_set_new(root, "anomalies", json_anomalies(r->analysis));
	if (r->written)
		json_object_set_new(root, "written", json_text(r->written));
	return root;
}
