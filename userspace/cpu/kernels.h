/* SPDX-License-Identifier: MIT */
/*
 * What XNNPACK has no operator for: moving elements, int8 to float32 and back,
 * functions of libm, the place of the largest number.
 */
#ifndef V3CPU_KERNELS_H
#define V3CPU_KERNELS_H

#include <pthreadpool.h>

#include "step.h"

/* Each runs one step on @threads; @in and @out are its operands' first elements */
void v3cpu_copy(const struct cpu_step *step, const float *in, float *out, pthreadpool_t threads);
void v3cpu_fill(const struct cpu_step *step, float *out);
void v3cpu_nearest(const struct cpu_step *step, const float *in, float *out,
		   pthreadpool_t threads);
void v3cpu_argmax(const struct cpu_step *step, const float *in, float *out,
		  pthreadpool_t threads);
void v3cpu_to_index(const struct cpu_step *step, const float *in, void *out);

/* MAP, ROUND_TO_INT8, FROM_INT8 (@in is int8), TO_INT8 (@out is int8) */
void v3cpu_map(const struct cpu_step *step, const void *in, void *out, pthreadpool_t threads);

#endif /* V3CPU_KERNELS_H */
