// SPDX-License-Identifier: MIT
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH	40

void progress(const char *what, uint32_t done, uint32_t total)
{
	char bar[WIDTH + 1];
	int i;

	if (!isatty(STDERR_FILENO))
		return;
	for (i = 0; i < WIDTH; i++)
		bar[i] = (uint64_t)i * total < (uint64_t)done * WIDTH ? '#' : '.';
	bar[WIDTH] = '\0';
	fprintf(stderr, "\r%-12s [%s] %u/%u", what, bar, done, total);
	if (done == total)
		fprintf(stderr, "\r\033[K");
	fflush(stderr);
}
