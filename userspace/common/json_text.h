/* SPDX-License-Identifier: MIT */
#ifndef V3NPU_JSON_TEXT_H
#define V3NPU_JSON_TEXT_H

#include <jansson.h>

/* A JSON string of bytes that may be no UTF-8, such as a file's name */
json_t *json_text(const char *text);

#endif /* V3NPU_JSON_TEXT_H */
