// SPDX-License-Identifier: MIT
#include "yaml.h"

#include <stdbool.h>
#include <string.h>

#include "literal.h"

#define WORDS_MAX	4096	/* bytes of words in several lines; what is beyond says nothing here */

/** struct line - the next line that says something: @length bytes after @indent spaces */
struct line {
	const char *text;
	size_t length;
	int indent;
};

/* Without the spaces at its end, and without a comment, which has a space before it */
static size_t without_end(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (text[i] == '#' && (!i || text[i - 1] == ' ' || text[i - 1] == '\t'))
			length = i;
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	return length;
}

/* Finds the next line; @at is moved to its start. False at the end of the document */
static bool next_line(const char **at, struct line *line)
{
	for (; **at; *at += strcspn(*at, "\n"), *at += **at == '\n') {
		line->indent = strspn(*at, " ");
		line->text = *at + line->indent;
		line->length = without_end(line->text, strcspn(line->text, "\n"));
		if (line->length == 3 && !memcmp(line->text, "...", 3))
			return false;
		if (line->length && !(line->length == 3 && !memcmp(line->text, "---", 3)))
			return true;
	}
	return false;
}

static void skip_line(const char **at)
{
	*at += strcspn(*at, "\n");
	*at += **at == '\n';
}

static bool is_item(const struct line *line)
{
	return line->text[0] == '-' && (line->length == 1 || line->text[1] == ' ');
}

/* A word that may go on in the lines that are indented more than @indent */
static json_t *read_words(const char **at, int indent)
{
	size_t length = without_end(*at, strcspn(*at, "\n"));
	json_t *value = v3v_literal_word(*at, length);
	struct line line;

	skip_line(at);
	while (value && next_line(at, &line) && line.indent > indent) {
		skip_line(at);
		if (json_string_length(value) + line.length < WORDS_MAX) {
			json_t *longer = json_sprintf("%s %.*s", json_is_string(value) ?
						      json_string_value(value) : "",
						      (int)line.length, line.text);

			json_decref(value);
			value = longer;
		}
	}
	return value;
}

static json_t *read_block(const char **at, int indent, int depth);

/* What stands behind a key or a dash of a line with @indent */
static json_t *read_value(const char **at, int indent, bool of_key, int depth)
{
	struct line line;
	json_t *value;

	*at += strspn(*at, " \t");
	if (!without_end(*at, strcspn(*at, "\n"))) {
		skip_line(at);
		if (!next_line(at, &line) || line.indent < indent ||
		    (line.indent == indent && !(of_key && is_item(&line))))
			return json_null();
		return read_block(at, line.indent, depth + 1);
	}
	if (!strchr("{[\"'", **at))
		return read_words(at, indent);
	value = v3v_literal(at, true, depth + 1);
	/* Nothing but a comment may follow */
	if (value && without_end(*at, strcspn(*at, "\n"))) {
		json_decref(value);
		return NULL;
	}
	skip_line(at);
	return value;
}

static json_t *read_items(const char **at, int indent, int depth)
{
	json_t *list = json_array();
	struct line line;

	while (next_line(at, &line) && line.indent == indent && is_item(&line)) {
		*at = line.text + 1;
		if (json_array_append_new(list, read_value(at, indent, false, depth))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The key of a line, and @at behind its colon; NULL if there is none */
static json_t *read_key(const char **at, const struct line *line)
{
	const char *text = line->text;
	json_t *key;
	size_t n;

	if (*text == '"' || *text == '\'') {
		*at = text;
		key = v3v_literal(at, true, 0);
		if (key && **at == ':') {
			++*at;
			return key;
		}
		json_decref(key);
		return NULL;
	}
	for (n = 0; n < line->length; n++)
		if (text[n] == ':' && (n + 1 == line->length || strchr(" \t", text[n + 1])))
			break;
	if (n == line->length)
		return NULL;
	*at = text + n + 1;
	return json_stringn_nocheck(text, n);
}

static json_t *read_keys(const char **at, int indent, int depth)
{
	json_t *mapping = json_object();
	struct line line;

	while (next_line(at, &line) && line.indent == indent && !is_item(&line)) {
		json_t *key = read_key(at, &line);
		int failed = !key || json_object_set_new_nocheck(mapping, json_string_value(key),
						read_value(at, indent, true, depth));

		json_decref(key);
		if (failed) {
			json_decref(mapping);
			return NULL;
		}
	}
	return mapping;
}

static json_t *read_block(const char **at, int indent, int depth)
{
	struct line line;

	if (depth > LITERAL_DEPTH_MAX || !next_line(at, &line))
		return NULL;
	return is_item(&line) ? read_items(at, indent, depth) : read_keys(at, indent, depth);
}

json_t *v3v_yaml(const char *text)
{
	const char *at = text;
	json_t *document = NULL;
	struct line line;

	if (next_line(&at, &line))
		document = read_block(&at, line.indent, 0);
	/* All of it, or it is something else */
	if (document && (!json_is_object(document) || next_line(&at, &line))) {
		json_decref(document);
		document = NULL;
	}
	return document;
}
