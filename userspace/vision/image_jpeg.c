// SPDX-License-Identifier: MIT
/* JPEG files, with libjpeg-turbo */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "image.h"

#include <jpeglib.h>
#include <jerror.h>

/* Lives outside the function that calls setjmp(), so that nothing in it is lost by longjmp() */
struct jpeg_reader {
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr manager;
	jmp_buf failed;
	const char *path;
	struct tool_error *error;
};

static void on_error(j_common_ptr info)
{
	struct jpeg_reader *r = info->client_data;
	char what[JMSG_LENGTH_MAX];

	info->err->format_message(info, what);
	tool_fail(r->error, "%s: damaged JPEG: %s; save the picture again", r->path, what);
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

static int read_pixels(struct jpeg_reader *r, FILE *file, struct image *image)
{
	struct jpeg_decompress_struct *info = &r->info;
	JSAMPROW row;

	if (setjmp(r->failed))
		return -1;
	jpeg_create_decompress(info);
	jpeg_stdio_src(info, file);
	jpeg_read_header(info, TRUE);
	if (info->jpeg_color_space == JCS_CMYK || info->jpeg_color_space == JCS_YCCK)
		return tool_fail(r->error, "%s: is a CMYK JPEG, for printing; convert it to RGB",
				 r->path);
	info->out_color_space = JCS_RGB;
	if (image_alloc(r->path, info->image_width, info->image_height, image, r->error))
		return -1;
	jpeg_start_decompress(info);
	while (info->output_scanline < info->output_height) {
		row = image->pixels + (size_t)info->output_scanline * image->width * 3;
		jpeg_read_scanlines(info, &row, 1);
	}
	jpeg_finish_decompress(info);
	return 0;
}

int image_read_jpeg(FILE *file, const char *path, struct image *image, struct tool_error *error)
{
	struct jpeg_reader *r = calloc(1, sizeof(*r));
	int ret;

	if (!r)
		return tool_fail(error, "%s: out of memory", path);
	r->path = path;
	r->error = error;
	r->info.err = jpeg_std_error(&r->manager);
	r->info.client_data = r;
	r->manager.error_exit = on_error;
	r->manager.emit_message = on_message;
	ret = read_pixels(r, file, image);
	jpeg_destroy_decompress(&r->info);
	free(r);
	if (ret) {
		free(image->pixels);
		image->pixels = NULL;
	}
	return ret;
}
