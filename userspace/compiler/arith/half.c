// SPDX-License-Identifier: MIT
#include "half.h"

#include <math.h>
#include <string.h>

#define HALF_SIGN	0x8000u
#define HALF_INFINITY	0x7c00u
#define HALF_NAN	0x7e00u
#define HALF_TOO_LARGE	65520.0f	/* rounds to 2^16, which is not there */
#define HALF_NORMAL	0x1p-14f	/* from here on a number has 11 bits */
#define FRACTION_GONE	13		/* bits that a float has more */
#define BIAS_GONE	(127 - 15)	/* of the exponents */

float v3c_half_to_float(uint16_t half)
{
	uint32_t exponent = half >> 10 & 31, fraction = half & 1023;
	float value;

	if (exponent == 31)
		value = fraction ? NAN : INFINITY;
	else if (exponent)
		value = ldexpf(fraction + 1024, (int)exponent - 25);
	else
		value = ldexpf(fraction, -24);
	return half & HALF_SIGN ? -value : value;
}

uint16_t v3c_half_from_float(float number)
{
	uint16_t sign = signbit(number) ? HALF_SIGN : 0;
	float value = fabsf(number);
	uint32_t bits;

	if (isnan(number))
		return sign | HALF_NAN;
	if (value >= HALF_TOO_LARGE)
		return sign | HALF_INFINITY;
	if (value < HALF_NORMAL)
		return sign | (uint16_t)nearbyintf(ldexpf(value, 24));
	memcpy(&bits, &value, sizeof(bits));
	/* A fraction that rounds to 2 carries into the exponent, which is right */
	bits += (1u << (FRACTION_GONE - 1)) - 1 + (bits >> FRACTION_GONE & 1);
	return sign | ((bits >> FRACTION_GONE) - (BIAS_GONE << 10));
}
