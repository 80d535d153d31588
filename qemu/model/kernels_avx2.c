// SPDX-License-Identifier: MIT
/*
 * Kernels for AVX2. vpmaddubsw would saturate, so operands are held as 16 bits
 * and weights are widened as they are loaded. A register of sums holds two
 * halves for each of four channels.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "fixed.h"
#include "kernels_x86.h"

#define TARGET __attribute__((target("avx2")))

/* Pixels whose sums fit the registers, and the vectors of a brick */
#define BLOCK_PIXELS	3
#define VECTORS		4

static bool supported_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

TARGET static void load_avx2(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
			     uint32_t channels, uint32_t quads, int32_t zero_point)
{
	const __m256i zero = _mm256_set1_epi16((short)zero_point);
	uint32_t depth = quads * V3NPU_BRICK_I;
	int16_t *operand = (int16_t *)to;
	uint32_t i;

	for (; pixels; pixels--, from += stride, operand += depth) {
		for (i = 0; i + 16 <= channels; i += 16) {
			__m128i bytes = _mm_loadu_si128((const __m128i *)(from + i));

			_mm256_storeu_si256((__m256i *)(operand + i),
					    _mm256_sub_epi16(_mm256_cvtepi8_epi16(bytes), zero));
		}
		for (; i < channels; i++)
			operand[i] = (int16_t)(from[i] - zero_point);
		for (; i < depth; i++)
			operand[i] = 0;
	}
}

/* What one instance of the kernel does; @pixels is a constant where it is inlined */
TARGET static inline __attribute__((always_inline))
void mac_block(const struct v3npu_mac *mac, const uint8_t *lines, const int8_t *w, int32_t *sums,
	       const unsigned int pixels)
{
	__m256i acc[BLOCK_PIXELS][VECTORS];
	const size_t stride = mac->pixel_stride;
	unsigned int p, v;
	uint32_t t, q;

#pragma GCC unroll 3
	for (p = 0; p < pixels; p++)
#pragma GCC unroll 4
		for (v = 0; v < VECTORS; v++)
			acc[p][v] = _mm256_setzero_si256();

	for (t = 0; t < mac->num_taps; t++) {
		const uint8_t *a = lines + mac->taps[t];

		for (q = 0; q < mac->quads; q++) {
			__m256i operand[BLOCK_PIXELS];

#pragma GCC unroll 3
			for (p = 0; p < pixels; p++) {
				long long quad;

				memcpy(&quad, a + p * stride, sizeof(quad));
				operand[p] = _mm256_set1_epi64x(quad);
			}
#pragma GCC unroll 4
			for (v = 0; v < VECTORS; v++) {
				const __m128i *bytes = (const __m128i *)w + v;
				__m256i weights = _mm256_cvtepi8_epi16(_mm_loadu_si128(bytes));

#pragma GCC unroll 3
				for (p = 0; p < pixels; p++)
					acc[p][v] = _mm256_add_epi32(acc[p][v],
							_mm256_madd_epi16(operand[p], weights));
			}
			a += V3NPU_BRICK_I * sizeof(int16_t);
			w += V3NPU_BRICK_BYTES;
		}
	}

#pragma GCC unroll 3
	for (p = 0; p < pixels; p++) {
#pragma GCC unroll 2
		for (v = 0; v < VECTORS; v += 2) {
			/* Channels come out as 0 1 4 5, 2 3 6 7 */
			__m256i sum = _mm256_hadd_epi32(acc[p][v], acc[p][v + 1]);

			sum = _mm256_permute4x64_epi64(sum, 0xd8);
			_mm256_storeu_si256((__m256i *)(sums + p * V3NPU_ACC_PITCH + v * 4), sum);
		}
	}
}

