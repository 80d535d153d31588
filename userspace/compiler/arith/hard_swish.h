/* SPDX-License-Identifier: MIT */
#ifndef V3C_HARD_SWISH_H
#define V3C_HARD_SWISH_H

#include "table.h"

/* x * min(max(x + 3, 0), 6) / 6; -ENOTSUP if TFLite would not take the scales */
int v3c_table_hard_swish(int8_t *table, struct v3c_quant in, struct v3c_quant out);

#endif /* V3C_HARD_SWISH_H */
