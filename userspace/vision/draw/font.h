/* SPDX-License-Identifier: MIT */
/* A small bitmap font for labels: printable ASCII, proportional */
#ifndef V3NPU_FONT_H
#define V3NPU_FONT_H

#include <stdint.h>

#define FONT_HEIGHT	9	/* rows: seven down to the baseline, two below */
#define FONT_GAP	1	/* columns between characters */

/** struct glyph - @width columns; the leftmost pixel of a row is bit 4 */
struct glyph {
	uint8_t width;
	uint8_t row[FONT_HEIGHT];
};

/* A character's glyph; '?' for what the font does not have */
const struct glyph *v3v_glyph(char c);

#endif /* V3NPU_FONT_H */
