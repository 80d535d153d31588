// SPDX-License-Identifier: MIT
#include "log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;	/* for all below */
static bool chosen;			/* by v3npu_set_log() or V3NPU_LOG */
static enum v3npu_log_level most;
static v3npu_log_fn function;
static void *argument;

static const char *const names[] = {
	[V3NPU_LOG_LEVEL_NONE] = "none",
	[V3NPU_LOG_LEVEL_ERROR] = "error",
	[V3NPU_LOG_LEVEL_INFO] = "info",
	[V3NPU_LOG_LEVEL_DEBUG] = "debug",
};

static void print(void *data, enum v3npu_log_level level, const char *line)
{
	(void)data;
	fprintf(stderr, "libv3npu: %s: %s\n", names[level], line);
}

/* What the environment asks for; a word that means nothing is told, once */
static void choose(void)
{
	const char *name = getenv("V3NPU_LOG");
	int i;

	chosen = true;
	function = print;
	most = V3NPU_LOG_LEVEL_NONE;
	if (!name || !*name)
		return;
	for (i = V3NPU_LOG_LEVEL_NONE; i <= V3NPU_LOG_LEVEL_DEBUG; i++)
		if (!strcmp(name, names[i])) {
			most = i;
			return;
		}
	fprintf(stderr, "libv3npu: V3NPU_LOG=%s: no such level; there are none, error, info and "
		"debug\n", name);
}

void v3npu_set_log(enum v3npu_log_level level, v3npu_log_fn fn, void *data)
{
	pthread_mutex_lock(&lock);
	chosen = true;
	most = level;
	function = fn ? fn : print;
	argument = data;
	pthread_mutex_unlock(&lock);
}

void v3npu_log(enum v3npu_log_level level, const char *format, ...)
{
	char line[640];
	va_list args;

	pthread_mutex_lock(&lock);
	if (!chosen)
		choose();
	if (level <= most) {
		va_start(args, format);
		vsnprintf(line, sizeof(line), format, args);
		va_end(args);
		function(argument, level, line);
	}
	pthread_mutex_unlock(&lock);
}

int v3npu_log_failure(int err, const char *what)
{
	v3npu_log(V3NPU_LOG_LEVEL_ERROR, "%s: %s", what, v3npu_error());
	return err;
}
