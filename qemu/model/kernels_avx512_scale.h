/* SPDX-License-Identifier: MIT */
/*
 * The output stage of 16 channels in AVX-512, for scales that are narrow
 * (struct v3npu_scale): from sums to results, which saturation completes.
 */
#ifndef V3NPU_MODEL_KERNELS_AVX512_SCALE_H
#define V3NPU_MODEL_KERNELS_AVX512_SCALE_H

#include <immintrin.h>

#include "kernels.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

/* Upper halves of 16 products, those of the even lanes and those of the odd ones */
TARGET static inline __attribute__((always_inline))
__m512i upper_halves(__m512i even, __m512i odd)
{
	/* An even lane's is in the odd lane above it, an odd one's is where it belongs */
	return _mm512_castps_si512(_mm512_mask_movehdup_ps(_mm512_castsi512_ps(odd), 0x5555,
							   _mm512_castsi512_ps(even)));
}

/**
 * struct narrow - constants of 16 channels whose scale is narrow
 * @bias: as in the scale
 * @multiplier: as in the scale
 * @multiplier_odd: of the odd lanes, for multiplication in 64 bits
 * @add: what is added before the shift if the sum is not negative
 * @negative: its bits that differ if the sum is negative
 * @shift: the shift
 *
 * Both roundings are done in one shift. Of a product P = x m, the doubling
 * high multiplication is y = floor((P + 2^30) / 2^31) = floor((q + 1) / 2)
 * with q = floor(P / 2^30), and the rounding shift of y by r >= 1 is
 * floor((y + 2^(r - 1) - s) / 2^r), where s is 1 for y < 0. So it is
 * floor((q + 1 + 2^r - 2 s) / 2^(r + 1)). Where x < 0 but y = 0, s does not
 * matter, so that the sign of x will do. The zero point is added as
 * 2^(r + 1) times itself.
 */
struct narrow {
	__m512i bias;
	__m512i multiplier;
	__m512i multiplier_odd;
	__m512i add;
	__m512i negative;
	__m512i shift;
};

TARGET static inline __attribute__((always_inline))
struct narrow load_narrow(const struct v3npu_scale *scale, unsigned int brick)
{
	const unsigned int channel = brick * V3NPU_BRICK_O;
	const __m512i one = _mm512_set1_epi32(1);
	__m512i right = _mm512_loadu_si512(scale->right + channel);
	struct narrow n;

	n.bias = _mm512_loadu_si512(scale->bias + channel);
	n.multiplier = _mm512_loadu_si512(scale->multiplier + channel);
	n.multiplier_odd = _mm512_srli_epi64(n.multiplier, 32);
	n.shift = _mm512_add_epi32(right, one);
	n.add = _mm512_sllv_epi32(_mm512_set1_epi32(scale->zero_point), n.shift);
	n.add = _mm512_add_epi32(n.add, _mm512_sllv_epi32(one, right));
	/* Now 2^r is in it but neither 1 nor -1 is */
	n.negative = _mm512_sub_epi32(n.add, one);
	n.add = _mm512_add_epi32(n.add, one);
	n.negative = _mm512_xor_si512(n.negative, n.add);
	return n;
}

/* 16 results, which saturation to 8 bits completes */
TARGET static inline __attribute__((always_inline))
__m512i scale_narrow(const struct narrow *n, const int32_t *acc)
{
	__m512i x = _mm512_add_epi32(_mm512_loadu_si512(acc), n->bias);
	/* (x m) >> 30 is the upper half of (4 x) m */
	__m512i x4 = _mm512_slli_epi32(x, 2);
	__m512i even = _mm512_mul_epi32(x4, n->multiplier);
	__m512i odd = _mm512_mul_epi32(_mm512_srli_epi64(x4, 32), n->multiplier_odd);
	__m512i q = upper_halves(even, odd);
	__m512i sign = _mm512_srai_epi32(x, 31);
	/* add ^ (sign & negative) */
	__m512i add = _mm512_ternarylogic_epi32(n->add, sign, n->negative, 0x78);

	return _mm512_srav_epi32(_mm512_add_epi32(q, add), n->shift);
}

