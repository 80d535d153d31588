# SPDX-License-Identifier: MIT
#
# v3quant, which uses the runtime and the tools' pictures and detections
#
V3QUANT_OBJS := $(patsubst $(top)/%.c,$(B)/%.o,$(sort $(wildcard $(top)/userspace/quant/*.c))) \
	$(addprefix $(USERSPACE_DIR)/tools/, canvas.o detect.o font.o image.o image_jpeg.o \
		image_png.o letterbox.o model_report.o names.o tool.o)
V3QUANT_LIBS := -ljansson -ljpeg -lpng $(LIBV3NPU_LIBS)

userspace: $(USERSPACE_DIR)/v3quant

$(USERSPACE_DIR)/v3quant: $(V3QUANT_OBJS) $(USERSPACE_DIR)/libv3npu.a
	$(CC) $(HOST_CFLAGS) -o $@ $^ $(V3QUANT_LIBS)

# Counting numbers in histograms is most of the time there is to save
$(USERSPACE_DIR)/quant/stats.o: USERSPACE_CFLAGS += -fvect-cost-model=dynamic

-include $(V3QUANT_OBJS:.o=.d)
