// SPDX-License-Identifier: MIT
/* v3v_layout_find(): which outputs mean what, and what is asked for */
#include <errno.h>
#include <string.h>

#include "userspace/tap.h"
#include "vision/decode/layout.h"
#include "vision/error.h"

static struct v3npu_tensor_info tensors[6];
static size_t count;

/* An output more; scale 0: float32 */
static void add(float scale, int rank, const uint32_t *dim)
{
	struct v3npu_tensor_info *t = &tensors[count++];

	*t = (struct v3npu_tensor_info) {
		.rank = rank, .scale = scale, .zero_point = -128,
		.dtype = scale ? V3NPU_INT8 : V3NPU_FLOAT32,
	};
	memcpy(t->dim, dim, rank * sizeof(*dim));
}

#define ADD(scale, ...) \
	add(scale, sizeof((uint32_t[]) { __VA_ARGS__ }) / sizeof(uint32_t), (uint32_t[]) { __VA_ARGS__ })

/* Looks at the outputs so far, with this metadata, in an input of 640x640 */
static int find(const char *metadata, enum v3npu_task task, struct layout *l)
{
	struct metadata m;
	struct layout_source s = {
		.outputs = tensors, .count = count, .in_width = 640, .in_height = 640,
		.metadata = &m,
	};
	int ret;

	v3v_metadata_read(metadata, &m);
	s.task = task ? task : m.task;
	ret = v3v_layout_find(&s, l);
	v3v_metadata_free(&m);
	count = 0;
	return ret;
}

static bool is(const struct layout *l, enum v3npu_task task, enum output_form form, int classes,
	       int candidates, bool rows_first)
{
	const struct detect_output *o = &l->output;

	return l->task == task && l->kind == LAYOUT_CANDIDATES && o->form == form &&
	       l->classes == classes && o->candidates == candidates &&
	       (rows_first ? o->step == 1 && o->row_step == (size_t)candidates :
			     o->row_step == 1 && o->step > 1);
}

/* Names of two classes, and of one */
#define TWO	"{\"task\": \"detect\", \"names\": {\"0\": \"cat\", \"1\": \"dog\"}}"
#define TWO_V5	"{'stride': 32, 'names': {0: 'cat', 1: 'dog'}}"

static void test_detect(void)
{
	struct layout l;

	ADD(0, 1, 6, 8400);
	ok(!find(TWO, 0, &l) && is(&l, V3NPU_TASK_DETECT, OUTPUT_SCORES, 2, 8400, true),
	   "YOLOv8: rows first");
	ADD(0, 1, 8400, 6);
	ok(!find(TWO, 0, &l) && is(&l, V3NPU_TASK_DETECT, OUTPUT_SCORES, 2, 8400, false),
	   "YOLOv8: rows last");
	ADD(0, 1, 25200, 7);
	ok(!find(TWO_V5, 0, &l) && is(&l, V3NPU_TASK_DETECT, OUTPUT_OBJECTNESS, 2, 25200, false),
	   "YOLOv5");
	ADD(0, 1, 300, 6);
	ok(!find("{'task': 'detect', 'end2end': True, 'names': ['a', 'b', 'c']}", 0, &l) &&
	   is(&l, V3NPU_TASK_DETECT, OUTPUT_DECIDED, 3, 300, false), "YOLOv10: decided");
	ADD(0, 1, 300, 6);
	ok(!find(TWO, 0, &l) && l.output.form == OUTPUT_DECIDED,
	   "300 are no candidates of grids, so 6 rows are decided");
	ADD(0, 1, 8400, 6);
	ok(!find("{'task': 'detect', 'names': ['a']}", 0, &l) &&
	   is(&l, V3NPU_TASK_DETECT, OUTPUT_OBJECTNESS, 1, 8400, false),
	   "one class and 6 rows: there is an objectness");
	ADD(0, 1, 84, 8400);
	ok(!find(NULL, V3NPU_TASK_DETECT, &l) &&
	   is(&l, V3NPU_TASK_DETECT, OUTPUT_SCORES, 80, 8400, true), "the task alone, rows first");
	ADD(0, 1, 25200, 85);
	ok(!find(NULL, V3NPU_TASK_DETECT, &l) &&
	   is(&l, V3NPU_TASK_DETECT, OUTPUT_OBJECTNESS, 80, 25200, false),
	   "the task alone, three candidates in each cell");
	ADD(0, 1, 8400, 84);
	ok(!find(NULL, V3NPU_TASK_DETECT, &l) &&
	   is(&l, V3NPU_TASK_DETECT, OUTPUT_SCORES, 80, 8400, false),
	   "the task alone, one candidate in each cell");
	ADD(1 / 255.0f, 1, 6, 8400);
	ok(!find("{\"task\": \"detect\", \"names\": {\"0\": \"cat\"}}", 0, &l) && l.classes == 2,
	   "a mapping may leave out a name");
}

