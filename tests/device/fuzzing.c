// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "fuzzing.h"
#include "tap.h"

/* Of the sanitizers' library, if the program is built with them */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static atomic_uint_fast64_t current;
static atomic_bool begun, finished;

static void say_seed(void)
{
	tap_note("V3NPU_FUZZ_SEED=%" PRIuFAST64, atomic_load(&current));
}

/* After tap_bail() */
static void say_seed_unless_finished(void)
{
	if (!atomic_load(&finished))
		say_seed();
}

uint64_t fuzz_setting(const char *name, uint64_t standard)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : standard;
}

void fuzz_seed(uint64_t seed)
{
	atomic_store(&current, seed);
	if (atomic_exchange(&begun, true))
		return;
	atexit(say_seed_unless_finished);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_seed);
}

void fuzz_report(uint64_t inputs, uint64_t first, uint64_t last)
{
	atomic_store(&finished, true);
	tap_note("inputs %" PRIu64 " seeds %" PRIu64 " to %" PRIu64, inputs, first, last);
}
