/* SPDX-License-Identifier: MIT */
/* The Test Anything Protocol for tests in C: a line for each check, the plan at the end */
#ifndef V3NPU_TESTS_TAP_H
#define V3NPU_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* Prints "ok" or "not ok" with a name in printf's format. Return: @pass. */
bool tap_ok(bool pass, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* tap_ok(got == want), and both values where they differ. Return: whether they are equal. */
bool tap_equal(unsigned long long got, unsigned long long want, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Has any check failed so far? */
bool tap_failed(void);

/* Prints a comment */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the test program: it cannot go on */
void tap_bail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Prints the plan. Return: the exit status of the program. */
int tap_done(void);

#endif /* V3NPU_TESTS_TAP_H */
