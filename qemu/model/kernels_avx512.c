// SPDX-License-Identifier: MIT
/*
 * Kernels for AVX-512 with VNNI. vpdpbusd multiplies unsigned by signed bytes,
 * so operands are held plus 128.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels_avx512_scale.h"
#include "kernels_x86.h"

/* How far ahead a picture is fetched, in bytes */
#define PREFETCH	2048

static bool supported_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni") &&
	       __builtin_cpu_supports("avx2");
}

TARGET static inline void load_bytes(uint8_t *to, const int8_t *from, size_t size, uint8_t add)
{
	const __m512i offset = _mm512_set1_epi8((char)add);
	__mmask64 tail;

	for (; size > 64; size -= 64, to += 64, from += 64)
		_mm512_storeu_si512(to, _mm512_xor_si512(_mm512_loadu_si512(from), offset));
	tail = ~0ull >> (64 - size);
	_mm512_mask_storeu_epi8(to, tail,
				_mm512_xor_si512(_mm512_maskz_loadu_epi8(tail, from), offset));
}

/*
 * Pixels of up to four channels that lie side by side, 16 at a time: four
 * pixels to each quarter of a register, then each pixel to its quad
 */
TARGET static void load_few(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
			    uint32_t channels, uint8_t add, uint8_t fill)
{
	uint8_t from_byte[64], offset[64];
	uint32_t from_dword[16];
	__m512i dwords, bytes, offsets;
	unsigned int i;

	for (i = 0; i < 16; i++)
		from_dword[i] = i / 4 * stride + i % 4;
	for (i = 0; i < 64; i++) {
		bool exists = i % 4 < channels;

		/* A byte of the quarter; with its top bit set, 0 */
		from_byte[i] = exists ? i % 16 / 4 * stride + i % 4 : 0x80;
		offset[i] = exists ? add : fill;
	}
	dwords = _mm512_loadu_si512(from_dword);
	bytes = _mm512_loadu_si512(from_byte);
	offsets = _mm512_loadu_si512(offset);
	while (pixels) {
		uint32_t count = pixels < 16 ? pixels : 16;
		uint32_t size = (count - 1) * stride + channels;
		__m512i x = _mm512_maskz_loadu_epi8(~0ull >> (64 - size), from);

		/* A picture's rows follow each other, and have not been in a cache for long */
		_mm_prefetch((const char *)from + PREFETCH, _MM_HINT_T0);
		x = _mm512_shuffle_epi8(_mm512_permutexvar_epi32(dwords, x), bytes);
		_mm512_mask_storeu_epi32(to, 0xffff >> (16 - count), _mm512_xor_si512(x, offsets));
		pixels -= count;
		from += count * stride;
		to += count * V3NPU_BRICK_I;
	}
}

/* load() of a set whose offset is @add, 0 or 128 */
TARGET static inline __attribute__((always_inline))
void load(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels, uint32_t channels,
	  uint32_t quads, int32_t zero_point, const uint8_t add)
{
	uint32_t depth = quads * V3NPU_BRICK_I;
	uint8_t fill = (uint8_t)(zero_point + add);

	if (channels == depth && stride == depth) {
		load_bytes(to, from, (size_t)pixels * depth, add);
		return;
	}
	if (quads == 1 && stride >= channels && stride <= V3NPU_BRICK_I) {
		load_few(to, from, stride, pixels, channels, add, fill);
		return;
	}
	for (; pixels; pixels--, from += stride, to += depth) {
		load_bytes(to, from, channels, add);
		if (channels < depth)
			memset(to + channels, fill, depth - channels);
	}
}

TARGET void v3npu_load_avx512(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
			      uint32_t channels, uint32_t quads, int32_t zero_point)
{
	load(to, from, stride, pixels, channels, quads, zero_point, V3NPU_KERNEL_OFFSET);
}

TARGET void v3npu_load_signed_avx512(uint8_t *to, const int8_t *from, size_t stride,
				     uint32_t pixels, uint32_t channels, uint32_t quads,
				     int32_t zero_point)
{
	load(to, from, stride, pixels, channels, quads, zero_point, 0);
}

TARGET void v3npu_sums_avx512(const int8_t *brick, size_t quads, int32_t *sums)
{
	const __m512i ones = _mm512_set1_epi8(1);
	__m512i even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();

	/* Two chains, since each instruction waits for the one before it */
	for (; quads > 1; quads -= 2, brick += 2 * V3NPU_BRICK_BYTES) {
		even = _mm512_dpbusd_epi32(even, ones, _mm512_loadu_si512(brick));
		odd = _mm512_dpbusd_epi32(odd, ones, _mm512_loadu_si512(brick + V3NPU_BRICK_BYTES));
	}
	if (quads)
		even = _mm512_dpbusd_epi32(even, ones, _mm512_loadu_si512(brick));
	_mm512_storeu_si512(sums, _mm512_add_epi32(even, odd));
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

/* The output stage as the scalar code does it, for any constants */
TARGET static void output_wide(const struct v3npu_scale *scale, const int32_t *acc,
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

/* Bounds of 64 bytes */
struct clamp {
	__m512i min;
	__m512i max;
};

/* Four vectors of 16 results as bytes, one after the other; @clamp NULL: in all of int8 */
TARGET static inline __attribute__((always_inline))
__m512i narrow_bytes(const __m512i v[4], const struct clamp *clamp)
{
	/* The packing leaves four bytes of each vector in turn */
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11,
						15);
	__m512i words[2] = { _mm512_packs_epi32(v[0], v[1]), _mm512_packs_epi32(v[2], v[3]) };
	__m512i bytes = _mm512_packs_epi16(words[0], words[1]);

	if (clamp)
		bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, clamp->min), clamp->max);
	return _mm512_permutexvar_epi32(order, bytes);
}

