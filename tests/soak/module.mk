# SPDX-License-Identifier: MIT
#
# Clients of the NPU while it is reset, unplugged and its driver unloaded, and
# many at once: some seconds of each in "make check", all of it in "make soak".

soak_programs := $(patsubst %,$(B)/tests/guest/v3npu_soak_%,resets unplug reload clients)
soak_objects := $(patsubst %,$(B)/tests/soak/%.o,chain client crew)
soak_tests := $(patsubst %,tests/soak/%.py,resets unplug reload clients)

CHECK_PROGS += $(soak_tests)
CHECK_DEPS += $(soak_programs) smallnet

$(B)/tests/soak/%.o: $(top)/tests/soak/%.c $(wildcard $(top)/tests/soak/*.h) \
		$(top)/tests/guest/npu.h $(top)/userspace/libv3npu/v3npu.h $(contracts)
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -I$(top)/tests/guest -c -o $@ $<

$(soak_programs): $(B)/tests/guest/v3npu_soak_%: $(B)/tests/soak/%.o $(soak_objects) \
		$(B)/tests/guest/npu.o $(B)/userspace/libv3npu.a
	$(CC) $(HOST_CFLAGS) -o $@ $^ $(LIBV3NPU_LIBS)
