/* SPDX-License-Identifier: MIT */
/* Values as JSON, Python's repr() and YAML's flow style write them */
#ifndef V3V_LITERAL_H
#define V3V_LITERAL_H

#include <jansson.h>
#include <stdbool.h>

/* Values within values; no exporter comes near it, and a file of brackets is no danger */
#define LITERAL_DEPTH_MAX	16

/**
 * v3v_literal() - read one value
 * @text: where it begins; moved behind it
 * @yaml: a quote within single quotes is two of them, not one after a backslash
 * @depth: how many values it is within
 *
 * Mappings and lists in brackets, strings in quotes of either kind, numbers, and bare words:
 * true, True, null, None and what else there is, which is a string. Keys become strings.
 *
 * Return: the value, or NULL if there is none or memory ran out.
 */
json_t *v3v_literal(const char **text, bool yaml, int depth);

/* The value of a word without quotes, @length bytes at @word */
json_t *v3v_literal_word(const char *word, size_t length);

#endif /* V3V_LITERAL_H */