TARGET static void mac_avx2(const struct v3npu_mac *mac)
{
	size_t brick = (size_t)mac->num_taps * mac->quads * V3NPU_BRICK_BYTES;
	unsigned int p, b;

	for (b = 0; b < mac->bricks; b++) {
		const int8_t *w = mac->weights + b * brick;

		for (p = 0; p < mac->pixels; p += BLOCK_PIXELS) {
			const uint8_t *lines = mac->lines + p * mac->pixel_stride;
			int32_t *sums = mac->acc + p * V3NPU_ACC_PITCH + b * V3NPU_BRICK_O;

			if (mac->pixels - p >= BLOCK_PIXELS)
				mac_block(mac, lines, w, sums, BLOCK_PIXELS);
			else if (mac->pixels - p == 2)
				mac_block(mac, lines, w, sums, 2);
			else
				mac_block(mac, lines, w, sums, 1);
		}
	}
}

/* v3npu_srdhm() of 8 lanes; @m must not be negative */
TARGET static inline __m256i srdhm(__m256i x, __m256i m, __m256i m_odd)
{
	const __m256i half = _mm256_set1_epi64x(1 << 30);
	__m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, m), half);
	__m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32), m_odd), half);

	return _mm256_blend_epi32(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1), 0xaa);
}

TARGET static inline __m256i load_scale(const int32_t *from)
{
	return _mm256_loadu_si256((const __m256i *)from);
}

/* 8 channels, before the narrowing to bytes */
TARGET static inline __m256i output_half(const struct v3npu_scale *scale, unsigned int channel,
					 const int32_t *acc)
{
	const __m256i one = _mm256_set1_epi32(1);
	__m256i m = load_scale(scale->multiplier + channel);
	__m256i right = load_scale(scale->right + channel);
	/* 2^31 - 1 for a shift of 31, as the mask of the scalar code */
	__m256i mask = _mm256_sub_epi32(_mm256_sllv_epi32(one, right), one);
	__m256i x = _mm256_add_epi32(load_scale(acc + channel), load_scale(scale->bias + channel));
	__m256i threshold, up;

	x = srdhm(_mm256_sllv_epi32(x, load_scale(scale->left + channel)), m,
		  _mm256_srli_epi64(m, 32));
	threshold = _mm256_sub_epi32(_mm256_srli_epi32(mask, 1), _mm256_srai_epi32(x, 31));
	up = _mm256_cmpgt_epi32(_mm256_and_si256(x, mask), threshold);
	x = _mm256_sub_epi32(_mm256_srav_epi32(x, right), up);
	x = _mm256_add_epi32(x, _mm256_set1_epi32(scale->zero_point));
	x = _mm256_max_epi32(x, _mm256_set1_epi32(scale->min));
	return _mm256_min_epi32(x, _mm256_set1_epi32(scale->max));
}

/**
 * struct floored - constants of 8 channels whose scale is narrow, if nothing below the zero point
 *	is seen; see AVX-512's
 * @multiplier: as in the scale
 * @multiplier_odd: of the odd lanes, for multiplication in 64 bits
 * @add_even: what is added to the products of the even lanes
 * @add_odd: to those of the odd ones
 * @shift: the shift of the sums' upper halves
 */
struct floored {
	__m256i multiplier;
	__m256i multiplier_odd;
	__m256i add_even;
	__m256i add_odd;
	__m256i shift;
};

/* What is added to the products of every second lane, of which these are the even ones */
TARGET static inline __attribute__((always_inline))
__m256i floored_add(__m256i bias, __m256i multiplier, __m256i right, int32_t zero_point)
{
	/* 2^(r + 30), and 2^(r + 31) times the zero point */
	__m256i bits = _mm256_add_epi64(_mm256_and_si256(right, _mm256_set1_epi64x(UINT32_MAX)),
					_mm256_set1_epi64x(30));
	__m256i add = _mm256_sllv_epi64(_mm256_set1_epi64x(1 + 2 * zero_point), bits);

	add = _mm256_add_epi64(add, _mm256_set1_epi64x(1 << 30));
	return _mm256_add_epi64(add, _mm256_mul_epi32(bias, multiplier));
}

TARGET static inline __attribute__((always_inline))
struct floored load_floored(const struct v3npu_scale *scale, unsigned int channel)
{
	__m256i bias = load_scale(scale->bias + channel);
	__m256i right = load_scale(scale->right + channel);
	struct floored f;

