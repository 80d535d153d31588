/* SPDX-License-Identifier: MIT */
/*
 * Structures that callers have: they begin with the size that they had when the caller was
 * compiled, which may be before or after this library was.
 */
#ifndef V3NPU_STRUCT_SIZE_H
#define V3NPU_STRUCT_SIZE_H

#include <stddef.h>

/**
 * v3npu_fill_struct() - fill a caller's structure as far as it goes
 * @to: the caller's, which begins with its size
 * @from: this library's
 * @size: of @from
 * @least: what the first release of the library had
 * @name: of the structure
 *
 * Return: 0, or -EINVAL with the error line set.
 */
int v3npu_fill_struct(void *to, const void *from, size_t size, size_t least, const char *name);

/**
 * v3npu_take_struct() - copy what a caller asks for
 * @to: this library's; what the caller does not know becomes 0
 * @from: the caller's, which begins with its size
 *
 * As v3npu_fill_struct() otherwise, and -E2BIG if the caller asks for what this
 * library does not know.
 */
int v3npu_take_struct(void *to, const void *from, size_t size, size_t least, const char *name);

/* Both with @last, the last field that struct @type had in the first release */
#define V3NPU_END_OF(type, last) \
	(offsetof(struct type, last) + sizeof(((struct type *)0)->last))
#define V3NPU_FILL(type, last, to, from) \
	v3npu_fill_struct(to, from, sizeof(struct type), V3NPU_END_OF(type, last), #type)
#define V3NPU_TAKE(type, last, to, from) \
	v3npu_take_struct(to, from, sizeof(struct type), V3NPU_END_OF(type, last), #type)

#endif /* V3NPU_STRUCT_SIZE_H */
