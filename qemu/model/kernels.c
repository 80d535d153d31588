// SPDX-License-Identifier: MIT
/* Which set of kernels this processor runs. */
#include <string.h>

#include "kernels.h"

const struct v3npu_kernels *v3npu_kernels_choose(const char *name)
{
	/* Best first */
	static const struct v3npu_kernels *const sets[] = {
#if defined(__x86_64__)
		&v3npu_kernels_amx,
		&v3npu_kernels_avx512_vbmi,
		&v3npu_kernels_avx512_vnni,
		&v3npu_kernels_avxvnni,
		&v3npu_kernels_avx2,
#endif
		&v3npu_kernels_c,
	};
	size_t i;

	for (i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		if (name && strcmp(name, sets[i]->name))
			continue;
		if (!sets[i]->supported || sets[i]->supported())
			return sets[i];
	}
	return NULL;
}
