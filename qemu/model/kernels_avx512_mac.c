// SPDX-License-Identifier: MIT
/*
 * The multiplication in AVX-512 with VNNI. It keeps two of a processor's vector
 * units busy. Where there are more, those can do the output stage of an earlier
 * call meanwhile, which comes in between, two vectors after each step.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels_avx512_scale.h"
#include "kernels_x86.h"

/* Pixels that are addressed from one pointer: at 0, 1 and 2 strides */
#define GROUP		3
#define GROUPS		(V3NPU_VECTOR_PIXELS / GROUP)

/**
 * struct meanwhile - what is left of an output stage of two bricks
 * @scaling: constants of each brick
 * @min: lower clamp
 * @max: upper clamp
 * @acc: sums of the next pixel
 * @to: where its results go
 * @pitch: bytes from there to the next one's
 * @left: pixels
 */
struct meanwhile {
	union scaling scaling[V3NPU_MAC_BRICKS];
	__m128i min;
	__m128i max;
	const int32_t *acc;
	int8_t *to;
	size_t pitch;
	unsigned int left;
};

TARGET static inline __attribute__((always_inline))
void put_pixel(struct meanwhile *m, const bool floored)
{
	unsigned int b;

#pragma GCC unroll 2
	for (b = 0; b < V3NPU_MAC_BRICKS; b++) {
		__m512i x = scale_sums(&m->scaling[b], m->acc + b * V3NPU_BRICK_O, floored);
		__m128i q = _mm_max_epi8(_mm512_cvtsepi32_epi8(x), m->min);

		_mm_storeu_si128((__m128i *)(m->to + b * V3NPU_BRICK_O), _mm_min_epi8(q, m->max));
	}
	m->acc += V3NPU_ACC_PITCH;
	m->to += m->pitch;
	m->left--;
}

/*
 * What one instance does; @pixels, @bricks, @floored and whether there is a @m are constants where
 * it is inlined
 */
TARGET static inline __attribute__((always_inline))
void mac_block(const struct v3npu_mac *mac, const unsigned int pixels, const unsigned int bricks,
	       struct meanwhile *m, const bool floored)
{
	__m512i acc[V3NPU_VECTOR_PIXELS][V3NPU_MAC_BRICKS];
	const size_t brick = (size_t)mac->num_taps * mac->quads * V3NPU_BRICK_BYTES;
	const size_t stride = mac->pixel_stride;
	const int8_t *w = mac->weights;
	unsigned int p, b, g;
	uint32_t t, q;

#pragma GCC unroll 12
	for (p = 0; p < pixels; p++)
#pragma GCC unroll 2
		for (b = 0; b < bricks; b++)
			acc[p][b] = _mm512_setzero_si512();

	for (t = 0; t < mac->num_taps; t++) {
		const uint8_t *a[GROUPS] = { mac->lines + mac->taps[t] };

#pragma GCC unroll 4
		for (g = 1; g < GROUPS; g++)
			a[g] = a[g - 1] + GROUP * stride;
		for (q = 0; q < mac->quads; q++) {
			__m512i weights[V3NPU_MAC_BRICKS];

#pragma GCC unroll 2
			for (b = 0; b < bricks; b++)
				weights[b] = _mm512_loadu_si512(w + b * brick);
#pragma GCC unroll 12
			for (p = 0; p < pixels; p++) {
				int32_t quad;
				__m512i operand;

				memcpy(&quad, a[p / GROUP] + p % GROUP * stride, sizeof(quad));
				operand = _mm512_set1_epi32(quad);
#pragma GCC unroll 2
				for (b = 0; b < bricks; b++)
					acc[p][b] = _mm512_dpbusd_epi32(acc[p][b], operand,
									weights[b]);
			}
#pragma GCC unroll 4
			for (g = 0; g < GROUPS; g++) {
				a[g] += V3NPU_BRICK_I;
				/* Or compilers go back to one pointer, and run out of registers */
				__asm__("" : "+r"(a[g]));
			}
			w += V3NPU_BRICK_BYTES;
			if (m && m->left)
				put_pixel(m, floored);
		}
	}

#pragma GCC unroll 12
	for (p = 0; p < pixels; p++)
#pragma GCC unroll 2
		for (b = 0; b < bricks; b++)
			_mm512_storeu_si512(mac->acc + p * V3NPU_ACC_PITCH + b * V3NPU_BRICK_O,
					    acc[p][b]);
	while (m && m->left)
		put_pixel(m, floored);
}

#define MAC_PIXELS(n)							\
	do {								\
		if (mac->bricks == 1)					\
			mac_block(mac, n, 1, NULL, false);		\
		else							\
			mac_block(mac, n, 2, NULL, false);		\
	} while (0)

TARGET void v3npu_mac_avx512(const struct v3npu_mac *mac)
{
	switch (mac->pixels) {
	case 1:
		MAC_PIXELS(1);
		break;
	case 2:
		MAC_PIXELS(2);
		break;
	case 3:
		MAC_PIXELS(3);
		break;
	case 4:
		MAC_PIXELS(4);
		break;
	case 5:
		MAC_PIXELS(5);
		break;
	case 6:
		MAC_PIXELS(6);
		break;
	case 7:
		MAC_PIXELS(7);
		break;
	case 8:
		MAC_PIXELS(8);
		break;
	case 9:
		MAC_PIXELS(9);
		break;
	case 10:
		MAC_PIXELS(10);
		break;
	case 11:
		MAC_PIXELS(11);
		break;
	case 12:
		MAC_PIXELS(12);
		break;
	}
}

/* Pixels of a call that is long enough for something to be done meanwhile */
#define PUT_PIXELS_MIN	8

#define PUT_PIXELS(n)							\
	do {								\
		if (floored)						\
			mac_block(mac, n, 2, &m, true);			\
		else							\
			mac_block(mac, n, 2, &m, false);		\
	} while (0)

TARGET void v3npu_mac_put_avx512(const struct v3npu_mac *mac, const struct v3npu_put *put)
{
	const struct v3npu_scale *scale = &put->scale;
	const bool floored = is_floored(scale);
	struct meanwhile m;

	if (!scale->narrow || put->blocks != V3NPU_MAC_BRICKS || mac->bricks != V3NPU_MAC_BRICKS ||
	    mac->pixels < PUT_PIXELS_MIN) {
		v3npu_output_avx512(scale, put->acc, put->pixels, put->blocks, put->to, put->pitch);
		v3npu_mac_avx512(mac);
		return;
	}
	m.scaling[0] = load_scaling(scale, 0, floored);
	m.scaling[1] = load_scaling(scale, 1, floored);
	m.min = _mm_set1_epi8((char)scale->min);
	m.max = _mm_set1_epi8((char)scale->max);
	m.acc = put->acc;
	m.to = put->to;
	m.pitch = put->pitch;
	m.left = put->pixels;
	switch (mac->pixels) {
	case 8:
		PUT_PIXELS(8);
		break;
	case 9:
		PUT_PIXELS(9);
		break;
	case 10:
		PUT_PIXELS(10);
		break;
	case 11:
		PUT_PIXELS(11);
		break;
	case 12:
		PUT_PIXELS(12);
		break;
	}
}

/* AMD's have four units for 512 bits; Intel's have two, which both multiply */
bool v3npu_put_pays_avx512(void)
{
	return __builtin_cpu_is("amd");
}

#endif /* __x86_64__ */
