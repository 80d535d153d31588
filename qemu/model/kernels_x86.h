/* SPDX-License-Identifier: MIT */
/* Kernels for x86 that several sets have in common. */
#ifndef V3NPU_MODEL_KERNELS_X86_H
#define V3NPU_MODEL_KERNELS_X86_H

#include <cpuid.h>

#include "kernels.h"

/*
 * Has the processor what is one bit of CPUID's leaf 7? For what not every compiler has a name for;
 * whether the system saves the registers is for the caller to find out.
 */
static inline bool v3npu_cpu_has(unsigned int subleaf, bool in_edx, unsigned int bit)
{
	unsigned int eax, ebx, ecx, edx;

	return __get_cpuid_count(7, subleaf, &eax, &ebx, &ecx, &edx) &&
	       (in_edx ? edx : eax) >> bit & 1;
}

/* kernels_avx2.c */
void v3npu_output_avx2(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
		       unsigned int blocks, int8_t *to, size_t pitch);
void v3npu_max_avx2(int8_t *to, const int8_t *from, size_t size);
void v3npu_softmax_avx2(const struct v3npu_softmax_table *table, int8_t *data, uint32_t depth,
			size_t pitch, uint32_t rows);

/* kernels_avx512.c */
void v3npu_load_avx512(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
		       uint32_t channels, uint32_t quads, int32_t zero_point);
void v3npu_load_signed_avx512(uint8_t *to, const int8_t *from, size_t stride, uint32_t pixels,
			      uint32_t channels, uint32_t quads, int32_t zero_point);
void v3npu_sums_avx512(const int8_t *brick, size_t quads, int32_t *sums);
void v3npu_output_avx512(const struct v3npu_scale *scale, const int32_t *acc, unsigned int pixels,
			 unsigned int blocks, int8_t *to, size_t pitch);
void v3npu_max_avx512(int8_t *to, const int8_t *from, size_t size);

/* kernels_avx512_mac.c */
void v3npu_mac_avx512(const struct v3npu_mac *mac);
void v3npu_mac_put_avx512(const struct v3npu_mac *mac, const struct v3npu_put *put);
bool v3npu_put_pays_avx512(void);

/* kernels_vbmi.c */
void v3npu_softmax_vbmi(const struct v3npu_softmax_table *table, int8_t *data, uint32_t depth,
			size_t pitch, uint32_t rows);
void v3npu_add_vbmi(const struct v3npu_addend addend[2], const int8_t *a, const int8_t *b,
		    int32_t *sums, size_t size);
void v3npu_look_up_vbmi(const int8_t table[256], int8_t *data, size_t size);

#endif /* V3NPU_MODEL_KERNELS_X86_H */
