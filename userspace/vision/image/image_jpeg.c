// SPDX-License-Identifier: MIT
/* JPEG files, with libjpeg-turbo */
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vision/error.h"
#include "image.h"
#include "orientation.h"

#include <jpeglib.h>
#include <jerror.h>

/* Lives outside the function that calls setjmp(), so that nothing in it is lost by longjmp() */
struct jpeg_reader {
	struct jpeg_decompress_struct info;
	struct jpeg_error_mgr manager;
	jmp_buf failed;
	const char *name;
	bool ended;			/* the file is at its end before the picture is at its own */
};

static void on_error(j_common_ptr info)
{
	struct jpeg_reader *r = info->client_data;
	char what[JMSG_LENGTH_MAX];

	info->err->format_message(info, what);
	v3v_fail(-EINVAL, "%s: damaged JPEG: %s; save the picture again", r->name, what);
	longjmp(r->failed, 1);
}

/*
 * libjpeg goes on after these with made-up pixels; a detector must not be shown those. At the
 * file's end it makes up the marker that ends a picture, which is harmless as long as nobody
 * asks for pixels after it: that is one of these.
 */
static void on_message(j_common_ptr info, int level)
{
	struct jpeg_reader *r = info->client_data;
	int code = info->err->msg_code;

	if (level < 0 && code == JWRN_JPEG_EOF)
		r->ended = true;
	if (level < 0 && (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE ||
			  code == JWRN_ARITH_BAD_CODE))
		on_error(info);
}

/* Of a picture in several scans, whether the last ones are not there */
static bool lacks_scans(struct jpeg_decompress_struct *info)
{
	int c, k;

	if (!jpeg_has_multiple_scans(info))
		return false;
	for (c = 0; c < info->num_components && info->coef_bits; c++)
		for (k = 0; k < DCTSIZE2; k++)
			if (info->coef_bits[c][k])
				return true;
	/* Of one that is not progressive nothing says which scans there were */
	return !info->coef_bits;
}

/* The orientation that the camera noted, see v3v_orientation_read() */
static int find_orientation(const struct jpeg_decompress_struct *info)
{
	static const char exif[6] = "Exif\0";
	const struct jpeg_marker_struct *m;

	for (m = info->marker_list; m; m = m->next)
		if (m->data_length > sizeof(exif) && !memcmp(m->data, exif, sizeof(exif)))
			return v3v_orientation_read(m->data + sizeof(exif),
						    m->data_length - sizeof(exif));
	return 1;
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
	jpeg_save_markers(info, JPEG_APP0 + 1, 0xffff);
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
	if (r->ended && lacks_scans(info))
		return v3v_fail(-EINVAL, "%s: damaged JPEG: it ends too early; save the picture "
				"again", r->name);
	ret = v3v_orientation_apply(r->name, find_orientation(info), image);
	if (!ret)
		jpeg_finish_decompress(info);
	return ret;
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
