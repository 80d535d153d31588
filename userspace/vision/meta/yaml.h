/* SPDX-License-Identifier: MIT */
/* YAML, as far as exporters of models write it */
#ifndef V3V_YAML_H
#define V3V_YAML_H

#include <jansson.h>

/**
 * v3v_yaml() - read a document
 * @text: mappings and lists by indentation, within them values as v3v_literal() reads them, and
 *	words that go on in the next lines; no anchors, tags or keys of several lines
 *
 * Return: the document's mapping, or NULL if it is none or memory ran out.
 */
json_t *v3v_yaml(const char *text);

#endif /* V3V_YAML_H */
