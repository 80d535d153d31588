/* SPDX-License-Identifier: MIT */
/*
 * What v3quant prints.
 */
#ifndef V3Q_REPORT_H
#define V3Q_REPORT_H

#include "convert.h"
#include "evaluate.h"

/* How a model was made and what it is, on standard output */
void report_product(const struct q_source *source, const struct q_product *product,
		    const char *out);

/* How it did; @metadata has the classes' names */
void report_evaluation(const struct q_product *product, const struct q_evaluation *e,
		       const char *metadata);

/* Does it meet what the study asks for? */
bool report_passes(const struct q_product *product, const struct q_evaluation *e);

#endif /* V3Q_REPORT_H */
