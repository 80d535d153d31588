// SPDX-License-Identifier: MIT
#include <stdarg.h>

#include "tap.h"

static unsigned int tests, failures;

static bool report(bool pass, const char *format, va_list args)
{
	tests++;
	failures += !pass;
	printf("%sok %u - ", pass ? "" : "not ", tests);
	vprintf(format, args);
	putchar('\n');
	fflush(stdout);
	return pass;
}

bool tap_failed(void)
{
	return failures;
}

bool tap_ok(bool pass, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(pass, format, args);
	va_end(args);
	return pass;
}

bool tap_equal(unsigned long long got, unsigned long long want, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(got == want, format, args);
	va_end(args);
	if (got != want)
		tap_note("got %#llx, want %#llx", got, want);
	return got == want;
}

void tap_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
}

void tap_bail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("Bail out! ");
	vprintf(format, args);
	putchar('\n');
	va_end(args);
	fflush(stdout);
	exit(1);
}

int tap_done(void)
{
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