	f.multiplier = load_scale(scale->multiplier + channel);
	f.multiplier_odd = _mm256_srli_epi64(f.multiplier, 32);
	f.add_even = floored_add(bias, f.multiplier, right, scale->zero_point);
	f.add_odd = floored_add(_mm256_srli_epi64(bias, 32), f.multiplier_odd,
				_mm256_srli_epi64(right, 32), scale->zero_point);
	f.shift = _mm256_sub_epi32(right, _mm256_set1_epi32(1));
	return f;
}

/* 8 results, which saturation to 8 bits completes, or which are at or below the zero point */
TARGET static inline __attribute__((always_inline))
__m256i scale_floored(const struct floored *f, const int32_t *acc)
{
	__m256i x = load_scale(acc);
	__m256i even = _mm256_add_epi64(_mm256_mul_epi32(x, f->multiplier), f->add_even);
	__m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(x, 32),
							f->multiplier_odd), f->add_odd);

	return _mm256_srav_epi32(_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa),
				 f->shift);
}

/* 16 results as bytes */
TARGET static inline __m128i pack_16(__m256i low, __m256i high)
{
	__m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);

	return _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

/* 16 channels from number @channel on */
TARGET static void output_floored(const struct v3npu_scale *scale, unsigned int channel,
				  const int32_t *acc, unsigned int pixels, int8_t *to, size_t pitch)
{
	const struct floored low = load_floored(scale, channel);
	const struct floored high = load_floored(scale, channel + 8);
	const __m128i min = _mm_set1_epi8((char)scale->min);
	const __m128i max = _mm_set1_epi8((char)scale->max);

	for (; pixels; pixels--, acc += V3NPU_ACC_PITCH, to += pitch) {
		__m128i q = pack_16(scale_floored(&low, acc), scale_floored(&high, acc + 8));

		_mm_storeu_si128((__m128i *)to, _mm_min_epi8(_mm_max_epi8(q, min), max));
	}
}

TARGET void v3npu_output_avx2(const struct v3npu_scale *scale, const int32_t *acc,
			      unsigned int pixels, unsigned int blocks, int8_t *to, size_t pitch)
{
	unsigned int p, c;

	if (scale->narrow && scale->min >= scale->zero_point) {
		for (c = 0; c < blocks * V3NPU_BRICK_O; c += V3NPU_BRICK_O)
			output_floored(scale, c, acc + c, pixels, to + c, pitch);
		return;
	}
	for (p = 0; p < pixels; p++, acc += V3NPU_ACC_PITCH, to += pitch) {
		for (c = 0; c < blocks * V3NPU_BRICK_O; c += V3NPU_BRICK_O) {
			__m128i q = pack_16(output_half(scale, c, acc),
					    output_half(scale, c + 8, acc));

			_mm_storeu_si128((__m128i *)(to + c), q);
		}
	}
}

/* v3npu_srdhm() of 8 lanes, of which no two are both INT32_MIN */
TARGET static inline __m256i srdhm_any(__m256i a, __m256i b)
{
	return srdhm(a, b, _mm256_srli_epi64(b, 32));
}

/* v3npu_reciprocal() of 8 lanes; in its domain no step but the last saturates */
TARGET static inline __m256i reciprocal(__m256i half)
{
	const __m256i one = _mm256_set1_epi32(1 << 29);
	__m256i x = _mm256_set1_epi32(V3NPU_48_OVER_17);
	__m256i large;
	int i;

	x = _mm256_add_epi32(x, srdhm_any(half, _mm256_set1_epi32(V3NPU_MINUS_32_OVER_17)));
	for (i = 0; i < 3; i++) {
		__m256i rest = _mm256_sub_epi32(one, srdhm_any(half, x));

		x = _mm256_add_epi32(x, _mm256_slli_epi32(srdhm_any(x, rest), 2));
	}
	large = _mm256_cmpgt_epi32(x, _mm256_set1_epi32((1 << 30) - 1));
	return _mm256_blendv_epi8(_mm256_slli_epi32(x, 1), _mm256_set1_epi32(INT32_MAX), large);
}