static void test_parts(void)
{
	struct layout l;

	ADD(0, 1, 56, 8400);
	ok(!find("{'task': 'pose', 'kpt_shape': [17, 3], 'names': {0: 'person'}}", 0, &l) &&
	   is(&l, V3NPU_TASK_POSE, OUTPUT_SCORES, 1, 8400, true) && l.keypoints == 17 &&
	   l.keypoint_row == 5, "key points");
	ADD(0, 1, 300, 57);
	ok(!find("{'task': 'pose', 'kpt_shape': [17, 3], 'end2end': True, 'names': ['person']}", 0,
		 &l) && l.output.form == OUTPUT_DECIDED && l.keypoint_row == 6,
	   "key points of what is decided");
	ADD(0, 1, 7, 8400);
	ok(!find("{'task': 'obb', 'names': ['ship', 'plane']}", 0, &l) &&
	   is(&l, V3NPU_TASK_OBB, OUTPUT_SCORES, 2, 8400, true) && l.output.angle == 6,
	   "turned boxes");
	ADD(0, 1, 38, 8400);
	ADD(0, 1, 160, 160, 32);
	ok(!find("{'task': 'segment', 'names': ['a', 'b']}", 0, &l) &&
	   is(&l, V3NPU_TASK_SEGMENT, OUTPUT_SCORES, 2, 8400, true) && l.prototypes.count == 32 &&
	   l.prototypes.width == 160 && l.prototypes.first == 6 && !l.prototypes.planar, "masks");
	ADD(0, 1, 32, 160, 160);
	ADD(0, 1, 25200, 39);
	ok(!find("{'names': ['a', 'b']}", 0, &l) &&
	   is(&l, V3NPU_TASK_SEGMENT, OUTPUT_OBJECTNESS, 2, 25200, false) && l.at[0] == 1 &&
	   l.prototypes.planar && l.prototypes.count == 32 && l.prototypes.first == 7,
	   "masks of YOLOv5, the prototypes first and in planes");
	ADD(0, 1, 10, 4);
	ADD(0, 1, 10);
	ADD(0, 1, 10);
	ADD(0, 1);
	ok(!find("???\nperson\ncar\n", 0, &l) && l.kind == LAYOUT_SSD && l.classes == 2 &&
	   l.first_name == 1 && l.at[0] == 0 && l.at[2] == 2, "SSD");
	ADD(0, 1, 25);
	ADD(0, 1, 25, 4);
	ADD(0, 1);
	ADD(0, 1, 25);
	ok(!find("person\ncar\n", 0, &l) && l.kind == LAYOUT_SSD && l.first_name == 0 &&
	   l.at[0] == 1 && l.at[1] == 3 && l.at[2] == 0 && l.at[3] == 2,
	   "SSD as TensorFlow 2 exports it");
	ADD(1 / 256.0f, 1, 1001);
	ok(!find(NULL, 0, &l) && l.kind == LAYOUT_CLASSES && l.classes == 1001,
	   "softmax is a classifier's");
	ADD(0, 1, 1, 1, 3);
	ok(!find("a\nb\nc", 0, &l) && l.kind == LAYOUT_CLASSES, "as many labels as numbers");
	ADD(0, 1, 3);
	ok(!find(NULL, V3NPU_TASK_CLASSIFY, &l) && l.kind == LAYOUT_CLASSES, "the task classify");
}

static void refuse(const char *what, const char *metadata, enum v3npu_task task, int err,
		   const char *why)
{
	struct layout l;
	int ret = find(metadata, task, &l);

	ok(ret == err && strstr(v3npu_vision_error(), why), "%s: '%s'", what,
	   ret ? v3npu_vision_error() : "is known");
}

static void test_asked(void)
{
	ADD(0, 1, 84, 8400);
	refuse("candidates without metadata", NULL, 0, -ENODATA, "say the task");
	ADD(0, 1, 7, 8400);
	refuse("an angle, or another class?", "cat\ndog", 0, -ENODATA, "say the task");
	ADD(0, 1, 8401, 85);
	refuse("an objectness, or another class?", NULL, V3NPU_TASK_DETECT, -ENODATA, "give labels");
	ADD(0, 1, 6, 8400);
	refuse("more names than classes", "{'task': 'detect', 'names': {0: 'a', 1: 'b', 2: 'c'}}", 0,
	       -ENODATA, "3 names");
	ADD(0, 1, 7, 8400);
	refuse("labels that lack one", "cat\ndog", V3NPU_TASK_DETECT, -ENODATA, "2 names");
	ADD(0, 1, 128);
	refuse("numbers", NULL, 0, -ENODATA, "classify");
	ADD(0, 1, 3);
	refuse("numbers that are no objects", NULL, V3NPU_TASK_DETECT, -ENODATA, "say classify");
	ADD(0, 1, 56, 8400);
	refuse("key points without their number", "{'task': 'pose', 'names': ['p']}", 0, -ENOTSUP,
	       "kpt_shape");
	ADD(0, 1, 38, 8400);
	refuse("masks without prototypes", "{'task': 'segment', 'names': ['a', 'b']}", 0, -ENOTSUP,
	       "prototypes");
	ADD(0, 1, 38, 8400);
	ADD(0, 1, 20, 20, 38);
	refuse("prototypes of other masks", "{'task': 'segment', 'names': ['a', 'b']}", 0, -ENODATA,
	       "38 for the prototypes");
	ADD(0, 1, 56, 8400);
	refuse("a detector as a classifier", TWO, V3NPU_TASK_CLASSIFY, -ENODATA, "say detect");
	ADD(2.5f, 1, 6, 8400);
	refuse("pixels and scores of one scale", TWO, 0, -ENOTSUP, "steps of 2.5");
	ADD(0, 2, 6, 8400);
	refuse("two pictures", TWO, 0, -ENOTSUP, "batch of 1");
	ADD(0, 1, 64, 64, 3);
	refuse("a picture", TWO, 0, -ENOTSUP, "1x64x64x3");
	ADD(0, 1, 80, 80, 18);
	ADD(0, 1, 40, 40, 18);
	ADD(0, 1, 20, 20, 18);
	refuse("a head without its end", TWO, 0, -ENOTSUP, "3 outputs");
	ADD(1e-40f, 1, 6, 8400);
	refuse("no scale", TWO, 0, -EINVAL, "no scale");
	ADD(0, 1, 4, 3);
	refuse("too few rows", TWO, 0, -ENOTSUP, "not a detector's");
}

int main(void)
{
	test_detect();
	test_parts();
	test_asked();
	return done();
}
