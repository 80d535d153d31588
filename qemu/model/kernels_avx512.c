// SPDX-License-Identifier: MIT
/*
 * Kernels for AVX-512 with VNNI. vpdpbusd multiplies unsigned by signed bytes,
 * so operands are held plus 128.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

static bool supported_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

TARGET static inline void load_bytes(uint8_t *to, const int8_t *from, size_t size)
{
	const __m512i offset = _mm512_set1_epi8((char)V3NPU_KERNEL_OFFSET);
	__mmask64 tail;

	for (; size > 64; size -= 64, to += 64, from += 64)
		_mm512_storeu_si512(to, _mm512_xor_si512(_mm512_loadu_si512(from), offset));
	tail = ~0ull >> (64 - size);
	_mm512_mask_storeu_epi8(to, tail,
				_mm512_xor_si512(_mm512_maskz_loadu_epi8(tail, from), offset));
}

TARGET static void load_avx512(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
			       uint32_t channels, uint32_t quads, int32_t zero_point)
{
	uint32_t depth = quads * V3NPU_BRICK_I;
	uint8_t fill = (uint8_t)(zero_point + V3NPU_KERNEL_OFFSET);

	if (channels == depth && stride == depth) {
		load_bytes(to, from, (size_t)pixels * depth);
		return;
	}
	for (; pixels; pixels--, from += stride, to += depth) {
		load_bytes(to, from, channels);
		if (channels < depth)
			memset(to + channels, fill, depth - channels);
	}
}

/* What one instance of the kernel does; @pixels and @bricks are constants where it is inlined */
TARGET static inline __attribute__((always_inline))
void mac_block(const struct v3npu_mac *mac, const unsigned int pixels, const unsigned int bricks)
{
	__m512i acc[V3NPU_MAC_PIXELS][V3NPU_MAC_BRICKS];
	const size_t brick = (size_t)mac->num_taps * mac->quads * V3NPU_BRICK_BYTES;
	const size_t stride = mac->pixel_stride;
	const int8_t *w = mac->weights;
	unsigned int p, b;
	uint32_t t, q;

#pragma GCC unroll 12
	for (p = 0; p < pixels; p++)
#pragma GCC unroll 2
		for (b = 0; b < bricks; b++)
			acc[p][b] = _mm512_setzero_si512();

	for (t = 0; t < mac->num_taps; t++) {
		const uint8_t *a = mac->lines + mac->taps[t];

		for (q = 0; q < mac->quads; q++) {
			__m512i weights[V3NPU_MAC_BRICKS];

#pragma GCC unroll 2
			for (b = 0; b < bricks; b++)
				weights[b] = _mm512_loadu_si512(w + b * brick);
#pragma GCC unroll 12
			for (p = 0; p < pixels; p++) {
				int32_t quad;
				__m512i operand;

				memcpy(&quad, a + p * stride, sizeof(quad));
				operand = _mm512_set1_epi32(quad);
#pragma GCC unroll 2
				for (b = 0; b < bricks; b++)
					acc[p][b] = _mm512_dpbusd_epi32(acc[p][b], operand,
									weights[b]);
			}
			a += V3NPU_BRICK_I;
			w += V3NPU_BRICK_BYTES;
		}
	}

#pragma GCC unroll 12
	for (p = 0; p < pixels; p++)
#pragma GCC unroll 2
		for (b = 0; b < bricks; b++)
			_mm512_storeu_si512(mac->acc + p * V3NPU_ACC_PITCH + b * V3NPU_BRICK_O,
					    acc[p][b]);
}

#define MAC_CASE(n)						\
	case n:							\
		if (mac->bricks == 1)				\
			mac_block(mac, n, 1);			\
		else						\
			mac_block(mac, n, 2);			\
		break