/* Differences of 8 elements to their rows' maximum */
TARGET static inline __m256i below(__m256i max, const int8_t *data)
{
	__m128i bytes = _mm_loadl_epi64((const __m128i *)data);

	return _mm256_sub_epi32(max, _mm256_cvtepi8_epi32(bytes));
}

/* 8 rows */
TARGET static void softmax_rows(const struct v3npu_softmax_table *table, int8_t *data,
				uint32_t depth, size_t pitch)
{
	__m256i max = _mm256_set1_epi32(INT8_MIN), sum = _mm256_setzero_si256();
	__m256i zeros, scale, shift, half;
	uint32_t sums[8], clz[8];
	uint32_t d;
	int i;

	for (d = 0; d < depth; d++) {
		__m128i bytes = _mm_loadl_epi64((const __m128i *)(data + d * pitch));

		max = _mm256_max_epi32(max, _mm256_cvtepi8_epi32(bytes));
	}
	for (d = 0; d < depth; d++) {
		__m256i term = _mm256_i32gather_epi32(table->term, below(max, data + d * pitch),
						      sizeof(*table->term));

		sum = _mm256_add_epi32(sum, term);
	}
	_mm256_storeu_si256((__m256i *)sums, sum);
	for (i = 0; i < 8; i++)
		clz[i] = __builtin_clz(sums[i]);
	zeros = _mm256_loadu_si256((const __m256i *)clz);
	scale = reciprocal(_mm256_srli_epi32(_mm256_sllv_epi32(sum, zeros), 1));
	shift = _mm256_sub_epi32(_mm256_set1_epi32(V3NPU_SOFTMAX_SHIFT), zeros);
	/* 2^(shift - 1), and as the shifts that follow 0 where there is no such bit */
	half = _mm256_sllv_epi32(_mm256_set1_epi32(1),
				 _mm256_sub_epi32(shift, _mm256_set1_epi32(1)));
	for (d = 0; d < depth; d++) {
		__m256i e = _mm256_i32gather_epi32(table->exponential,
						   below(max, data + d * pitch),
						   sizeof(*table->exponential));
		__m128i q;

		/* Neither is negative, so the sum has room in 32 bits without a sign */
		e = _mm256_srlv_epi32(_mm256_add_epi32(srdhm_any(scale, e), half), shift);
		q = _mm_packs_epi32(_mm256_castsi256_si128(e), _mm256_extracti128_si256(e, 1));
		q = _mm_packus_epi16(q, q);
		q = _mm_xor_si128(q, _mm_set1_epi8(INT8_MIN));
		_mm_storel_epi64((__m128i *)(data + d * pitch), q);
	}
}

TARGET void v3npu_softmax_avx2(const struct v3npu_softmax_table *table, int8_t *data,
			       uint32_t depth, size_t pitch, uint32_t rows)
{
	uint32_t r;

	for (r = 0; r < rows; r += 8)
		softmax_rows(table, data + r, depth, pitch);
}

TARGET void v3npu_max_avx2(int8_t *to, const int8_t *from, size_t size)
{
	for (; size >= 32; size -= 32, to += 32, from += 32) {
		__m256i a = _mm256_loadu_si256((const __m256i *)to);
		__m256i b = _mm256_loadu_si256((const __m256i *)from);

		_mm256_storeu_si256((__m256i *)to, _mm256_max_epi8(a, b));
	}
	for (; size; size--, to++, from++)
		*to = *to > *from ? *to : *from;
}

const struct v3npu_kernels v3npu_kernels_avx2 = {
	.name = "avx2",
	.element = sizeof(int16_t),
	.pixels = V3NPU_VECTOR_PIXELS,
	.granule = 1,
	.supported = supported_avx2,
	.load = load_avx2,
	.mac = mac_avx2,
	.output = v3npu_output_avx2,
	.softmax = v3npu_softmax_avx2,
	.add = v3npu_add_c,
	.look_up = v3npu_look_up_c,
	.max = v3npu_max_avx2,
};

#endif /* __x86_64__ */
