// SPDX-License-Identifier: MIT
/*
 * One tensor of candidates: which of its dimensions is that of the rows, and what they are. The
 * number of names tells most; where it does not, the number of candidates may: YOLO has one (or,
 * up to version 7, three) for each cell of grids of 8, 16, 32 and 64 pixels.
 */
#include <errno.h>

#include "layout.h"
#include "vision/error.h"
#include "vision/image/input.h"

#define BOX_ROWS	4
#define DECIDED_ROWS	6
#define DECIDED_MAX	1000	/* candidates of models that suppress what overlaps: 300 or fewer */
#define CANDIDATES_MAX	(1 << 24)
#define CLASSES_UNKNOWN	1000

/* A score's steps: with fewer than four in 1, an output of bytes has lost them */
#define SCORE_STEP_MAX	0.25f

/**
 * struct question - what is asked about a tensor [1, a, b]
 * @a: its middle dimension
 * @b: its last
 * @classes: names that there are; 0 if none
 * @extra: rows after the classes' scores: key points, an angle, coefficients of masks
 * @shape: the tensor's, for messages
 */
struct question {
	const struct layout_source *s;
	int a;
	int b;
	int classes;
	int extra;
	char shape[SHAPE_TEXT_SIZE];
};

/* Is it a number of cells of YOLO's grids, each with @each candidates? */
static bool is_grid(const struct layout_source *s, int count, int each)
{
	static const int first[] = { 8, 16, 32 };
	size_t i;
	int side, cells;

	for (i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
		cells = 0;
		for (side = first[i]; side <= 64; side *= 2) {
			cells += (s->in_width / side) * (s->in_height / side);
			if (cells && count == each * cells)
				return true;
		}
	}
	return false;
}

static bool is_any_grid(const struct layout_source *s, int count)
{
	return is_grid(s, count, 1) || is_grid(s, count, 3);
}

/* Whether the last dimension is of rows that a model has decided on */
static bool is_decided(const struct question *q)
{
	const struct metadata *m = q->s->metadata;

	if (q->b != DECIDED_ROWS + q->extra)
		return false;
	if (m->says_end2end)
		return m->end2end;
	return q->a <= DECIDED_MAX && !is_any_grid(q->s, q->a);
}

/* How many of what a tensor can be fit, exactly if the names say how many classes there are */
struct answers {
	bool rows_first;
	bool rows_last;
	bool objectness;
	bool decided;
};

static int count_answers(const struct answers *a)
{
	return a->rows_first + a->rows_last + a->objectness + a->decided;
}

static struct answers exact_answers(const struct question *q)
{
	int rows = BOX_ROWS + q->classes + q->extra;

	return (struct answers) {
		.rows_first = q->classes && q->a == rows,
		.rows_last = q->classes && q->b == rows,
		.objectness = q->classes && q->b == rows + 1,
		.decided = is_decided(q),
	};
}

/* Where names do not tell, the grids do, or else that there are more candidates than rows */
static struct answers loose_answers(const struct question *q)
{
	int least = BOX_ROWS + 1 + q->extra;
	bool first = q->a >= least, last = q->b >= least;

	if (first && last && is_any_grid(q->s, q->a) != is_any_grid(q->s, q->b)) {
		first = is_any_grid(q->s, q->b);
		last = !first;
	} else if (first && last) {
		first = q->a <= q->b;
		last = !first;
	}
	if (!last)
		return (struct answers) { .rows_first = first };
	return (struct answers) {
		.rows_last = !is_grid(q->s, q->a, 3),
		.objectness = q->b > least && !is_grid(q->s, q->a, 1),
	};
}

/* What stays open although the names are known is settled by the number of candidates */
static void settle(const struct question *q, struct answers *a)
{
	if (count_answers(a) < 2)
		return;
	/* That was asked of the metadata, or of the number of candidates, already */
	if (a->decided) {
		*a = (struct answers) { .decided = true };
		return;
	}
	a->rows_first = a->rows_first && !(is_any_grid(q->s, q->a) && !is_any_grid(q->s, q->b));
	a->rows_last = a->rows_last && !is_grid(q->s, q->a, 3);
	a->objectness = a->objectness && !is_grid(q->s, q->a, 1);
	if (a->rows_first && is_any_grid(q->s, q->b))
		*a = (struct answers) { .rows_first = true };
}

static int ask(const struct question *q, const struct answers *a)
{
	if (!count_answers(a))
		return v3v_fail(-ENOTSUP, "its output, %s, is not a detector's, 1x(4 + classes)xN; "
				"export it as one", q->shape);
	return v3v_fail(-ENODATA, "its output, %s, can be read in several ways; give labels, a line "
			"for each class, so that their number tells", q->shape);
}

