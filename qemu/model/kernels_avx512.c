// SPDX-License-Identifier: MIT
/*
 * Kernels for AVX-512 with VNNI. vpdpbusd multiplies unsigned by signed bytes,
 * so operands are held plus 128.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels_x86.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

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

/* What one instance of the kernel does; @pixels and @bricks are constants where it is inlined */
TARGET static inline __attribute__((always_inline))
void mac_block(const struct v3npu_mac *mac, const unsigned int pixels, const unsigned int bricks)
{
	__m512i acc[V3NPU_VECTOR_PIXELS][V3NPU_MAC_BRICKS];
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

TARGET void v3npu_mac_avx512(const struct v3npu_mac *mac)
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

/* Upper halves of 16 products, those of the even lanes and those of the odd ones */
TARGET static inline __attribute__((always_inline))
__m512i upper_halves(__m512i even, __m512i odd)
{
	const __m512i high = _mm512_setr_epi32(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29,
					       15, 31);

	return _mm512_permutex2var_epi32(even, high, odd);
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

	if (!scale->narrow)
		output_wide(scale, acc, pixels, blocks, to, pitch);
	else if (whole && scale->zero_point == INT8_MIN)
		output_narrow(scale, acc, pixels, blocks, to, pitch, NULL, true);
	else if (whole)
		output_narrow(scale, acc, pixels, blocks, to, pitch, NULL, false);
	else if (scale->min >= scale->zero_point)
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
	.sums = v3npu_sums_avx512,
	.output = v3npu_output_avx512,
	.softmax = v3npu_softmax_avx2,
	.add = v3npu_add_c,
	.look_up = v3npu_look_up_c,
	.max = v3npu_max_avx512,
};

#endif /* __x86_64__ */
