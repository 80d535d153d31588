# SPDX-License-Identifier: MIT
#
# Tests of the runtime and the tools. The readers and all that handles what
# users bring are built again here, with the sanitizers.

tests_userspace := $(B)/tests/userspace
tests_userspace_progs := $(addprefix $(tests_userspace)/, letterbox_test detect_test image_test \
	find_test device_test session_test memory_test)
tests_userspace_sanitize := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
tests_userspace_image := $(addprefix $(top)/userspace/, vision/image.c vision/image_jpeg.c \
	vision/image_png.c common/tool.c)

CHECK_PROGS += $(tests_userspace_progs) tests/userspace/cli tests/userspace/guest
CHECK_DEPS += userspace smallnet qemu guest-kernel kernel firmware \
	$(addprefix $(tests_userspace)/, device_guest_test session_guest_test)

$(tests_userspace)/letterbox_test: $(top)/userspace/vision/letterbox.c $(tests_userspace_image)
$(tests_userspace)/letterbox_test: tests_libs := -ljpeg -lpng -lm
$(tests_userspace)/detect_test: $(addprefix $(top)/userspace/vision/, canvas.c detect.c draw.c font.c names.c)
$(tests_userspace)/detect_test: tests_libs := -ljansson -lm
$(tests_userspace)/image_test: $(tests_userspace_image)
$(tests_userspace)/image_test: tests_libs := -ljpeg -lpng
# Those of the library
tests_userspace_lib := $(addprefix $(tests_userspace)/, find_test device_test session_test memory_test)
$(tests_userspace_lib): \
	$(sort $(wildcard $(top)/userspace/libv3npu/*.c)) $(B)/userspace/libv3cpu.a \
	$(B)/userspace/libv3c.a $(model_lib)
$(tests_userspace_lib): tests_libs = $(LIBV3NPU_LIBS)
$(tests_userspace)/memory_test: tests_libs += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(tests_userspace)/memory_test: $(B)/tests/cpu/models/list

$(tests_userspace)/%: $(top)/tests/userspace/%.c $(top)/tests/userspace/tap.h \
		$(wildcard $(top)/userspace/*/*.h $(top)/userspace/*/*/*.h) $(top)/tests/userspace/module.mk
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) $(tests_userspace_sanitize) -o $@ $(filter %.c %.a,$^) $(tests_libs)

# The test machine has no sanitizers' libraries
$(tests_userspace)/%_guest_test: $(top)/tests/userspace/%_test.c \
		$(top)/tests/userspace/tap.h $(B)/userspace/libv3npu.a
	@mkdir -p $(@D)
	$(CC) $(USERSPACE_CFLAGS) -o $@ $(filter %.c %.a,$^) $(LIBV3NPU_LIBS)
