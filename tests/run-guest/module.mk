# SPDX-License-Identifier: MIT

memory_map := $(B)/tests/guest/v3npu_memory_map

CHECK_PROGS += tests/run-guest/test.sh
CHECK_DEPS += qemu guest-kernel kernel firmware $(memory_map)

$(memory_map): $(top)/tests/run-guest/memory_map.c
	@mkdir -p $(@D)
	$(CC) $(HOST_CFLAGS) -pthread -o $@ $<
