// SPDX-License-Identifier: MIT
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "vision/meta/names.h"

#define MB(bytes)	((bytes) / 1e6)
#define MIB(bytes)	((bytes) / 1048576.0)

static uint64_t parameters(const struct q_graph *g)
{
	uint64_t count = 0;
	uint32_t i;

	for (i = 0; i < g->tensor_count; i++)
		if (g->tensors[i].real)
			count += ir_elements(&g->tensors[i].shape);
	return count;
}

static void report_search(const struct q_product *p)
{
	const struct q_search *s = &p->search;
	uint32_t i, free = 0;

	for (i = 0; i < p->groups.count; i++)
		free += !p->groups.list[i].fixed;
	printf("  ranges of %u activations from %u pictures: %s", free, p->calibrated,
	       q_method_name(s->method));
	if (!p->held_out) {
		putchar('\n');
		return;
	}
	printf("; of %u another one's, by the error on %u held-out pictures:\n   ", s->moved,
	       p->held_out);
	for (i = 0; i < Q_METHODS; i++)
		printf(" %s %.5f,", q_method_name(i), s->before[i]);
	printf(" in the end %.5f\n", s->after);
	printf("  channels %s: error with all of the factors %.5f, their roots %.5f, none %.5f\n",
	       s->power == 1 ? "equalized" : s->power > 0 ? "equalized in part" : "as they were",
	       s->equalized[2], s->equalized[1], s->equalized[0]);
	if (s->biases)
		printf("  biases of %d products corrected\n", s->biases);
	else
		printf("  biases as they were: corrected ones have an error of %.5f\n",
		       s->corrected);
	printf("  rounding nothing but the output has an error of %.5f\n", s->floor);
}

void report_product(const struct q_source *source, const struct q_product *p, const char *out)
{
	double whole = 4.0 * parameters(&source->g);

	printf("%s: %s%s%s\n", source->path, mode_name(p->mode), out ? " in " : "",
	       out ? out : "");
	printf("  %u operators of %u, %.2f MB (%.2f MiB), %+.1f%% to float32, %+.1f%% to float16\n",
	       p->q.op_count, source->g.op_count, MB(p->size), MIB(p->size),
	       100 * (p->size / whole - 1), 100 * (p->size / (whole / 2) - 1));
	if (p->split_head)
		puts("  the head is computed level by level: boxes and classes have their own "
		     "scales");
	if (p->mode == MODE_FULL_INTEGER)
		report_search(p);
}

double report_share(float made, float real)
{
	return real > 0 ? made / real : 1;
}

static void judge(const char *what, const char *unit, double value, double bound, bool at_least,
		  int digits)
{
	bool good = at_least ? value >= bound : value < bound;

	printf("  %-4s %s: %.*f%s, %s %.*f%s\n", good ? "PASS" : "FAIL", what, digits, value, unit,
	       at_least ? "at least" : "less than", digits, bound, unit);
}

bool report_passes(float share50, float share, size_t size, double ms)
{
	return share50 >= Q_MIN_SHARE && share >= Q_MIN_SHARE && size < Q_MAX_SIZE &&
	       ms < Q_MAX_MS;
}

static float mean(const float ap[MAP_LEVELS])
{
	float sum = 0;
	int i;

	for (i = 0; i < MAP_LEVELS; i++)
		sum += ap[i] / MAP_LEVELS;
	return sum;
}

static void report_classes(const struct report_scores *e, const struct names *names)
{
	int c;

	printf("\n  %-22s %8s %15s %15s\n", "", "", "AP50", "AP50-95");
	printf("  %-22s %8s %7s %7s %7s %7s\n", "class", "objects", "float", "made", "float",
	       "made");
	for (c = 0; c < e->real.map.classes; c++) {
		if (!e->real.map.objects[c])
			continue;
		printf("  %-22s %8u %7.3f %7.3f %7.3f %7.3f\n", names->name[c],
		       e->real.map.objects[c], e->real.map.ap[c][0], e->made.map.ap[c][0],
		       mean(e->real.map.ap[c]), mean(e->made.map.ap[c]));
	}
	printf("  %-22s %8s %7.4f %7.4f %7.4f %7.4f\n", "all", "", e->real.map.map50, e->made.map.map50,
	       e->real.map.map, e->made.map.map);
}

bool report_evaluation(const struct q_product *p, const struct report_scores *e,
		       const char *metadata)
{
	float share50 = report_share(e->made.map.map50, e->real.map.map50);
	float share = report_share(e->made.map.map, e->real.map.map);
	bool passes = report_passes(share50, share, p->size, e->made.ms);
	struct names names;

	printf("\nOn %u labelled pictures\n", e->real.pictures);
	if (!v3v_names_parse(metadata, e->real.map.classes, &names))
		report_classes(e, &names);
	v3v_names_free(&names);
	putchar('\n');
	judge("mAP50 of float", "", share50, Q_MIN_SHARE, true, 3);
	judge("mAP50-95 of float", "", share, Q_MIN_SHARE, true, 3);
	judge("size", " MB", MB(p->size), MB(Q_MAX_SIZE), false, 2);
	judge(p->mode == MODE_FULL_INTEGER ? "an inference on the NPU" :
	      "an inference on this CPU", " ms", e->made.ms, Q_MAX_MS, false, 2);
	puts(passes ? "PASS" : "FAIL");
	return passes;
}
