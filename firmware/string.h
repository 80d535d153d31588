/* SPDX-License-Identifier: MIT */
/* The firmware has no C library; these two are all it needs of one */
#ifndef FW_STRING_H
#define FW_STRING_H

#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t n);
void *memset(void *dst, int value, size_t n);

#endif /* FW_STRING_H */
