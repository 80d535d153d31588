# SPDX-License-Identifier: MIT
#
# Tests of v3quant: what it makes and prints, and its mean average precision.

tests_quant := $(B)/tests/quant

CHECK_PROGS += tests/quant/cli $(tests_quant)/map_test
CHECK_DEPS += userspace smallnet

$(tests_quant)/map_test: $(top)/tests/quant/map_test.c $(top)/userspace/quant/map.c \
		$(top)/userspace/tools/detect.c $(top)/tests/userspace/tap.h
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
		-I$(top)/tests -o $@ $(filter %.c,$^) -lm
