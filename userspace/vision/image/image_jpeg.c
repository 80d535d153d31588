// SPDX-License-Identifier: MIT
/* JPEG files, with libjpeg-turbo */
#include <errno.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "vision/error.h"
#include "image.h"

#include <jpeglib.h>
#include <jerror.h>

/* Lives outside the function that calls setjmp(), so that nothing in it is lost by longjmp() */
struct jpeg_reader {
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr manager;
	jmp_buf failed;
	const char *name;
};

static void on_error(j_common_ptr info)
{
	struct jpeg_reader *r = info->client_data;
	char what[JMSG_LENGTH_MAX];

	info->err->format_message(info, what);
	v3v_fail(-EINVAL, "%s: damaged JPEG: %s; save the picture again", r->name, what);
	longjmp(r->failed, 1);
}

/* libjpeg goes on after these with made-up pixels; a detector must not be shown those */
static void on_message(j_common_ptr info, int level)
{
	int code = info->err->msg_code;

	if (level < 0 && (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER ||
			  code == JWRN_HUFF_BAD_CODE || code == JWRN_ARITH_BAD_CODE))
		on_error(info);
}

static int read_pixels(struct jpeg_reader *r, FILE *file, struct v3npu_image **image)
{
	struct jpeg_decompress_struct *info = &r->info;
	JSAMPROW row;
	int ret;

	if (setjmp(r->failed))
		return -EINVAL;
	jpeg_create_decompress(info);
	jpeg_stdio_src(info, file);
	jpeg_read_header(info, TRUE);
	if (info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK)
		return v3v_fail(-ENOTSUP, "%s: is a CMYK JPEG, for printing; convert it to RGB",
				r->name);
	info->out_color_space = JCS_RGB;
	ret = v3v_image_new(r->name, info->image_width, info->image_height, image);
	if (ret)
		return ret;
	jpeg_start_decompress(info);
	while (info->output_scanline < info->output_height) {
		row = image_row(*image, info->output_scanline);
		jpeg_read_scanlines(info, &row, 1);
	}
	jpeg_finish_decompress(info);
	return 0;
}

int v3v_read_jpeg(FILE *file, const char *name, struct v3npu_image **image)
{
	struct jpeg_reader *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return v3v_fail(-ENOMEM, "%s: out of memory", name);
	r->name = name;
	r->info.err = jpeg_std_error(&r->manager);
	r->info.client_data = r;
	r->manager.error_exit = on_error;
	r->manager.emit_message = on_message;
	ret = read_pixels(r, file, image);
	jpeg_destroy_decompress(&r->info);
	free(r);
	if (ret) {
		v3npu_image_free(*image);
		*image = NULL;
	}
	return ret;
}
