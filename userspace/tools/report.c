// SPDX-License-Identifier: MIT
#include "report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/json_text.h"

/* JSON has no infinity and no NaN, which a float model can say */
static json_t *json_number(float v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *json_keypoint(const struct v3npu_keypoint *p)
{
	return json_pack("[o,o,o]", json_number(p->x), json_number(p->y), json_number(p->score));
}

static json_t *json_detection(enum v3npu_task task, const struct v3npu_detection *d)
{
	json_t *object = json_pack("{s:s, s:i, s:o}", "class", d->name, "class_id", d->class_id,
				   "score", json_number(d->score)), *list;
	uint32_t k;

	/* A class of the whole picture has no box */
	if (task != V3NPU_TASK_CLASSIFY)
		json_object_set_new(object, "box", json_pack("[f,f,f,f]", d->box[0], d->box[1],
							     d->box[2], d->box[3]));
	if (d->turned) {
		list = json_array();
		for (k = 0; k < 8; k += 2)
			json_array_append_new(list, json_pack("[o,o]", json_number(d->corners[k]),
							      json_number(d->corners[k + 1])));
		json_object_set_new(object, "corners", list);
	}
	if (d->keypoints) {
		list = json_array();
		for (k = 0; k < d->keypoint_count; k++)
			json_array_append_new(list, json_keypoint(&d->keypoints[k]));
		json_object_set_new(object, "keypoints", list);
	}
	return object;
}

static void json_image(struct report *r, const struct report_image *image)
{
	struct v3npu_detection d = { .struct_size = sizeof(d) };
	json_t *list = json_array(), *object;
	size_t k;

	for (k = 0; !v3npu_detections_get(image->found, k, &d); k++)
		json_array_append_new(list, json_detection(image->task, &d));
	object = json_pack("{s:o, s:i, s:i, s:o, s:f, s:f, s:f, s:f}",
			   "image", json_text(image->path), "width", image->width,
			   "height", image->height, "detections", list,
			   "read_ms", image->read_ms, "letterbox_ms", image->letterbox_ms,
			   "inference_ms", image->inference_ms, "decode_ms", image->decode_ms);
	if (image->drawn)
		json_object_set_new(object, "drawn", json_text(image->drawn));
	if (!r->images)
		r->images = json_array();
	json_array_append_new(r->images, object);
}

/* A row for each detection; classes of the whole picture have no place in it */
static void print_table(const struct report_image *image, int width)
{
	struct v3npu_detection d = { .struct_size = sizeof(d) };
	bool whole = image->task == V3NPU_TASK_CLASSIFY;
	size_t k;

	if (v3npu_detections_count(image->found))
		printf("  %-*s  score%s\n", width, "class",
		       whole ? "" : "    left     top   right  bottom");
	for (k = 0; !v3npu_detections_get(image->found, k, &d); k++) {
		printf("  %-*s  %5.2f", width, d.name, d.score);
		if (!whole)
			printf(" %7.1f %7.1f %7.1f %7.1f", d.box[0], d.box[1], d.box[2], d.box[3]);
		putchar('\n');
	}
}

void report_image(struct report *r, const struct report_image *image)
{
	struct v3npu_detection d = { .struct_size = sizeof(d) };
	size_t count = v3npu_detections_count(image->found), k;
	int width = strlen("class");

	if (r->json) {
		json_image(r, image);
		return;
	}
	printf("%s: %dx%d", image->path, image->width, image->height);
	if (image->task == V3NPU_TASK_CLASSIFY)
		putchar('\n');
	else
		printf(", %zu object%s\n", count, count == 1 ? "" : "s");
	for (k = 0; !v3npu_detections_get(image->found, k, &d); k++) {
		int n = strlen(d.name);

		width = n > width ? n : width;
	}
	print_table(image, width);
	printf("  read %.1f ms, letterbox %.1f ms, inference %.1f ms, decode %.1f ms\n",
	       image->read_ms, image->letterbox_ms, image->inference_ms, image->decode_ms);
	if (image->drawn)
		printf("  drawn in %s\n", image->drawn);
}

void report_raw(struct report *r, const char *out, size_t size)
{
	r->raw = true;
	if (!r->json) {
		printf("%s: %zu bytes\n", out, size);
		return;
	}
	if (!r->images)
		r->images = json_array();
	json_array_append_new(r->images, json_pack("{s:o, s:I, s:f}", "output", json_text(out),
						   "bytes", (json_int_t)size, "inference_ms",
						   r->stats.wall_ms));
}

static double utilization(const struct report *r)
{
	double available = (double)r->stats.cycles * r->device.macs;

	return available ? r->stats.macs / available : 0;
}

static double per_second(const struct report *r)
{
	return r->bench.runs / r->bench.total_ms * 1e3;
}

static void print_json(struct report *r)
{
	json_t *root = json_pack("{s:o, s:s, s:f, s:f, s:I, s:I, s:I, s:I, s:f}",
		"model", json_text(r->model_path), "device", r->device.name,
		"load_ms", r->load_ms, "compile_ms", r->model.compile_ms,
		"npu_cycles", (json_int_t)r->stats.cycles, "macs", (json_int_t)r->stats.macs,
		"dram_read", (json_int_t)r->stats.dram_read,
		"dram_write", (json_int_t)r->stats.dram_write, "mac_utilization", utilization(r));

	json_object_update_new(root, json_pack("{s:I, s:I, s:f}",
		"operators_npu", (json_int_t)r->stats.operators_npu,
		"operators_cpu", (json_int_t)r->stats.operators_cpu, "cpu_ms", r->stats.cpu_ms));
	if (r->bench.runs)
		json_object_update_new(root, json_pack("{s:i, s:f, s:f, s:i, s:f}",
			"runs", r->bench.runs, "median_ms", bench_median(&r->bench),
			"min_ms", r->bench.ms[0], "depth", r->bench.depth,
			"per_second", per_second(r)));
	if (json_array_size(r->images) == 1)
		json_object_update(root, json_array_get(r->images, 0));
	else
		json_object_set(root, r->raw ? "outputs" : "images", r->images);
	json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(root);
}

static void print_text(const struct report *r)
{
	const struct v3npu_run_stats *s = &r->stats;

	if (r->raw)
		printf("  inference %.1f ms\n", s->wall_ms);
	printf("%s on %s: loaded in %.1f ms (compiled in %.1f ms)\n", r->model_path, r->device.name,
	       r->load_ms, r->model.compile_ms);
	if (s->operators_npu)
		printf("  NPU: %u operators, %" PRIu64 " cycles (%.1f ms at %u MHz), %" PRIu64
		       " MACs (%.1f%% of %u a cycle), DRAM %.1f MB read, %.1f MB written\n",
		       s->operators_npu, s->cycles, s->cycles / (r->device.clock_mhz * 1e3),
		       r->device.clock_mhz, s->macs, utilization(r) * 100, r->device.macs,
		       s->dram_read / 1e6, s->dram_write / 1e6);
	if (s->operators_cpu)
		printf("  CPU: %u operators, %.1f ms\n", s->operators_cpu, s->cpu_ms);
	if (r->bench.runs)
		printf("  %d runs: median %.2f ms, fastest %.2f ms, %.1f a second with %d at a "
		       "time\n", r->bench.runs, bench_median(&r->bench), r->bench.ms[0],
		       per_second(r), r->bench.depth);
}

int report_end(struct report *r)
{
	if (r->json)
		print_json(r);
	else
		print_text(r);
	json_decref(r->images);
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}
