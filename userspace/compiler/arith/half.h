/* SPDX-License-Identifier: MIT */
/* IEEE 754 binary16, as files have it; not every compiler has a type for it */
#ifndef V3C_HALF_H
#define V3C_HALF_H

#include <stdint.h>

/* The number that 16 bits stand for */
float v3c_half_to_float(uint16_t half);

/* The nearest half, of two the even one; what is too large is infinite */
uint16_t v3c_half_from_float(float number);

#endif /* V3C_HALF_H */
