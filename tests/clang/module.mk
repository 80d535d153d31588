# SPDX-License-Identifier: MIT
#
# The engine, the device library and their tests, the firmware's, and userspace, built with
# clang below $(B)/clang ("make check-clang"), and with its ThreadSanitizer below
# $(B)/tsan ("make check-tsan"). "make check" has the kernels and the walks of
# clang's; tests/libfuzzer has it compile all of both.

clang_names = $(device_tests:%=device/%) $(tests_firmware_names:%=firmware/%)
clang_progs = $(addprefix $(B)/clang/tests/,$(clang_names) $(tests_engine_names:%=engine/%))
clang_check := $(addprefix $(B)/clang/tests/,engine/test-kernels device/test_mmu)
# What measures time is not for a build that takes ten times of it
tsan_progs = $(addprefix $(B)/tsan/tests/,$(filter-out device/test_time,$(clang_names)) \
	device/test_fuzz engine/test-engine engine/test-limits)

ifneq ($(CC),clang)
CHECK_PROGS += $(clang_check)

.PHONY: clang-check-build
clang-check-build:
	+@$(MAKE) --no-print-directory B=$(B)/clang CC=clang $(clang_check)
$(clang_check): clang-check-build ;
endif

.PHONY: check-clang-run check-tsan-run
check-clang-run:
	+@$(MAKE) --no-print-directory B=$(B)/clang CC=clang firmware $(clang_progs)
	@$(top)/scripts/check --logs $(B)/logs/check-clang $(clang_progs)
	@[ -e $(B)/clang/userspace/build.ninja ] || \
		CC=clang meson setup $(B)/clang/userspace $(top) -Dwerror=true
	meson test -C $(B)/clang/userspace --print-errorlogs

check-tsan-run: export TSAN_OPTIONS = suppressions=$(top)/tests/clang/tsan.supp
check-tsan-run:
	+@$(MAKE) --no-print-directory B=$(B)/tsan CC=clang \
		EXTRA_CFLAGS="-fsanitize=thread -D__SANITIZE_THREAD__" firmware $(tsan_progs)
	@$(top)/scripts/check --logs $(B)/logs/check-tsan $(tsan_progs)
