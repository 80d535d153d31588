/* SPDX-License-Identifier: MIT */
/* Structures that callers have (common/struct_size.h), with this library's error line */
#ifndef V3NPU_STRUCT_SIZE_H
#define V3NPU_STRUCT_SIZE_H

#include "common/struct_size.h"

int v3npu_fill_struct(void *to, const void *from, size_t size, size_t least, const char *name);
int v3npu_take_struct(void *to, const void *from, size_t size, size_t least, const char *name);

/* Both with @last, the last field that struct @type had in the first release */
#define V3NPU_FILL(type, last, to, from) \
	v3npu_fill_struct(to, from, sizeof(struct type), STRUCT_END_OF(type, last), #type)
#define V3NPU_TAKE(type, last, to, from) \
	v3npu_take_struct(to, from, sizeof(struct type), STRUCT_END_OF(type, last), #type)

#endif /* V3NPU_STRUCT_SIZE_H */
