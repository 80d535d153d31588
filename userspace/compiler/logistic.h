/* SPDX-License-Identifier: MIT */
#ifndef V3C_LOGISTIC_H
#define V3C_LOGISTIC_H

#include <stdint.h>

/* 1 / (1 + exp(-x)): Q4.27 in, Q0.31 out, bit for bit as gemmlowp's logistic() */
int32_t v3c_logistic(int32_t x);

#endif /* V3C_LOGISTIC_H */
