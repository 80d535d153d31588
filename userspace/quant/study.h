/* SPDX-License-Identifier: MIT */
/*
 * All models in all precisions, and the tables of what that gives.
 */
#ifndef V3Q_STUDY_H
#define V3Q_STUDY_H

#include "options.h"
#include "tools/tool.h"

struct pthreadpool;

/**
 * study() - convert, write and measure every model, and print the tables
 * @o: models, pictures and the folder to write to, made if it is not there
 * @threads: for the float models
 * @missed: set if a full-integer model misses what --eval asks for
 *
 * Return: 0 or -1 with @error set.
 */
int study(const struct options *o, struct pthreadpool *threads, bool *missed,
	  struct tool_error *error);

#endif /* V3Q_STUDY_H */
