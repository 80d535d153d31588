/* SPDX-License-Identifier: MIT */
#ifndef V3Q_PROGRESS_H
#define V3Q_PROGRESS_H

#include <stdint.h>

/*
 * Shows on standard error, if that is a terminal, that @done of @total pieces of
 * @what are done; the line goes away with the last one
 */
void progress(const char *what, uint32_t done, uint32_t total);

#endif /* V3Q_PROGRESS_H */
