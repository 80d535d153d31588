// SPDX-License-Identifier: MIT
#include "divergence.h"

#include <math.h>

#define SIDES		4
/* An error counts by the size of its box, or by this part of the picture */
#define SMALLEST	(1.0f / 256)
/* A picture counts by its anchors' scores, and by this much where there is nothing */
#define NOTHING		0.25

bool q_is_detection(const struct ir_shape *shape)
{
	return shape->rank == 3 && shape->dim[0] == 1 && shape->dim[1] > SIDES &&
	       shape->dim[2] > shape->dim[1];
}

/* Squared error of the four edges of box @i, each by the box's width or height */
static double box_error(const float *real, const float *quantized, size_t anchors, size_t i)
{
	double error = 0;
	int side, axis;

	for (axis = 0; axis < 2; axis++) {
		float size = fmaxf(real[(2 + axis) * anchors + i], SMALLEST);
		float centre = quantized[axis * anchors + i] - real[axis * anchors + i];
		float half = (quantized[(2 + axis) * anchors + i] -
			      real[(2 + axis) * anchors + i]) / 2;

		for (side = -1; side <= 1; side += 2) {
			float d = fminf(fabsf(centre + side * half) / size, 1);

			error += d * d;
		}
	}
	return error;
}

static double detection_divergence(const struct ir_shape *shape, const float *real,
				   const float *quantized)
{
	size_t anchors = shape->dim[2], i;
	double error = 0, weight = 0;
	uint32_t c;

	for (i = 0; i < anchors; i++) {
		float best = 0;
		double scores = 0;

		for (c = SIDES; c < shape->dim[1]; c++) {
			float a = real[c * anchors + i], b = quantized[c * anchors + i];

			best = fmaxf(best, fmaxf(a, b));
			scores += (a - b) * (a - b);
		}
		error += scores + best * best * box_error(real, quantized, anchors, i);
		weight += best * best;
	}
	return error / (weight + NOTHING);
}

double q_divergence(const struct ir_shape *shape, const float *real, const float *quantized)
{
	uint64_t count = ir_elements(shape), i;
	double error = 0, energy = 0;

	if (q_is_detection(shape))
		return detection_divergence(shape, real, quantized);
	for (i = 0; i < count; i++) {
		error += (quantized[i] - real[i]) * (quantized[i] - real[i]);
		energy += real[i] * real[i];
	}
	return energy > 0 ? error / energy : error;
}