/**
 * struct floored - constants of 16 channels whose scale is narrow, if nothing below the zero
 *	point is seen
 * @multiplier: as in the scale
 * @multiplier_odd: of the odd lanes, for multiplication in 64 bits
 * @add_even: what is added to the products of the even lanes
 * @add_odd: to those of the odd ones
 * @shift: the shift of the sums' upper halves
 *
 * Without s, which is 1 for results below the zero point only, the result as
 * with struct narrow is floor((P + 2^30 + 2^(r + 30)) / 2^(r + 31)). To the
 * product of the sum that of the bias is added, too, and the zero point.
 */
struct floored {
	__m512i multiplier;
	__m512i multiplier_odd;
	__m512i add_even;
	__m512i add_odd;
	__m512i shift;
};

/* What is added to the products of every second lane, of which these are the even ones */
TARGET static inline __attribute__((always_inline))
__m512i floored_add(__m512i bias, __m512i multiplier, __m512i right, int32_t zero_point)
{
	/* 2^(r + 30), and 2^(r + 31) times the zero point */
	__m512i bits = _mm512_add_epi64(_mm512_and_si512(right, _mm512_set1_epi64(UINT32_MAX)),
					_mm512_set1_epi64(30));
	__m512i add = _mm512_sllv_epi64(_mm512_set1_epi64(1 + 2 * zero_point), bits);

	add = _mm512_add_epi64(add, _mm512_set1_epi64(1 << 30));
	return _mm512_add_epi64(add, _mm512_mul_epi32(bias, multiplier));
}

TARGET static inline __attribute__((always_inline))
struct floored load_floored(const struct v3npu_scale *scale, unsigned int brick)
{
	const unsigned int channel = brick * V3NPU_BRICK_O;
	__m512i bias = _mm512_loadu_si512(scale->bias + channel);
	__m512i right = _mm512_loadu_si512(scale->right + channel);
	struct floored f;

	f.multiplier = _mm512_loadu_si512(scale->multiplier + channel);
	f.multiplier_odd = _mm512_srli_epi64(f.multiplier, 32);
	f.add_even = floored_add(bias, f.multiplier, right, scale->zero_point);
	f.add_odd = floored_add(_mm512_srli_epi64(bias, 32), f.multiplier_odd,
				_mm512_srli_epi64(right, 32), scale->zero_point);
	f.shift = _mm512_sub_epi32(right, _mm512_set1_epi32(1));
	return f;
}

/* 16 results, which saturation to 8 bits completes, or which are at or below the zero point */
TARGET static inline __attribute__((always_inline))
__m512i scale_floored(const struct floored *f, const int32_t *acc)
{
	__m512i even = _mm512_mul_epi32(_mm512_loadu_si512(acc), f->multiplier);
	/* The odd lanes in the even ones' place, which loading does without an instruction more */
	__m512i up = _mm512_castps_si512(_mm512_movehdup_ps(_mm512_loadu_ps(acc)));
	__m512i odd = _mm512_mul_epi32(up, f->multiplier_odd);

	return _mm512_srav_epi32(upper_halves(_mm512_add_epi64(even, f->add_even),
					      _mm512_add_epi64(odd, f->add_odd)), f->shift);
}

/* Constants of 16 channels of which one kind is used */
union scaling {
	struct narrow narrow;
	struct floored floored;
};

TARGET static inline __attribute__((always_inline))
union scaling load_scaling(const struct v3npu_scale *scale, unsigned int brick, const bool floored)
{
	union scaling s;

	if (floored)
		s.floored = load_floored(scale, brick);
	else
		s.narrow = load_narrow(scale, brick);
	return s;
}

TARGET static inline __attribute__((always_inline))
__m512i scale_sums(const union scaling *s, const int32_t *acc, const bool floored)
{
	return floored ? scale_floored(&s->floored, acc) : scale_narrow(&s->narrow, acc);
}

/* Is nothing below the zero point seen, because it is clamped? */
static inline bool is_floored(const struct v3npu_scale *scale)
{
	return scale->min >= scale->zero_point;
}

#endif /* V3NPU_MODEL_KERNELS_AVX512_SCALE_H */
