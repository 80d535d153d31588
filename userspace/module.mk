# SPDX-License-Identifier: MIT
#
# The libraries, the tools and their tests, which Meson builds (../meson.build): as they
# are installed in $(USERSPACE_DIR), with the sanitizers in $(SANITIZED_DIR).
#
PREFIX ?= /usr/local

USERSPACE_PROGS := $(addprefix $(USERSPACE_DIR)/, v3run v3compile v3crc v3quant)
USERSPACE_CFLAGS = $(HOST_CFLAGS) -D_GNU_SOURCE -I$(top)/userspace -I$(top)/qemu \
	$(shell pkg-config --cflags libdrm)

# What a program with libv3npu.a in it needs
LIBV3NPU_LIBS := -ldrm -lzip -lz -lXNNPACK -lpthreadpool -lm -pthread

.PHONY: userspace userspace-tests userspace-sanitized install-userspace
userspace: $(USERSPACE_DIR)/build.ninja
	ninja -C $(USERSPACE_DIR) installed

# After it: two of them in one directory would be in each other's way
userspace-tests: userspace
	ninja -C $(USERSPACE_DIR)

# The tests alone: nobody runs tools with the sanitizers
userspace-sanitized: $(SANITIZED_DIR)/build.ninja
	ninja -C $(SANITIZED_DIR) test-programs

# Ninja knows what has changed, and sets itself up again after changes of meson.build
$(USERSPACE_DIR)/build.ninja:
	meson setup $(USERSPACE_DIR) $(top) -Dwerror=true --prefix=$(PREFIX)

$(SANITIZED_DIR)/build.ninja:
	meson setup $(SANITIZED_DIR) $(top) -Dwerror=true -Db_sanitize=address,undefined \
		-Doptimization=1

$(USERSPACE_DIR)/libv3npu.a $(USERSPACE_PROGS): userspace ;
$(USERSPACE_DIR)/tests/%: userspace-tests ;
$(SANITIZED_DIR)/tests/%: userspace-sanitized ;

install-userspace: userspace
	meson configure $(USERSPACE_DIR) --prefix=$(PREFIX)
	meson install -C $(USERSPACE_DIR) $(if $(DESTDIR),--destdir $(abspath $(DESTDIR)))
