// SPDX-License-Identifier: MIT
/*
 * Kernels for AVX-512 with VNNI that look things up by VBMI's permutations of
 * bytes: a table of 256 bytes is four registers.
 */
#if defined(__x86_64__)

#include <immintrin.h>

#include "fixed.h"
#include "kernels_x86.h"

#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512cd,avx512vbmi")))

static bool supported_vbmi(void)
{
	return v3npu_kernels_avx512_vnni.supported() && __builtin_cpu_supports("avx512cd") &&
	       __builtin_cpu_supports("avx512vbmi");
}

/* What 64 bytes are in a table, which is indexed by bytes without a sign */
TARGET static inline __attribute__((always_inline))
__m512i look_up(const __m512i table[4], __m512i bytes)
{
	__m512i low = _mm512_permutex2var_epi8(table[0], bytes, table[1]);
	__m512i high = _mm512_permutex2var_epi8(table[2], bytes, table[3]);

	return _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(bytes), high);
}

TARGET void v3npu_look_up_vbmi(const int8_t table[256], int8_t *data, size_t size)
{
	__m512i parts[4];
	__mmask64 tail;
	int i;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		parts[i] = _mm512_loadu_si512(table + 64 * i);
	for (; size > 64; size -= 64, data += 64)
		_mm512_storeu_si512(data, look_up(parts, _mm512_loadu_si512(data)));
	if (!size)
		return;
	tail = ~0ull >> (64 - size);
	_mm512_mask_storeu_epi8(data, tail, look_up(parts, _mm512_maskz_loadu_epi8(tail, data)));
}

/* Byte number @byte of each of 256 numbers */
TARGET static void table_of_bytes(const int32_t *numbers, unsigned int byte, __m512i table[4])
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		__m512i number = _mm512_srli_epi32(_mm512_loadu_si512(numbers + 16 * i), 8 * byte);

		_mm_storeu_si128((__m128i *)table + i, _mm512_cvtepi32_epi8(number));
	}
}

/*
 * Puts the four bytes of 64 numbers together. As unpacking does, it leaves
 * lanes of 128 bits where they are: the first vector has numbers 0..3, 16..19,
 * 32..35 and 48..51, the second one those four higher, and so on. Packing
 * turns that round.
 */
TARGET static inline __attribute__((always_inline))
void join_bytes(const __m512i bytes[4], __m512i numbers[4])
{
	__m512i low = _mm512_unpacklo_epi8(bytes[0], bytes[1]);
	__m512i high = _mm512_unpacklo_epi8(bytes[2], bytes[3]);

	numbers[0] = _mm512_unpacklo_epi16(low, high);
	numbers[1] = _mm512_unpackhi_epi16(low, high);
	low = _mm512_unpackhi_epi8(bytes[0], bytes[1]);
	high = _mm512_unpackhi_epi8(bytes[2], bytes[3]);
	numbers[2] = _mm512_unpacklo_epi16(low, high);
	numbers[3] = _mm512_unpackhi_epi16(low, high);
}

/* Adds what an operand's 64 elements add */
TARGET static inline __attribute__((always_inline))
void add_addends(const struct v3npu_addend *addend, __m512i elements, __m512i sums[4])
{
	__m512i bytes[4], numbers[4];
	int i, k;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		__m512i table[4];

#pragma GCC unroll 4
		for (k = 0; k < 4; k++)
			table[k] = _mm512_loadu_si512(addend->byte[i] + 64 * k);
		bytes[i] = look_up(table, elements);
	}
	join_bytes(bytes, numbers);
#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		sums[i] = _mm512_add_epi32(sums[i], numbers[i]);
}

TARGET void v3npu_add_vbmi(const struct v3npu_addend addend[2], const int8_t *a, const int8_t *b,
			   int32_t *sums, size_t size)
{
	/* So that join_bytes() makes vectors of neighbours */
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11,
						15);
	int i;

	for (; size >= 64; size -= 64, a += 64, b += 64, sums += 64) {
		__m512i sum[4] = { };

		add_addends(&addend[0], _mm512_permutexvar_epi32(order, _mm512_loadu_si512(a)),
			    sum);
		add_addends(&addend[1], _mm512_permutexvar_epi32(order, _mm512_loadu_si512(b)),
			    sum);
#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			_mm512_storeu_si512(sums + 16 * i, sum[i]);
	}
	v3npu_add_c(addend, a, b, sums, size);
}

/* v3npu_srdhm() of 16 lanes, of which no two are both INT32_MIN */
TARGET static inline __m512i srdhm(__m512i a, __m512i b)
{
	const __m512i half = _mm512_set1_epi64(1 << 30);
	__m512i even = _mm512_add_epi64(_mm512_mul_epi32(a, b), half);
	__m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(a, 32),
							_mm512_srli_epi64(b, 32)), half);

	return _mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 31),
				       _mm512_slli_epi64(odd, 1));
}

