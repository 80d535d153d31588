# SPDX-License-Identifier: MIT
#
# The runtime library with the compiler in it, and the tools: make userspace
#
PREFIX ?= /usr/local

USERSPACE_DIR := $(B)/userspace
USERSPACE_CFLAGS = $(HOST_CFLAGS) -D_GNU_SOURCE -I$(top)/userspace -I$(top)/qemu \
	$(shell pkg-config --cflags libdrm)

userspace_objs = $(patsubst $(top)/%.c,$(B)/%.o,$(call userspace_srcs,$(1)))

LIBV3C_OBJS := $(call userspace_objs,compiler)
LIBV3CPU_OBJS := $(call userspace_objs,cpu)
LIBV3NPU_OBJS := $(call userspace_objs,libv3npu)
COMMON_OBJS := $(call userspace_objs,common)
VISION_OBJS := $(call userspace_objs,vision)
REPORT_OBJS := $(call userspace_objs,report)
QUANT_OBJS := $(call userspace_objs,quant)
# Command lines, of which each tool has a few files
V3RUN_OBJS := $(addprefix $(USERSPACE_DIR)/tools/, bench.o options.o profile.o report.o v3run.o) \
	$(VISION_OBJS) $(COMMON_OBJS)
V3COMPILE_OBJS := $(USERSPACE_DIR)/tools/v3compile.o $(REPORT_OBJS) $(COMMON_OBJS)
V3CRC_OBJS := $(USERSPACE_DIR)/tools/v3crc.o $(COMMON_OBJS)
V3QUANT_OBJS := $(USERSPACE_DIR)/tools/v3quant.o $(QUANT_OBJS) $(REPORT_OBJS) $(VISION_OBJS) \
	$(COMMON_OBJS)

# What a program with libv3npu.a in it needs
LIBV3NPU_LIBS := -ldrm -lzip -lz -lXNNPACK -lpthreadpool -lm -pthread
V3RUN_LIBS := -ljansson -ljpeg -lpng $(LIBV3NPU_LIBS)
V3COMPILE_LIBS := -ljansson $(LIBV3NPU_LIBS)
V3CRC_LIBS := -ljansson $(LIBV3NPU_LIBS)
V3QUANT_LIBS := $(V3RUN_LIBS)

.PHONY: userspace install install-userspace
userspace: $(addprefix $(USERSPACE_DIR)/, libv3npu.a v3run v3compile v3crc v3quant)

$(USERSPACE_DIR)/%.o: $(top)/userspace/%.c $(top)/userspace/module.mk
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -MMD -MP -c -o $@ $<

# The compiler alone, for its tests
$(USERSPACE_DIR)/libv3c.a: $(LIBV3C_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

# The CPU backend alone, for its tests
$(USERSPACE_DIR)/libv3cpu.a: $(LIBV3CPU_OBJS)
	@rm -f $@
	$(AR) rcs $@ $^

# Its loops over tensors are for vector instructions
$(USERSPACE_DIR)/cpu/kernels.o: USERSPACE_CFLAGS += -fvect-cost-model=dynamic
# Counting numbers in histograms is most of the time there is to save
$(USERSPACE_DIR)/quant/graph/stats.o: USERSPACE_CFLAGS += -fvect-cost-model=dynamic

# All that an application links with: the engines are members too
$(USERSPACE_DIR)/libv3npu.a: $(LIBV3NPU_OBJS) $(LIBV3CPU_OBJS) $(LIBV3C_OBJS) $(model_lib)
	@rm -f $@
	{ echo create $@; echo addlib $(model_lib); \
	  printf 'addmod %s\n' $(filter %.o,$^); echo save; echo end; } | $(AR) -M

$(USERSPACE_DIR)/v3run: $(V3RUN_OBJS) $(USERSPACE_DIR)/libv3npu.a
	$(CC) $(HOST_CFLAGS) -o $@ $^ $(V3RUN_LIBS)

$(USERSPACE_DIR)/v3compile: $(V3COMPILE_OBJS) $(USERSPACE_DIR)/libv3npu.a
	$(CC) $(HOST_CFLAGS) -o $@ $^ $(V3COMPILE_LIBS)

$(USERSPACE_DIR)/v3crc: $(V3CRC_OBJS) $(USERSPACE_DIR)/libv3npu.a
	$(CC) $(HOST_CFLAGS) -o $@ $^ $(V3CRC_LIBS)

$(USERSPACE_DIR)/v3quant: $(V3QUANT_OBJS) $(USERSPACE_DIR)/libv3npu.a
	$(CC) $(HOST_CFLAGS) -o $@ $^ $(V3QUANT_LIBS)

install: install-userspace

install-userspace: userspace
	install -Dm 755 -t $(DESTDIR)$(PREFIX)/bin $(addprefix $(USERSPACE_DIR)/, v3run v3compile v3crc v3quant)
	install -Dm 644 -t $(DESTDIR)$(PREFIX)/lib $(USERSPACE_DIR)/libv3npu.a
	install -Dm 644 -t $(DESTDIR)$(PREFIX)/include $(top)/userspace/libv3npu/v3npu.h
	install -Dm 644 -t $(DESTDIR)/etc/udev/rules.d $(top)/userspace/udev/60-v3npu.rules

-include $(patsubst %.o,%.d,$(LIBV3C_OBJS) $(LIBV3CPU_OBJS) $(LIBV3NPU_OBJS) $(V3RUN_OBJS) \
	$(V3COMPILE_OBJS) $(V3CRC_OBJS) $(V3QUANT_OBJS))