TARGET static void mac_avx512(const struct v3npu_mac *mac)
{
	switch (mac->pixels) {
	MAC_CASE(1);
	MAC_CASE(2);
	MAC_CASE(3);
	MAC_CASE(4);
	MAC_CASE(5);
	MAC_CASE(6);
	MAC_CASE(7);
	MAC_CASE(8);
	MAC_CASE(9);
	MAC_CASE(10);
	MAC_CASE(11);
	MAC_CASE(12);
	}
}

TARGET static void sums_avx512(const int8_t *brick, size_t quads, int32_t *sums)
{
	const __m512i ones = _mm512_set1_epi8(1);
	__m512i sum = _mm512_setzero_si512();

	for (; quads; quads--, brick += V3NPU_BRICK_BYTES)
		sum = _mm512_dpbusd_epi32(sum, ones, _mm512_loadu_si512(brick));
	_mm512_storeu_si512(sums, sum);
}

/* v3npu_srdhm() of 16 lanes; @m must not be negative */
TARGET static inline __m512i srdhm(__m512i x, __m512i m, __m512i m_odd)
{
	const __m512i half = _mm512_set1_epi64(1 << 30);
	__m512i even = _mm512_add_epi64(_mm512_mul_epi32(x, m), half);
	__m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(x, 32), m_odd), half);

	return _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31),
				       _mm512_slli_epi64(odd, 1));
}

TARGET static void output_avx512(const struct v3npu_scale *scale, const int32_t *acc,
				 unsigned int pixels, unsigned int blocks, int8_t *to, size_t pitch)
{
	const __m512i one = _mm512_set1_epi32(1);
	const __m512i zero_point = _mm512_set1_epi32(scale->zero_point);
	const __m128i min = _mm_set1_epi8((char)scale->min);
	const __m128i max = _mm_set1_epi8((char)scale->max);
	unsigned int b, p;

	for (b = 0; b < blocks; b++) {
		__m512i bias = _mm512_loadu_si512(scale->bias + b * V3NPU_BRICK_O);
		__m512i m = _mm512_loadu_si512(scale->multiplier + b * V3NPU_BRICK_O);
		__m512i left = _mm512_loadu_si512(scale->left + b * V3NPU_BRICK_O);
		__m512i right = _mm512_loadu_si512(scale->right + b * V3NPU_BRICK_O);
		__m512i m_odd = _mm512_srli_epi64(m, 32);
		/* 2^31 - 1 for a shift of 31, as the mask of the scalar code */
		__m512i mask = _mm512_sub_epi32(_mm512_sllv_epi32(one, right), one);
		__m512i half = _mm512_srli_epi32(mask, 1);

		for (p = 0; p < pixels; p++) {
			__m512i x = _mm512_loadu_si512(acc + p * V3NPU_ACC_PITCH +
						       b * V3NPU_BRICK_O);
			__m512i rest, threshold;
			__m128i q;

			x = _mm512_sllv_epi32(_mm512_add_epi32(x, bias), left);
			x = srdhm(x, m, m_odd);
			rest = _mm512_and_si512(x, mask);
			threshold = _mm512_sub_epi32(half, _mm512_srai_epi32(x, 31));
			x = _mm512_srav_epi32(x, right);
			x = _mm512_mask_add_epi32(x, _mm512_cmpgt_epi32_mask(rest, threshold), x,
						  one);
			q = _mm512_cvtsepi32_epi8(_mm512_add_epi32(x, zero_point));
			q = _mm_min_epi8(_mm_max_epi8(q, min), max);
			_mm_storeu_si128((__m128i *)(to + p * pitch + b * V3NPU_BRICK_O), q);
		}
	}
}

const struct v3npu_kernels v3npu_kernels_avx512_vnni = {
	.name = "avx512-vnni",
	.element = sizeof(uint8_t),
	.biased = true,
	.supported = supported_avx512,
	.load = load_avx512,
	.mac = mac_avx512,
	.sums = sums_avx512,
	.output = output_avx512,
};

#endif /* __x86_64__ */
