// SPDX-License-Identifier: MIT
/*
 * The firmware's copies of what the C library has, compiled for this machine: of
 * any length, at any alignment, and not a byte around them. What the image calls
 * them with is some of that.
 */
#include <string.h>

#include "tap.h"

#define memcpy	fw_memcpy
#define memset	fw_memset
#include "../../firmware/string.c"
#undef memcpy
#undef memset

#define MOST	80
#define AROUND	16

static unsigned char to[MOST + 2 * AROUND], from[MOST + 2 * AROUND], wanted[MOST + 2 * AROUND];

static bool copies(size_t at, size_t source, size_t n)
{
	memset(to, 0xcc, sizeof(to));
	memset(wanted, 0xcc, sizeof(wanted));
	memcpy(wanted + AROUND + at, from + source, n);
	return fw_memcpy(to + AROUND + at, from + source, n) == to + AROUND + at &&
	       !memcmp(to, wanted, sizeof(to));
}

static bool sets(size_t at, int value, size_t n)
{
	memset(to, 0xcc, sizeof(to));
	memset(wanted, 0xcc, sizeof(wanted));
	memset(wanted + AROUND + at, value, n);
	return fw_memset(to + AROUND + at, value, n) == to + AROUND + at &&
	       !memcmp(to, wanted, sizeof(to));
}

int main(void)
{
	unsigned int copied = 0, set = 0;
	size_t at, source, n;

	for (n = 0; n < sizeof(from); n++)
		from[n] = n * 7 + 1;
	for (n = 0; n <= MOST; n++) {
		for (at = 0; at < 8; at++) {
			set += !sets(at, 0, n) || !sets(at, 0x1a5, n);
			for (source = 0; source < 8; source++)
				copied += !copies(at, source, n);
		}
	}
	tap_equal(copied, 0, "memcpy copies what it is told to");
	tap_equal(set, 0, "memset sets what it is told to");
	return tap_done();
}
