// SPDX-License-Identifier: MIT
/* What models' metadata says, in each of the ways in which exporters write it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "userspace/tap.h"
#include "vision/meta/metadata.h"
#include "vision/meta/names.h"

/* The same three things, as JSON, Python's str(), YAML in blocks, and YAML in one line */
static const char *const same[] = {
	"{\"task\": \"pose\", \"kpt_shape\": [17, 3], \"names\": {\"0\": \"person\", "
	"\"1\": \"it's a \\\"dog\\\"\"}}",
	"{'description': 'x', 'date': None, 'half': False, 'task': 'pose', 'kpt_shape': (17, 3), "
	"'names': {0: 'person', 1: 'it\\'s a \"dog\"',}}",
	"description: Ultralytics YOLO11n-pose model trained on /usr/src/ultralytics/cfg/datasets/\n"
	"  coco-pose.yaml\n"
	"author: Ultralytics # a comment\n"
	"task: pose\n"
	"kpt_shape:\n- 17\n- 3\n"
	"args:\n  nms: false\n  fraction: 1.0\n"
	"names:\n  0: person\n  1: it's a \"dog\"\n",
	"---\r\ntask: \"pose\"\r\nkpt_shape: [17, 3]\r\n\r\nnames: {0: person, "
	"1: 'it''s a \"dog\"'}\r\n...\r\n",
	"names:\n- person\n- it's a \"dog\"\nkpt_shape:\n  - 17\n  - 3\ntask: 'pose'",
	"\xef\xbb\xbf{\"task\": \"pose\", \"kpt_shape\": [17, 3], \"names\": [\"person\", "
	"\"it's a \\u0022dog\\x22\"]}\n",
};

static void test_same(void)
{
	struct metadata m;
	struct names names;
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		v3v_metadata_read(same[i], &m);
		ok(m.exporter && m.task == V3NPU_TASK_POSE && m.keypoints == 17 &&
		   m.keypoint_values == 3 && m.name_count == 2 && !m.end2end,
		   "text %zu says what it is", i);
		ok(!v3v_names_make(&m, 0, 2, &names) && !strcmp(names.name[0], "person") &&
		   !strcmp(names.name[1], "it's a \"dog\""), "text %zu names its classes", i);
		v3v_names_free(&names);
		v3v_metadata_free(&m);
	}
}

static void check_names(const char *what, const char *text, const char *first, const char *second,
			int count)
{
	struct metadata m;
	struct names names;

	v3v_metadata_read(text, &m);
	v3v_names_make(&m, 0, 2, &names);
	ok(m.name_count == count && !strcmp(names.name[0], first) &&
	   !strcmp(names.name[1], second), "%s: %d names, '%s', '%s'", what, m.name_count,
	   names.name[0], names.name[1]);
	v3v_names_free(&names);
	v3v_metadata_free(&m);
}

static void test_labels(void)
{
	check_names("labels", "cat\ndog\n", "cat", "dog", 2);
	check_names("labels of Windows, after a mark", "\xef\xbb\xbf" "cat\r\ndog\r\n\r\n", "cat", "dog",
		    2);
	check_names("numbered labels", "1 dog\n0  cat\n", "cat", "dog", 2);
	check_names("numbered labels with colons", "0: cat\n1: dog\n", "cat", "dog", 2);
	check_names("labels of which some begin with a number", "3 of clubs\nace", "3 of clubs", "ace",
		    2);
	check_names("an empty line is a class without a name", "\ndog\n", "class 0", "dog", 2);
	check_names("a label with a colon", "a: b\nc\n", "a: b", "c", 2);
	check_names("a mapping alone", "{\"1\": \"dog\", \"0\": \"cat\"}", "cat", "dog", 2);
	check_names("a list alone", "['cat', 'dog']", "cat", "dog", 2);
}

static void test_nothing(void)
{
	static const char *const texts[] = {
		"", "\n\n", "{", "{\"names\": {\"0\": \"cat\"}", "{'names': {0: 'cat'}} and more",
		"{\"names\": {\"cat\": \"0\"}}", "names: {0: a", "names:\n  0: cat\n 1: dog\n",
		"names: 5", "{\"names\": {\"99999999999\": \"far\"}}", "{\"names\": [\"\\q", "[", "['a' 'b']",
		"{\"names\": \"\\ud8", "names:\n  - [", "task: detect\n\tnames",
	};
	char deep[3000];
	struct metadata m;
	size_t i;
	int found = 0;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (v3v_metadata_read(texts[i], &m) || m.name_count)
			found++;
		v3v_metadata_free(&m);
	}
	ok(!found, "%d of the damaged texts name a class", found);
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	ok(!v3v_metadata_read(deep, &m) && !m.name_count, "a text of brackets says nothing");
	v3v_metadata_free(&m);
	for (i = 0; i + 6 < sizeof(deep); i += 5)
		memcpy(deep + i, "{\"a\":", 5);
	ok(!v3v_metadata_read(deep, &m) && !m.name_count, "a text of braces says nothing");
	v3v_metadata_free(&m);
	ok(!v3v_metadata_read(NULL, &m) && !m.names && !m.exporter, "no text says nothing");
}

/* Each cut of each text is read without harm, which the sanitizers watch */
static void test_cut(void)
{
	char text[400];
	struct metadata m;
	size_t i, n;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		for (n = strlen(same[i]); n-- > 0;) {
			char *copy = strndup(same[i], n);

			v3v_metadata_read(copy, &m);
			v3v_metadata_free(&m);
			free(copy);
			snprintf(text, sizeof(text), "%.*s%s", (int)n, same[i], "\\\"'[{(:,- \xc3");
			v3v_metadata_read(text, &m);
			v3v_metadata_free(&m);
		}
	ok(true, "texts that are cut do no harm");
}

static void test_decided(void)
{
	struct metadata m;

	v3v_metadata_read("{'end2end': True, 'names': ['a']}", &m);
	ok(m.says_end2end && m.end2end, "end2end");
	v3v_metadata_free(&m);
	v3v_metadata_read("names: [a]\nend2end: false\nargs: {batch: 1, nms: true}", &m);
	ok(m.says_end2end && m.end2end, "nms of the export's arguments");
	v3v_metadata_free(&m);
	v3v_metadata_read("names: [a]\nend2end: false", &m);
	ok(m.says_end2end && !m.end2end, "not end2end");
	v3v_metadata_free(&m);
	v3v_metadata_read("{\"task\": \"depth\\u001b\", \"names\": [\"a\"]}", &m);
	ok(!m.task && !strcmp(m.task_text, "depth?"), "a task that is not known: '%s'", m.task_text);
	v3v_metadata_free(&m);
}

/* What a terminal, or a reader of JSON, would stumble over does not get through */
static void test_characters(void)
{
	check_names("control characters", "{\"names\": [\"a\\u009b31mred\", \"a\\u202eb\\u0000c\\n\"]}",
		    "a?31mred", "a?b?c?", 2);
	check_names("pairs of halves, and halves", "{\"names\": [\"\\ud83d\\udc15\", \"\\ud83dx\"]}",
		    "\xf0\x9f\x90\x95", "?x", 2);
	check_names("what is not UTF-8", "a\xff\xc3(\n\xe2\x82\n", "a?\?(", "?\?", 2);
	check_names("Python's escapes", "{'names': ['\\xe4\\u20ac\\U0001f415', '\\\\n']}",
		    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x95", "\\n", 2);
}

int main(void)
{
	test_same();
	test_labels();
	test_nothing();
	test_cut();
	test_decided();
	test_characters();
	return done();
}
