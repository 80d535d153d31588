/* SPDX-License-Identifier: MIT */
/*
 * What v3quant prints.
 */
#ifndef V3Q_REPORT_H
#define V3Q_REPORT_H

#include "convert.h"
#include "quant/score/evaluate.h"

/* How a model was made and what it is, on standard output */
void report_product(const struct q_source *source, const struct q_product *product,
		    const char *out);

/**
 * struct report_scores - what is compared
 * @real: the float model's score
 * @made: the new one's; its time is that of the NPU, or of this machine's CPU
 */
struct report_scores {
	struct q_score real;
	struct q_score made;
};

/* Part of the float model's score that is kept */
double report_share(float made, float real);

/* How it did; @metadata has the classes' names. Returns whether that is what the study asks for */
bool report_evaluation(const struct q_product *product, const struct report_scores *e,
		       const char *metadata);

/* Are the shares of the float model's scores, the file's bytes and the time good enough? */
bool report_passes(float share50, float share, size_t size, double ms);

#endif /* V3Q_REPORT_H */
