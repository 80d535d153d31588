/* SPDX-License-Identifier: MIT */
/* v3quant's command line */
#ifndef V3Q_OPTIONS_H
#define V3Q_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "quant/ranges/ranges.h"

#define IMAGES_DEFAULT	1000
#define IMAGES_MAX	1000000

/** enum q_mode - precision of the model to make */
enum q_mode {
	MODE_FP32,
	MODE_FP16,
	MODE_INT8,		/* weights; activations are float */
	MODE_FULL_INTEGER,
	MODES,
};

/* A mode's name, as in --mode */
const char *mode_name(enum q_mode mode);

/**
 * struct options - the command line
 * @models: @count files; one unless @study
 * @calib: folder of pictures to calibrate with, NULL for none
 * @images: of them at most
 * @mode: precision; MODES if it was not given
 * @out: file to write, or folder if @study; NULL for none
 * @eval: folder of labelled pictures, NULL for none
 * @plot: file for the plot of noise, NULL for none
 * @method: of ranges; Q_METHODS: by measured error
 * @study: all modes of all models, and tables
 */
struct options {
	char **models;
	int count;
	const char *calib;
	uint32_t images;
	enum q_mode mode;
	const char *out;
	const char *eval;
	const char *plot;
	enum q_method method;
	bool study;
};

/* Return: -1 to go on, or the exit status */
int options_parse(int argc, char **argv, struct options *o);

#endif /* V3Q_OPTIONS_H */
