# SPDX-License-Identifier: MIT
#
# "make fuzz TIME=600" runs all fuzzers for that many seconds together; "make fuzz
# CASES=20000" the differential one alone, which compares the simulator with
# TensorFlow Lite. sample_test, with the sanitizers, needs a fixed sample only.

tests_fuzz := $(B)/tests/fuzz
tests_fuzz_dir := $(top)/tests/fuzz
tests_fuzz_srcs := $(call userspace_srcs,libv3npu) $(call userspace_srcs,cpu)
# The compiler and the engine with the sanitizers, as their own tests have them
tests_fuzz_asan_objs := $(tests_compiler_objs) $(tests_engine_asan_objs)
tests_fuzz_sanitize := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
CASES ?= 20000
SEED ?= 1

CHECK_PROGS += $(tests_fuzz)/sample_test

.PHONY: fuzz fuzz-sim fuzz-sim-asan
ifdef TIME
fuzz: $(tests_engine)/test-fuzz-asan device-fuzz-build libfuzzer-build qtest-programs ioctl-fuzz
	@$(tests_fuzz_dir)/all --time $(TIME) --seed $(SEED)
else
fuzz:
	$(tests_fuzz_dir)/run --cases $(CASES) --seed $(SEED)
endif

fuzz-sim: $(tests_fuzz)/sim
fuzz-sim-asan: $(tests_fuzz)/sim-asan

$(tests_fuzz)/sim: $(tests_fuzz_dir)/sim.c $(tests_fuzz_dir)/run_case.c \
		$(wildcard $(tests_fuzz_dir)/*.h) $(B)/userspace/libv3npu.a
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -o $@ $(filter %.c %.a,$^) $(LIBV3NPU_LIBS)

$(tests_fuzz)/sim-asan $(tests_fuzz)/sample_test: $(tests_fuzz_dir)/run_case.c \
		$(wildcard $(tests_fuzz_dir)/*.h) $(tests_fuzz_srcs) $(tests_fuzz_asan_objs)
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_fuzz_sanitize) -o $@ $(filter %.c %.o,$^) \
		$(LIBV3NPU_LIBS) -lz
$(tests_fuzz)/sim-asan: $(tests_fuzz_dir)/sim.c
$(tests_fuzz)/sample_test: $(tests_fuzz_dir)/sample_test.c