/* One brick, four pixels at a time */
TARGET static inline __attribute__((always_inline))
void output_narrow1(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
		    int8_t *to, size_t pitch, const struct clamp *clamp, const bool floored)
{
	const union scaling s = load_scaling(scale, 0, floored);
	unsigned int p, i;

	for (p = 0; p < pixels; p += 4, acc += 4 * V3NPU_ACC_PITCH) {
		__m512i v[4], bytes;

#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			v[i] = scale_sums(&s, acc + i * V3NPU_ACC_PITCH, floored);
		bytes = narrow_bytes(v, clamp);
		for (i = p; i < pixels && i < p + 4; i++, to += pitch) {
			_mm_storeu_si128((__m128i *)to, _mm512_castsi512_si128(bytes));
			bytes = _mm512_alignr_epi64(bytes, bytes, 2);
		}
	}
}

/* Two bricks, two pixels at a time */
TARGET static inline __attribute__((always_inline))
void output_narrow2(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
		    int8_t *to, size_t pitch, const struct clamp *clamp, const bool floored)
{
	const union scaling low = load_scaling(scale, 0, floored);
	const union scaling high = load_scaling(scale, 1, floored);
	unsigned int p;

	for (p = 0; p < pixels; p += 2, acc += 2 * V3NPU_ACC_PITCH, to += 2 * pitch) {
		const __m512i v[4] = {
			scale_sums(&low, acc, floored),
			scale_sums(&high, acc + V3NPU_BRICK_O, floored),
			scale_sums(&low, acc + V3NPU_ACC_PITCH, floored),
			scale_sums(&high, acc + V3NPU_ACC_PITCH + V3NPU_BRICK_O, floored),
		};
		__m512i bytes = narrow_bytes(v, clamp);

		_mm256_storeu_si256((__m256i *)to, _mm512_castsi512_si256(bytes));
		if (p + 1 < pixels)
			_mm256_storeu_si256((__m256i *)(to + pitch),
					    _mm512_extracti64x4_epi64(bytes, 1));
	}
}

/* What one instance of the output stage does; it is inlined for what @clamp and @floored are */
TARGET static inline __attribute__((always_inline))
void output_narrow(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
		   unsigned int blocks, int8_t *to, size_t pitch, const struct clamp *clamp,
		   const bool floored)
{
	if (blocks == 1)
		output_narrow1(scale, acc, pixels, to, pitch, clamp, floored);
	else
		output_narrow2(scale, acc, pixels, to, pitch, clamp, floored);
}

TARGET void v3npu_output_avx512(const struct v3npu_scale *scale, const int32_t *acc,
				unsigned int pixels, unsigned int blocks, int8_t *to, size_t pitch)
{
	const struct clamp clamp = {
		_mm512_set1_epi8((char)scale->min), _mm512_set1_epi8((char)scale->max),
	};
	bool whole = scale->min == INT8_MIN && scale->max == INT8_MAX;
	bool floored = is_floored(scale);

	if (!scale->narrow)
		output_wide(scale, acc, pixels, blocks, to, pitch);
	else if (whole && floored)
		output_narrow(scale, acc, pixels, blocks, to, pitch, NULL, true);
	else if (whole)
		output_narrow(scale, acc, pixels, blocks, to, pitch, NULL, false);
	else if (floored)
		output_narrow(scale, acc, pixels, blocks, to, pitch, &clamp, true);
	else
		output_narrow(scale, acc, pixels, blocks, to, pitch, &clamp, false);
}

TARGET void v3npu_max_avx512(int8_t *to, const int8_t *from, size_t size)
{
	__mmask64 tail;

	for (; size > 64; size -= 64, to += 64, from += 64)
		_mm512_storeu_si512(to, _mm512_max_epi8(_mm512_loadu_si512(to),
							_mm512_loadu_si512(from)));
	if (!size)
		return;
	tail = ~0ull >> (64 - size);
	_mm512_mask_storeu_epi8(to, tail, _mm512_max_epi8(_mm512_maskz_loadu_epi8(tail, to),
							  _mm512_maskz_loadu_epi8(tail, from)));
}

const struct v3npu_kernels v3npu_kernels_avx512_vnni = {
	.name = "avx512-vnni",
	.element = sizeof(uint8_t),
	.pixels = V3NPU_VECTOR_PIXELS,
	.granule = 1,
	.biased = true,
	.offset = V3NPU_KERNEL_OFFSET,
	.supported = supported_avx512,
	.load = v3npu_load_avx512,
	.mac = v3npu_mac_avx512,
	.mac_put = v3npu_mac_put_avx512,
	.put_pays = v3npu_put_pays_avx512,
	.sums = v3npu_sums_avx512,
	.output = v3npu_output_avx512,
	.softmax = v3npu_softmax_avx2,
	.add = v3npu_add_c,
	.look_up = v3npu_look_up_c,
	.max = v3npu_max_avx512,
};

#endif /* __x86_64__ */
