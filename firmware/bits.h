/* SPDX-License-Identifier: MIT */
/* Sets of contexts: a bit each, in words */
#ifndef FW_BITS_H
#define FW_BITS_H

#include <stdbool.h>

#include "v3npu/types.h"

static inline void set_bit(__u32 *words, __u32 bit)
{
	words[bit / 32] |= 1u << bit % 32;
}

static inline void clear_bit(__u32 *words, __u32 bit)
{
	words[bit / 32] &= ~(1u << bit % 32);
}

static inline bool test_bit(const __u32 *words, __u32 bit)
{
	return words[bit / 32] >> bit % 32 & 1;
}

/* Number of the lowest bit that is set; there is one. The core has no instruction for it. */
static inline __u32 first_bit(__u32 word)
{
	__u32 bit = 0, half;

	for (half = 16; half; half /= 2) {
		if (!(word & ((1u << half) - 1))) {
			word >>= half;
			bit += half;
		}
	}
	return bit;
}

#endif /* FW_BITS_H */
