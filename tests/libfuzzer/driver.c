// SPDX-License-Identifier: MIT
/* See driver.h. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver.h"
#include "fuzzing.h"
#include "tap.h"

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*try)(const uint8_t *data, size_t size));

/* libFuzzer takes these for coverage */
__attribute__((section("__libfuzzer_extra_counters")))
static uint8_t seen[SEEN_KINDS];

static uint64_t inputs, seed;
static pid_t process;

void fuzzer_seen(uint32_t kind)
{
	seen[kind % SEEN_KINDS] = 1;
}

uint8_t input_u8(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

uint32_t input_u32(struct input *in)
{
	uint32_t value = 0;
	int i;

	for (i = 0; i < 4; i++)
		value |= (uint32_t)input_u8(in) << (8 * i);
	return value;
}

static int try_input(const uint8_t *data, size_t size)
{
	inputs++;
	fuzzer_try(data, size);
	return 0;
}

/* libFuzzer ends the program itself, with _exit() where something was found */
static void report(void)
{
	if (getpid() != process)
		return;
	tap_ok(inputs, "%s: nothing found", fuzzer_name);
	fuzz_report(inputs, seed, seed);
	tap_done();
	fflush(stdout);
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		tap_bail("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	static char corpus[512], found[512], time[64], start[64];
	char *standard[] = {
		argv[0], corpus, found, time, start, "-max_len=4096", "-rss_limit_mb=0",
		"-print_final_stats=0", "-verbosity=0", NULL
	};
	char **args = standard;
	int count = sizeof(standard) / sizeof(standard[0]) - 1;

	if (argc > 1)
		return LLVMFuzzerRunDriver(&argc, &argv, try_input);
	seed = fuzz_setting("V3NPU_FUZZ_SEED", 1);
	make_dir(CORPUS);
	snprintf(corpus, sizeof(corpus), "%s/%s", CORPUS, fuzzer_name);
	make_dir(corpus);
	snprintf(found, sizeof(found), "-artifact_prefix=%s/%s-", CORPUS, fuzzer_name);
	snprintf(time, sizeof(time), "-max_total_time=%llu",
		 (unsigned long long)(fuzz_setting("V3NPU_FUZZ_MS", 5000) + 999) / 1000);
	snprintf(start, sizeof(start), "-seed=%llu", (unsigned long long)seed);
	process = getpid();
	atexit(report);
	return LLVMFuzzerRunDriver(&count, &args, try_input);
}
