// SPDX-License-Identifier: GPL-2.0-only

#include <linux/module.h>

#include "v3npu_compat.h"

MODULE_AUTHOR("V3NPU developers");
MODULE_DESCRIPTION("KUnit tests of the V3NPU driver");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
