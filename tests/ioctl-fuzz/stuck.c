// SPDX-License-Identifier: MIT
/* What everybody is doing, for who has to find out why nobody goes on. */
#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fuzz.h"

#define PATH	512	/* bytes of a path */
#define LINE	512

/* Print a file's lines as comments. */
static void print_file(const char *path)
{
	char line[LINE];
	FILE *file = fopen(path, "r");

	if (!file)
		return;
	printf("# %s:\n", path);
	while (fgets(line, sizeof(line), file))
		printf("#   %s%s", line, strchr(line, '\n') ? "" : "\n");
	fclose(file);
}

/* The driver's threads and the fuzzer's are all that matter. */
static bool is_ours(const char *task)
{
	char path[PATH + 16], name[LINE] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%s/comm", task);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return strstr(name, "v3npu");
}

/* Return false, for any_task() to go on. */
static bool print_task(const char *task)
{
	/* The system call tells who waits from who runs, the stack where in the kernel */
	static const char *const files[] = { "comm", "stat", "syscall", "stack" };
	char path[PATH + 16];

	for (unsigned int i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", task, files[i]);
		print_file(path);
	}
	return false;
}

/* Call @see for each of our threads, but those of this process, until it returns true. */
static bool any_task(bool (*see)(const char *task))
{
	DIR *processes = opendir("/proc"), *tasks;
	struct dirent *process, *entry;
	char path[PATH / 2], task[PATH];
	bool seen = false;

	while (processes && !seen && (process = readdir(processes))) {
		if (!isdigit((unsigned char)process->d_name[0]) ||
		    atoi(process->d_name) == getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%.32s/task", process->d_name);
		tasks = opendir(path);
		while (tasks && !seen && (entry = readdir(tasks))) {
			snprintf(task, sizeof(task), "%s/%.32s", path, entry->d_name);
			seen = isdigit((unsigned char)entry->d_name[0]) && is_ours(task) &&
			       see(task);
		}
		if (tasks)
			closedir(tasks);
	}
	if (processes)
		closedir(processes);
	return seen;
}

void stuck_print(void)
{
	any_task(print_task);
	print_file("/sys/kernel/debug/accel/0/clients");
	print_file("/sys/kernel/debug/accel/0/jobs");
	print_file("/sys/kernel/debug/accel/0/status");
	fflush(stdout);
}

/* Waits for a thread or a child of its own, and runs, are not the driver's doing. */
static bool is_in_call(const char *task)
{
	char path[PATH + 16];
	FILE *file;
	long call;
	bool in;

	snprintf(path, sizeof(path), "%s/syscall", task);
	file = fopen(path, "r");
	if (!file)
		return false;
	in = fscanf(file, "%ld", &call) == 1 && call >= 0 && call != SYS_futex && call != SYS_wait4;
	fclose(file);
	return in;
}

bool stuck_in_call(void)
{
	return any_task(is_in_call);
}
