// SPDX-License-Identifier: MIT
#include "v3npu.h"

/* Of the file VERSION, by way of Meson */
const char *v3npu_version(void)
{
	return V3NPU_RELEASE;
}
