// SPDX-License-Identifier: MIT
#include "metadata.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "literal.h"
#include "yaml.h"

#define CLASSES_MAX	100000
#define KEYPOINTS_MAX	1000

static const char *const tasks[] = {
	[V3NPU_TASK_DETECT] = "detect",
	[V3NPU_TASK_SEGMENT] = "segment",
	[V3NPU_TASK_POSE] = "pose",
	[V3NPU_TASK_OBB] = "obb",
	[V3NPU_TASK_CLASSIFY] = "classify",
};

const char *v3v_task_name(enum v3npu_task task)
{
	return (size_t)task < sizeof(tasks) / sizeof(tasks[0]) ? tasks[task] : NULL;
}

/* A key that is a class's number; -1 if it is none */
static int class_number(const char *key)
{
	int n = 0;

	for (; *key >= '0' && *key <= '9' && n <= CLASSES_MAX; key++)
		n = n * 10 + *key - '0';
	return *key || n > CLASSES_MAX ? -1 : n;
}

/* How many classes a mapping of their numbers names; 0 if it is none */
static int count_numbers(json_t *mapping)
{
	const char *key;
	json_t *value;
	int count = 0, n;

	json_object_foreach(mapping, key, value) {
		n = *key ? class_number(key) : -1;
		if (n < 0)
			return 0;
		count = n >= count ? n + 1 : count;
	}
	return count;
}

static void take_names(json_t *names, struct metadata *m)
{
	if (json_is_array(names) && json_array_size(names) <= CLASSES_MAX)
		m->name_count = json_array_size(names);
	else
		m->name_count = count_numbers(names);
	if (m->name_count)
		m->names = json_incref(names);
}

static void take_task(json_t *root, struct metadata *m)
{
	const char *text = json_string_value(json_object_get(root, "task"));
	size_t i;

	if (!text)
		return;
	for (i = 1; i < sizeof(tasks) / sizeof(tasks[0]); i++)
		if (!strcmp(text, tasks[i])) {
			m->task = i;
			return;
		}
	snprintf(m->task_text, sizeof(m->task_text), "%s", text);
	/* It goes into a message */
	for (i = 0; m->task_text[i]; i++)
		if (m->task_text[i] < ' ' || m->task_text[i] > '~')
			m->task_text[i] = '?';
}

static void take_keypoints(json_t *shape, struct metadata *m)
{
	json_int_t count = json_integer_value(json_array_get(shape, 0));
	json_int_t values = json_integer_value(json_array_get(shape, 1));

	if (count >= 1 && count <= KEYPOINTS_MAX && (values == 2 || values == 3)) {
		m->keypoints = count;
		m->keypoint_values = values;
	}
}

/* Ultralytics says "end2end" of models made so, and "nms" of those exported so */
static void take_end2end(json_t *root, struct metadata *m)
{
	json_t *made = json_object_get(root, "end2end");
	json_t *exported = json_object_get(json_object_get(root, "args"), "nms");

	m->says_end2end = json_is_boolean(made) || json_is_boolean(exported);
	m->end2end = json_is_true(made) || json_is_true(exported);
}

/* Lines, each a label; those of a file where each has its number go by that */
static json_t *read_labels(const char *text)
{
	json_t *list = json_array(), *numbered = json_object();
	bool all_numbered = true;
	size_t length, digits, end, blank = 0;

	for (; *text; text += *text == '\n') {
		char key[16];

		length = end = strcspn(text, "\n");
		while (end && strchr(" \t\r", text[end - 1]))
			end--;
		digits = strspn(text, "0123456789");
		if (!end) {
			/* An empty line is a class without a name, but not at the end */
			blank++;
			text += length;
			continue;
		}
		for (; blank; blank--)
			json_array_append_new(list, json_null());
		json_array_append_new(list, json_stringn_nocheck(text, end));
		if (digits && digits < sizeof(key) && digits < end &&
		    (strchr(" \t", text[digits]) ||
		     (text[digits] == ':' && strchr(" \t", text[digits + 1])))) {
			size_t skip = digits + (text[digits] == ':');

			snprintf(key, sizeof(key), "%.*s", (int)digits, text);
			skip += strspn(text + skip, " \t");
			json_object_set_new_nocheck(numbered, key,
						    json_stringn_nocheck(text + skip, end - skip));
		} else {
			all_numbered = false;
		}
		text += length;
	}
	if (all_numbered && json_object_size(numbered)) {
		json_decref(list);
		return numbered;
	}
	json_decref(numbered);
	return list;
}

/* Does a line begin with a key that exporters write? A label may have a colon, too */
static bool is_yaml(const char *text)
{
	static const char *const keys[] = { "names:", "task:", "description:", "stride:" };
	size_t i;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (!strncmp(text, keys[i], strlen(keys[i])))
				return true;
	return false;
}

static json_t *read_tree(const char *text)
{
	const char *at = text + strspn(text, " \t\r\n");
	json_t *root;

	if (*at == '{' || *at == '[') {
		root = v3v_literal(&at, false, 0);
		/* All of it, or it is damaged */
		if (at[strspn(at, " \t\r\n")]) {
			json_decref(root);
			root = NULL;
		}
		return root;
	}
	return is_yaml(text) ? v3v_yaml(text) : read_labels(text);
}

int v3v_metadata_read(const char *text, struct metadata *m)
{
	json_t *root, *names;

	*m = (struct metadata) {};
	if (!text)
		return 0;
	/* A byte order mark, as some editors write */
	if (!strncmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	/* Tells a text that cannot be read from memory that ran out */
	errno = 0;
	root = read_tree(text);
	if (!root)
		return errno == ENOMEM ? -1 : 0;
	names = json_object_get(root, "names");
	take_task(root, m);
	take_keypoints(json_object_get(root, "kpt_shape"), m);
	take_end2end(root, m);
	m->exporter = json_is_object(names) || json_is_array(names) || m->task ||
		      json_object_get(root, "stride");
	take_names(names ? names : root, m);
	json_decref(root);
	return 0;
}

void v3v_metadata_free(struct metadata *m)
{
	json_decref(m->names);
	m->names = NULL;
}
