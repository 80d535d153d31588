# SPDX-License-Identifier: MIT
#
# "make fuzz TIME=600" runs all fuzzers for that many seconds together; "make fuzz
# CASES=20000" the differential one alone, which compares the simulator with
# TensorFlow Lite. sample_test, with the sanitizers, needs a fixed sample only.

tests_fuzz_dir := $(top)/tests/fuzz
CASES ?= 20000
SEED ?= 1

CHECK_PROGS += $(SANITIZED_DIR)/tests/fuzz/sample_test

.PHONY: fuzz fuzz-sim fuzz-sim-asan
ifdef TIME
fuzz: $(tests_engine)/test-fuzz-asan device-fuzz-build libfuzzer-build qtest-programs ioctl-fuzz
	@$(tests_fuzz_dir)/all --time $(TIME) --seed $(SEED)
else
fuzz:
	$(tests_fuzz_dir)/run --cases $(CASES) --seed $(SEED)
endif

fuzz-sim: userspace-tests
fuzz-sim-asan: userspace-sanitized
