// SPDX-License-Identifier: MIT
/*
 * Linked with each of the tests: they are skipped, in the way of kselftest,
 * where there is no NPU or who runs them may not do what they try.
 */
#include <unistd.h>

#include "kselftest.h"
#include "npu.h"

static void __attribute__((constructor)) need_npu(void)
{
	if (access(npu_path(), F_OK))
		ksft_exit_skip("no V3NPU: %s not found; load the module v3npu\n", npu_path());
	if (geteuid())
		ksft_exit_skip("this needs root\n");
}
