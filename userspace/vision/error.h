/* SPDX-License-Identifier: MIT */
/* The calling thread's error line, and structures that callers have (common/struct_size.h) */
#ifndef V3V_ERROR_H
#define V3V_ERROR_H

#include "common/struct_size.h"

/* Sets the calling thread's error line; returns @err, a negative errno */
int v3v_fail(int err, const char *format, ...) __attribute__((format(printf, 2, 3)));

int v3v_fill_struct(void *to, const void *from, size_t size, size_t least, const char *name);
int v3v_take_struct(void *to, const void *from, size_t size, size_t least, const char *name);

/* Both with @last, the last field that struct @type had in the first release */
#define V3V_FILL(type, last, to, from) \
	v3v_fill_struct(to, from, sizeof(struct type), STRUCT_END_OF(type, last), #type)
#define V3V_TAKE(type, last, to, from) \
	v3v_take_struct(to, from, sizeof(struct type), STRUCT_END_OF(type, last), #type)

#endif /* V3V_ERROR_H */