static void fill(const struct question *q, const struct answers *a,
		 const struct v3npu_tensor_info *t, struct layout *l)
{
	int rows = a->rows_first ? q->a : q->b;

	l->kind = LAYOUT_CANDIDATES;
	l->output = (struct detect_output) {
		.tensor = v3v_layout_stored(t),
		.form = a->decided ? OUTPUT_DECIDED :
			a->objectness ? OUTPUT_OBJECTNESS : OUTPUT_SCORES,
		.candidates = a->rows_first ? q->b : q->a,
		.row_step = a->rows_first ? q->b : 1,
		.step = a->rows_first ? 1 : q->b,
	};
	if (a->decided) {
		l->classes = q->classes;
		l->output.classes = q->classes > CLASSES_UNKNOWN ? q->classes : CLASSES_UNKNOWN;
	} else {
		l->classes = rows - BOX_ROWS - q->extra - a->objectness;
		l->output.classes = l->classes;
	}
}

/* What follows the scores: key points, the angle, coefficients */
static void fill_extra(const struct question *q, struct layout *l)
{
	const struct detect_output *o = &l->output;
	int first = o->form == OUTPUT_DECIDED ? DECIDED_ROWS :
		    BOX_ROWS + (o->form == OUTPUT_OBJECTNESS) + o->classes;

	if (l->task == V3NPU_TASK_POSE) {
		l->keypoints = q->s->metadata->keypoints;
		l->keypoint_values = q->s->metadata->keypoint_values;
		l->keypoint_row = first;
	}
	if (l->task == V3NPU_TASK_OBB)
		l->output.angle = first;
	l->prototypes.first = first;
}

/* The task that the metadata's silence leaves: what has masks or key points says so */
static int choose_task(const struct question *q, struct layout *l)
{
	const struct layout_source *s = q->s;

	l->task = s->task;
	if (!l->task && s->count == 2)
		l->task = V3NPU_TASK_SEGMENT;
	if (!l->task && s->metadata->keypoints)
		l->task = V3NPU_TASK_POSE;
	if (!l->task) {
		/* Without an angle and key points, if the rows are exactly those of the names */
		struct answers a = exact_answers(q);

		if (!count_answers(&a))
			return v3v_fail(-ENODATA, "its output, %s, is of candidates, but nothing says "
					"what they are; say the task: detect, obb, pose or segment; "
					"and give labels, which name the classes", q->shape);
		l->task = V3NPU_TASK_DETECT;
	}
	if (l->task == V3NPU_TASK_CLASSIFY)
		return v3v_fail(-ENODATA, "its output, %s, is a detector's, not one for the task "
				"classify; say detect, obb, pose or segment", q->shape);
	if (l->task == V3NPU_TASK_POSE && !s->metadata->keypoints)
		return v3v_fail(-ENOTSUP, "its output, %s, has key points, but nothing says how many: "
				"its metadata has no kpt_shape; export it again", q->shape);
	if (l->task == V3NPU_TASK_SEGMENT && s->count != 2)
		return v3v_fail(-ENOTSUP, "its output, %s, is all there is, but masks need prototypes, "
				"a second output; export it with them", q->shape);
	return 0;
}

static int extra_rows(const struct layout_source *s, const struct layout *l)
{
	switch (l->task) {
	case V3NPU_TASK_SEGMENT:
		return l->prototypes.count;
	case V3NPU_TASK_POSE:
		return s->metadata->keypoints * s->metadata->keypoint_values;
	case V3NPU_TASK_OBB:
		return 1;
	default:
		return 0;
	}
}

int v3v_layout_candidates(const struct layout_source *s, const struct v3npu_tensor_info *t,
			  struct layout *l)
{
	struct question q = { .s = s, .classes = s->metadata->name_count };
	struct answers answers;
	int ret;

	v3v_format_shape(t, q.shape);
	if (t->dim[0] != 1 || !t->dim[1] || !t->dim[2] || t->dim[1] > CANDIDATES_MAX ||
	    t->dim[2] > CANDIDATES_MAX)
		return v3v_fail(-ENOTSUP, "its output, %s, is not a detector's, 1x(4 + classes)xN; "
				"export it with a batch of 1", q.shape);
	q.a = t->dim[1];
	q.b = t->dim[2];
	ret = choose_task(&q, l);
	if (ret)
		return ret;
	q.extra = extra_rows(s, l);
	answers = exact_answers(&q);
	if (!count_answers(&answers) && l->task == V3NPU_TASK_SEGMENT && q.classes)
		return v3v_fail(-ENODATA, "its output, %s, does not have 4 rows for boxes, %d for the "
				"classes that have names and %d for the prototypes of masks; export it "
				"with the prototypes that belong to it, or give labels, a line for each "
				"class", q.shape, q.classes, q.extra);
	if (!count_answers(&answers))
		answers = loose_answers(&q);
	settle(&q, &answers);
	if (count_answers(&answers) != 1)
		return ask(&q, &answers);
	fill(&q, &answers, t, l);
	fill_extra(&q, l);
	if (t->dtype != V3NPU_FLOAT32 && t->scale > SCORE_STEP_MAX)
		return v3v_fail(-ENOTSUP, "its output, %s, has steps of %.3g, which scores of 0..1 are "
				"lost in: boxes in pixels and scores share one scale; export it with "
				"boxes in 0..1, as Ultralytics' TFLite export has, or with a float32 "
				"output", q.shape, t->scale);
	/* Of one that has decided, a class's number tells nothing about how many there are */
	return l->output.form == OUTPUT_DECIDED ? 0 :
	       v3v_layout_check_names(s, l->classes, q.shape);
}
