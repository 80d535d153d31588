// SPDX-License-Identifier: MIT
/*
 * The two functions that the compiler may call on its own. Words where the
 * pointers allow it: the core is an interpreter, every instruction counts.
 */
#include <stddef.h>
#include <stdint.h>

#include "string.h"

#define UNALIGNED(p)	((uintptr_t)(p) & 3)

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (!UNALIGNED(d) && !UNALIGNED(s)) {
		for (; n >= 16; n -= 16, d += 16, s += 16) {
			uint32_t a = ((const uint32_t *)s)[0];
			uint32_t b = ((const uint32_t *)s)[1];
			uint32_t c = ((const uint32_t *)s)[2];
			uint32_t e = ((const uint32_t *)s)[3];

			((uint32_t *)d)[0] = a;
			((uint32_t *)d)[1] = b;
			((uint32_t *)d)[2] = c;
			((uint32_t *)d)[3] = e;
		}
		for (; n >= 4; n -= 4, d += 4, s += 4)
			*(uint32_t *)d = *(const uint32_t *)s;
	}
	while (n--)
		*d++ = *s++;
	return dst;
}

void *memset(void *dst, int value, size_t n)
{
	unsigned char *d = dst;

	if (!UNALIGNED(d)) {
		uint32_t word = (unsigned char)value * 0x01010101u;

		for (; n >= 16; n -= 16, d += 16) {
			((uint32_t *)d)[0] = word;
			((uint32_t *)d)[1] = word;
			((uint32_t *)d)[2] = word;
			((uint32_t *)d)[3] = word;
		}
		for (; n >= 4; n -= 4, d += 4)
			*(uint32_t *)d = word;
	}
	while (n--)
		*d++ = (unsigned char)value;
	return dst;
}