/* v3npu_reciprocal() of 16 lanes; in its domain no step but the last saturates */
TARGET static inline __m512i reciprocal(__m512i half)
{
	const __m512i one = _mm512_set1_epi32(1 << 29), limit = _mm512_set1_epi32(1 << 30);
	__m512i x = _mm512_set1_epi32(V3NPU_48_OVER_17);
	int i;

	x = _mm512_add_epi32(x, srdhm(half, _mm512_set1_epi32(V3NPU_MINUS_32_OVER_17)));
#pragma GCC unroll 3
	for (i = 0; i < 3; i++) {
		__m512i rest = _mm512_sub_epi32(one, srdhm(half, x));

		x = _mm512_add_epi32(x, _mm512_slli_epi32(srdhm(x, rest), 2));
	}
	return _mm512_mask_mov_epi32(_mm512_slli_epi32(x, 1), _mm512_cmpge_epi32_mask(x, limit),
				     _mm512_set1_epi32(INT32_MAX));
}

/**
 * struct tables - a softmax's tables by bytes
 * @exponential: its four bytes
 * @term: its three bytes
 */
struct tables {
	__m512i exponential[4][4];
	__m512i term[3][4];
};

/* Sums of the terms of 64 rows, in the order of join_bytes() */
TARGET static inline __attribute__((always_inline))
void sum_terms(const struct tables *tables, const int8_t *data, uint32_t depth, size_t pitch,
	       __m512i max, __m512i sum[4])
{
	uint32_t d, i;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		sum[i] = _mm512_setzero_si512();
	for (d = 0; d < depth; d++) {
		__m512i below = _mm512_sub_epi8(max, _mm512_loadu_si512(data + d * pitch));
		__m512i bytes[4], term[4];

#pragma GCC unroll 3
		for (i = 0; i < 3; i++)
			bytes[i] = look_up(tables->term[i], below);
		bytes[3] = _mm512_setzero_si512();
		join_bytes(bytes, term);
#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			sum[i] = _mm512_add_epi32(sum[i], term[i]);
	}
}

/* V3NPU_SOFTMAX_ROWS rows */
TARGET static void softmax_rows(const struct tables *tables, int8_t *data, uint32_t depth,
				size_t pitch)
{
	const __m512i one = _mm512_set1_epi32(1);
	__m512i max = _mm512_set1_epi8(INT8_MIN), sum[4], scale[4], half[4], shift[4];
	uint32_t d, i;

	for (d = 0; d < depth; d++)
		max = _mm512_max_epi8(max, _mm512_loadu_si512(data + d * pitch));
	sum_terms(tables, data, depth, pitch, max, sum);
#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		__m512i zeros = _mm512_lzcnt_epi32(sum[i]);

		scale[i] = reciprocal(_mm512_srli_epi32(_mm512_sllv_epi32(sum[i], zeros), 1));
		shift[i] = _mm512_sub_epi32(_mm512_set1_epi32(V3NPU_SOFTMAX_SHIFT), zeros);
		/* 2^(shift - 1), and as the shifts that follow 0 where there is no such bit */
		half[i] = _mm512_sllv_epi32(one, _mm512_sub_epi32(shift[i], one));
	}
	for (d = 0; d < depth; d++) {
		__m512i below = _mm512_sub_epi8(max, _mm512_loadu_si512(data + d * pitch));
		__m512i bytes[4], e[4], q;

#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			bytes[i] = look_up(tables->exponential[i], below);
		join_bytes(bytes, e);
		/* Neither is negative, so the sum has room in 32 bits without a sign */
#pragma GCC unroll 4
		for (i = 0; i < 4; i++)
			e[i] = _mm512_srlv_epi32(_mm512_add_epi32(srdhm(scale[i], e[i]), half[i]),
						 shift[i]);
		q = _mm512_packus_epi16(_mm512_packs_epi32(e[0], e[1]),
					_mm512_packs_epi32(e[2], e[3]));
		_mm512_storeu_si512(data + d * pitch,
				    _mm512_xor_si512(q, _mm512_set1_epi8(INT8_MIN)));
	}
}

TARGET void v3npu_softmax_vbmi(const struct v3npu_softmax_table *table, int8_t *data,
			       uint32_t depth, size_t pitch, uint32_t rows)
{
	struct tables tables;
	uint32_t r, i;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++)
		table_of_bytes(table->exponential, i, tables.exponential[i]);
#pragma GCC unroll 3
	for (i = 0; i < 3; i++)
		table_of_bytes(table->term, i, tables.term[i]);
	for (r = 0; r < rows; r += V3NPU_SOFTMAX_ROWS)
		softmax_rows(&tables, data + r, depth, pitch);
}

const struct v3npu_kernels v3npu_kernels_avx512_vbmi = {
	.name = "avx512-vbmi",
	.element = sizeof(uint8_t),
	.pixels = V3NPU_VECTOR_PIXELS,
	.granule = 1,
	.biased = true,
	.offset = V3NPU_KERNEL_OFFSET,
	.supported = supported_vbmi,
	.load = v3npu_load_avx512,
	.mac = v3npu_mac_avx512,
	.mac_put = v3npu_mac_put_avx512,
	.put_pays = v3npu_put_pays_avx512,
	.sums = v3npu_sums_avx512,
	.output = v3npu_output_avx512,
	.softmax = v3npu_softmax_vbmi,
	.add = v3npu_add_vbmi,
	.look_up = v3npu_look_up_vbmi,
	.max = v3npu_max_avx512,
};

#endif /* __x86_64__ */
