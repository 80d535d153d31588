/* SPDX-License-Identifier: MIT */
/*
 * Mean average precision, as detectors are usually scored: the area under each
 * class' curve of precision by recall, interpolated at 101 points, averaged over
 * classes, and over overlaps of 0.50 to 0.95.
 */
#ifndef V3Q_MAP_H
#define V3Q_MAP_H

#include <stdint.h>

#include "vision/decode/detect.h"

#define MAP_LEVELS	10	/* of overlap: 0.50, 0.55 ... 0.95 */

/* Which detections count, and which are one */
#define MAP_CONF	0.01f
#define MAP_IOU		0.7f

/** struct map_truth - an object that is there; the box is left top right bottom in pixels */
struct map_truth {
	int class_id;
	float box[4];
};

/** struct map_hit - a detection, and at which levels it found an object that no better one had */
struct map_hit {
	int class_id;
	float score;
	uint16_t levels;
};

/**
 * struct map - detections of all pictures so far
 * @hits: @count of them, @room allocated
 * @objects: how many objects there are of each of @classes classes
 * @ap: average precision of each class at each level, after map_finish(); -1 without objects
 * @map50: mean of all classes at 0.50
 * @map: mean of all classes and levels
 */
struct map {
	struct map_hit *hits;
	uint32_t count;
	uint32_t room;
	uint32_t *objects;
	int classes;
	float (*ap)[MAP_LEVELS];
	float map50;
	float map;
};

/* Starts with no pictures; 0, or -1 without memory. Free with map_free() in any case */
int map_start(struct map *m, int classes);
void map_free(struct map *m);

/* Adds a picture: detections, best first, and objects; 0, or -1 without memory */
int map_add(struct map *m, const struct detection *found, int count,
	    const struct map_truth *truth, int truths);

/* Computes the averages; 0, or -1 without memory */
int map_finish(struct map *m);

#endif /* V3Q_MAP_H */
