# SPDX-License-Identifier: MIT
#
# Tests of the engine library. All but the cycle model's also run on an engine
# built with the sanitizers.

tests_engine_dir := $(top)/tests/engine
tests_engine := $(B)/tests/engine
tests_engine_names := test-aborts test-kernels test-vectors test-engine test-limits test-cost
tests_engine_asan := test-kernels-asan test-vectors-asan test-engine-asan \
	test-limits-asan test-fuzz-asan
tests_engine_progs := $(addprefix $(tests_engine)/,$(tests_engine_names) $(tests_engine_asan))
tests_engine_common := $(addprefix $(tests_engine_dir)/,commands.c damaged.c space.c reference.c shapes.c) \
	$(top)/tests/device/tap.c $(top)/tests/device/fuzzing.c
tests_engine_headers := $(wildcard $(tests_engine_dir)/*.h $(model_dir)/*.h) \
	$(contracts) $(top)/tests/device/tap.h $(tests_engine_dir)/vectors.inc
tests_engine_cflags := -I$(model_dir) -I$(top)/tests/device
tests_engine_sanitize := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all

CHECK_PROGS += $(tests_engine_progs)

$(tests_engine)/%: $(tests_engine_dir)/%.c $(tests_engine_common) $(tests_engine_headers) \
		$(model_lib)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(tests_engine_cflags) -o $@ $(filter %.c %.a,$^) -pthread -lm

# The engine's sources are the same for all of them, so they are compiled once
tests_engine_asan_objs := $(model_srcs:$(model_dir)/%.c=$(tests_engine)/asan/%.o)

.SECONDARY: $(tests_engine_asan_objs)

$(tests_engine)/asan/%.o: $(model_dir)/%.c $(tests_engine_headers)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(model_cflags) $(tests_engine_sanitize) -c -o $@ $<

$(tests_engine)/%-asan: $(tests_engine_dir)/%.c $(tests_engine_common) $(tests_engine_headers) \
		$(tests_engine_asan_objs)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(tests_engine_sanitize) $(tests_engine_cflags) -o $@ \
		$(filter %.c %.o,$^) -pthread -lm

# The engine with a count of the time between its looks for an abort
tests_engine_polls_objs := $(model_srcs:$(model_dir)/%.c=$(tests_engine)/polls/%.o)

.SECONDARY: $(tests_engine_polls_objs)

$(tests_engine)/polls/%.o: $(model_dir)/%.c $(tests_engine_headers)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(model_cflags) -I$(model_dir) -include $(tests_engine_dir)/polls.h \
		-c -o $@ $<

$(tests_engine)/test-aborts: $(tests_engine_dir)/test-aborts.c $(tests_engine_dir)/polls.c \
		$(tests_engine_common) $(tests_engine_headers) $(tests_engine_polls_objs)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(tests_engine_cflags) -o $@ $(filter %.c %.o,$^) -pthread -lm
