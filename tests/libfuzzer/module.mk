# SPDX-License-Identifier: MIT
#
# Coverage-guided fuzzers: libFuzzer, of clang, with AddressSanitizer and UBSan.
# They are programs of a build of their own, below $(B)/libfuzzer, and keep the
# inputs that reach something new in its corpus/.

libfuzzer_dir := $(top)/tests/libfuzzer
libfuzzer_names := command mmu messages
libfuzzer_progs := $(libfuzzer_names:%=$(B)/libfuzzer/tests/libfuzzer/%)
libfuzzer_sanitize := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

.PHONY: libfuzzer-build
libfuzzer-build:
	+@$(MAKE) --no-print-directory B=$(B)/libfuzzer CC=clang EXTRA_CFLAGS="$(libfuzzer_sanitize)" \
		firmware $(libfuzzer_progs)
ifneq ($(CC),clang)
CHECK_PROGS += $(libfuzzer_progs)
$(libfuzzer_progs): libfuzzer-build ;
endif

# And what that build makes of them
libfuzzer_out := $(B)/tests/libfuzzer
libfuzzer_common := $(libfuzzer_dir)/driver.c $(addprefix $(top)/tests/device/,tap.c fuzzing.c)
libfuzzer_command := $(addprefix $(tests_engine_dir)/,commands.c damaged.c space.c)
libfuzzer_messages := $(addprefix $(top)/tests/,firmware/fwtest.c device/harness.c)
libfuzzer_cflags = $(tests_firmware_cflags) -I$(libfuzzer_dir) -I$(tests_engine_dir) \
	-I$(top)/tests/firmware -DCORPUS='"$(B)/corpus"'

$(libfuzzer_out)/command: $(libfuzzer_command)
$(libfuzzer_out)/messages: $(libfuzzer_messages)
$(libfuzzer_names:%=$(libfuzzer_out)/%): $(libfuzzer_out)/%: $(libfuzzer_dir)/%.c \
		$(libfuzzer_common) $(libfuzzer_dir)/driver.h $(tests_engine_headers) \
		$(device_lib) $(model_lib)
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) $(libfuzzer_cflags) -o $@ $(filter %.c,$^) $(filter %.a,$^) \
		$$($(CC) -print-runtime-dir)/libclang_rt.fuzzer_no_main-x86_64.a \
		-pthread -lz -lm -lstdc++
