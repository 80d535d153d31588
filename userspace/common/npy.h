/* SPDX-License-Identifier: MIT */
/*
 * Heads of NumPy's .npy files: type and shape of the numbers that follow.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
#ifndef V3NPU_NPY_H
#define V3NPU_NPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NPY_RANK	8

/**
 * struct npy_head - what the head of a file says
 * @descr: type of an element, as "<f4"
 * @fortran_order: the first dimension is the one whose elements are neighbours
 * @rank: dimensions used of @dim
 * @dim: shape
 */
struct npy_head {
	char descr[8];
	bool fortran_order;
	int rank;
	uint64_t dim[NPY_RANK];
};

/* Does a name end as these files' do? */
bool v3npu_npy_is(const char *path);

/**
 * v3npu_npy_read() - read a head
 * @f: file at its start; at the first element afterwards
 * @head: filled in
 *
 * Return: 0, or -1 if it is none, or has more than NPY_RANK dimensions.
 */
int v3npu_npy_read(FILE *f, struct npy_head *head);

/* Writes a head in version 1.0; errors stay with @f */
void v3npu_npy_write(FILE *f, const struct npy_head *head);

#endif /* V3NPU_NPY_H */
