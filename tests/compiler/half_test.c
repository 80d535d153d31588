// SPDX-License-Identifier: MIT
/*
 * IEEE 754 binary16: each of its numbers, and what lies between them.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "compiler/arith/half.h"
#include "userspace/tap.h"

#define HALF_INFINITY	0x7c00

/* Both signs of a half and of a number that is to become it */
static bool becomes(float number, uint16_t half)
{
	return v3c_half_from_float(number) == half &&
	       v3c_half_from_float(-number) == (half | 0x8000);
}

int main(void)
{
	bool there = true, back = true, ties = true, near = true;
	uint32_t h;

	for (h = 0; h < HALF_INFINITY; h++) {
		float value = v3c_half_to_float(h), next = v3c_half_to_float(h + 1), middle;
		float wanted = h < 1024 ? h * 0x1p-24f :
			       (1024 + (h & 1023)) * exp2f((float)(h >> 10) - 25);

		there &= value == wanted && v3c_half_to_float(h | 0x8000) == -wanted;
		back &= becomes(value, h);
		/* The first that is too large stands for the infinite */
		middle = value + ((isinf(next) ? 65536.0f : next) - value) / 2;
		ties &= becomes(middle, h & 1 ? h + 1 : h);
		near &= becomes(nextafterf(middle, 0), h) &&
			becomes(nextafterf(middle, INFINITY), h + 1);
	}
	ok(there, "each half is its number");
	ok(back, "each comes back");
	ok(ties, "what is in the middle becomes the even one");
	ok(near, "what is beside the middle becomes the nearer one");
	ok(isinf(v3c_half_to_float(HALF_INFINITY)) && becomes(INFINITY, HALF_INFINITY) &&
	       becomes(1e30f, HALF_INFINITY), "infinite");
	ok(isnan(v3c_half_to_float(HALF_INFINITY + 1)) &&
	       isnan(v3c_half_to_float(v3c_half_from_float(NAN))), "not a number");
	return done();
}
