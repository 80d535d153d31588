// SPDX-License-Identifier: MIT
/*
 * Kernels for AVX-VNNI, which has vpdpbusd for 256 bits without AVX-512. It
 * multiplies unsigned by signed bytes, so operands are held plus 128. All but
 * the multiplication is AVX2's.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include "kernels_x86.h"

#define TARGET __attribute__((target("avx2,avxvnni")))

/* Of CPUID's leaf 7, 1 */
#define AVX_VNNI_BIT	4

/* Pixels whose sums fit the registers, and the vectors of a brick */
#define BLOCK_PIXELS	6
#define VECTORS		2

static bool supported_avxvnni(void)
{
	return __builtin_cpu_supports("avx2") && v3npu_cpu_has(1, false, AVX_VNNI_BIT);
}

TARGET static void load_bytes(uint8_t *to, const int8_t *from, size_t size)
{
	const __m256i offset = _mm256_set1_epi8((char)V3NPU_KERNEL_OFFSET);

	for (; size >= 32; size -= 32, to += 32, from += 32) {
		__m256i bytes = _mm256_loadu_si256((const __m256i *)from);

		_mm256_storeu_si256((__m256i *)to, _mm256_xor_si256(bytes, offset));
	}
	for (; size; size--)
		*to++ = (uint8_t)(*from++ + V3NPU_KERNEL_OFFSET);
}

TARGET static void load_avxvnni(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
				uint32_t channels, uint32_t quads, int32_t zero_point)
{
	uint32_t depth = quads * V3NPU_BRICK_I;

	if (channels == depth && stride == depth) {
		load_bytes(to, from, (size_t)pixels * depth);
		return;
	}
	for (; pixels; pixels--, from += stride, to += depth) {
		load_bytes(to, from, channels);
		memset(to + channels, zero_point + V3NPU_KERNEL_OFFSET, depth - channels);
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

#pragma GCC unroll 6
	for (p = 0; p < pixels; p++)
#pragma GCC unroll 2
		for (v = 0; v < VECTORS; v++)
			acc[p][v] = _mm256_setzero_si256();

	for (t = 0; t < mac->num_taps; t++) {
		const uint8_t *a = lines + mac->taps[t];

		for (q = 0; q < mac->quads; q++) {
			__m256i weights[VECTORS];

#pragma GCC unroll 2
			for (v = 0; v < VECTORS; v++)
				weights[v] = _mm256_loadu_si256((const __m256i *)w + v);
#pragma GCC unroll 6
			for (p = 0; p < pixels; p++) {
				int32_t quad;
				__m256i operand;

				memcpy(&quad, a + p * stride, sizeof(quad));
				operand = _mm256_set1_epi32(quad);
#pragma GCC unroll 2
				for (v = 0; v < VECTORS; v++)
					acc[p][v] = _mm256_dpbusd_avx_epi32(acc[p][v], operand,
									    weights[v]);
			}
			a += V3NPU_BRICK_I;
			w += V3NPU_BRICK_BYTES;
		}
	}

#pragma GCC unroll 6
	for (p = 0; p < pixels; p++)
#pragma GCC unroll 2
		for (v = 0; v < VECTORS; v++)
			_mm256_storeu_si256((__m256i *)(sums + p * V3NPU_ACC_PITCH) + v, acc[p][v]);
}

TARGET static void mac_pixels(const struct v3npu_mac *mac, const uint8_t *lines, const int8_t *w,
			      int32_t *sums, unsigned int pixels)
{
	switch (pixels) {
	case 1:
		return mac_block(mac, lines, w, sums, 1);
	case 2:
		return mac_block(mac, lines, w, sums, 2);
	case 3:
		return mac_block(mac, lines, w, sums, 3);
	case 4:
		return mac_block(mac, lines, w, sums, 4);
	case 5:
		return mac_block(mac, lines, w, sums, 5);
	default:
		return mac_block(mac, lines, w, sums, BLOCK_PIXELS);
	}
}

TARGET static void mac_avxvnni(const struct v3npu_mac *mac)
{
	size_t brick = (size_t)mac->num_taps * mac->quads * V3NPU_BRICK_BYTES;
	unsigned int p, b;

	for (b = 0; b < mac->bricks; b++)
		for (p = 0; p < mac->pixels; p += BLOCK_PIXELS)
			mac_pixels(mac, mac->lines + p * mac->pixel_stride,
				   mac->weights + b * brick,
				   mac->acc + p * V3NPU_ACC_PITCH + b * V3NPU_BRICK_O,
				   mac->pixels - p);
}

TARGET static void sums_avxvnni(const int8_t *brick, size_t quads, int32_t *sums)
{
	const __m256i ones = _mm256_set1_epi8(1);
	__m256i sum[VECTORS] = { };
	int v;

	for (; quads; quads--, brick += V3NPU_BRICK_BYTES)
#pragma GCC unroll 2
		for (v = 0; v < VECTORS; v++)
			sum[v] = _mm256_dpbusd_avx_epi32(sum[v], ones, _mm256_loadu_si256(
						(const __m256i *)brick + v));
#pragma GCC unroll 2
	for (v = 0; v < VECTORS; v++)
		_mm256_storeu_si256((__m256i *)sums + v, sum[v]);
}

const struct v3npu_kernels v3npu_kernels_avxvnni = {
	.name = "avx-vnni",
	.element = sizeof(uint8_t),
	.pixels = V3NPU_VECTOR_PIXELS,
	.granule = 1,
	.biased = true,
	.offset = V3NPU_KERNEL_OFFSET,
	.supported = supported_avxvnni,
	.load = load_avxvnni,
	.mac = mac_avxvnni,
	.sums = sums_avxvnni,
	.output = v3npu_output_avx2,
	.softmax = v3npu_softmax_avx2,
	.add = v3npu_add_c,
	.look_up = v3npu_look_up_c,
	.max = v3npu_max_avx2,
};

#endif /* __x86_64__ */
