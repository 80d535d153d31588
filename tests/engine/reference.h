/* SPDX-License-Identifier: MIT */
/* What a command does, computed element by element as cmd.h words it. */
#ifndef V3NPU_TESTS_REFERENCE_H
#define V3NPU_TESTS_REFERENCE_H

#include "space.h"

/* Executes a valid command whose addresses are all in @space */
void reference_run(struct space *space, const void *cmd);

/* The multiply-accumulates that it takes */
uint64_t reference_macs(const void *cmd);

#endif /* V3NPU_TESTS_REFERENCE_H */
