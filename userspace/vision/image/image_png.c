// SPDX-License-Identifier: MIT
/* PNG files, with libpng */
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/whole_file.h"
#include "vision/error.h"
#include "image.h"
#include "orientation.h"

/* Lives outside the functions that call setjmp(), so that nothing in it is lost by longjmp() */
struct png_file {
	png_structp png;
	png_infop info;
	png_bytepp rows;
	const char *name;
	bool writing;
};

static void on_error(png_structp png, png_const_charp what)
{
	struct png_file *f = png_get_error_ptr(png);

	if (f->writing)
		v3v_fail(-EIO, "%s: cannot be written: %s", f->name, what);
	else
		v3v_fail(-EINVAL, "%s: damaged PNG: %s; save the picture again", f->name, what);
	longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp what)
{
	(void)png;
	(void)what;
}

static int make_rows(struct png_file *f, const struct v3npu_image *image)
{
	int y;

	f->rows = malloc(image->height * sizeof(f->rows[0]));
	if (!f->rows)
		return v3v_fail(-ENOMEM, "%s: out of memory", f->name);
	for (y = 0; y < image->height; y++)
		f->rows[y] = image_row(image, y);
	return 0;
}

/* A PNG that was a camera's JPEG can have its orientation, too */
static int find_orientation(struct png_file *f)
{
	png_uint_32 size = 0;
	png_bytep exif = NULL;

	if (!png_get_eXIf_1(f->png, f->info, &size, &exif))
		return 1;
	return v3v_orientation_read(exif, size);
}

static int read_pixels(struct png_file *f, FILE *file, struct v3npu_image **image)
{
	png_structp png = f->png;
	int ret;

	if (setjmp(png_jmpbuf(png)))
		return -EINVAL;
	/* v3v_image_new() has the limits that the user is told of */
	png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
	png_init_io(png, file);
	png_read_info(png, f->info);
	ret = v3v_image_new(f->name, png_get_image_width(png, f->info),
			    png_get_image_height(png, f->info), image);
	if (ret)
		return ret;
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_strip_alpha(png);
	png_set_interlace_handling(png);
	png_read_update_info(png, f->info);
	ret = make_rows(f, *image);
	if (ret)
		return ret;
	png_read_image(png, f->rows);
	png_read_end(png, f->info);
	return v3v_orientation_apply(f->name, find_orientation(f), image);
}

int v3v_read_png(FILE *file, const char *name, struct v3npu_image **image)
{
	struct png_file f = { .name = name };
	int ret;

	f.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &f, on_error, on_warning);
	if (f.png)
		f.info = png_create_info_struct(f.png);
	if (f.info)
		ret = read_pixels(&f, file, image);
	else
		ret = v3v_fail(-ENOMEM, "%s: out of memory", name);
	png_destroy_read_struct(&f.png, &f.info, NULL);
	free(f.rows);
	if (ret) {
		v3npu_image_free(*image);
		*image = NULL;
	}
	return ret;
}

static int write_pixels(struct png_file *f, FILE *file, const struct v3npu_image *image)
{
	png_structp png = f->png;
	int ret = make_rows(f, image);

	if (ret)
		return ret;
	if (setjmp(png_jmpbuf(png)))
		return -EIO;
	png_init_io(png, file);
	png_set_IHDR(png, f->info, image->width, image->height, 8, PNG_COLOR_TYPE_RGB,
		     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	/* Photographs gain little from more, and the guest's processor is slow */
	png_set_compression_level(png, 1);
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
	png_write_info(png, f->info);
	png_write_image(png, f->rows);
	png_write_end(png, NULL);
	return 0;
}

static int write_file(const struct v3npu_image *image, FILE *file, const char *path)
{
	struct png_file f = { .name = path, .writing = true };
	int ret;

	f.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &f, on_error, on_warning);
	if (f.png)
		f.info = png_create_info_struct(f.png);
	if (f.info)
		ret = write_pixels(&f, file, image);
	else
		ret = v3v_fail(-ENOMEM, "%s: out of memory", path);
	png_destroy_write_struct(&f.png, &f.info);
	free(f.rows);
	return ret;
}

static int fail_written(int err, const char *path)
{
	return v3v_fail(err, "%s: cannot be written: %s", path, strerror(-err));
}

int v3npu_image_write_png(const struct v3npu_image *image, const char *path)
{
	struct whole_file out;
	int ret = v3npu_whole_file_open(&out, path);

	if (ret)
		return fail_written(ret, path);
	ret = write_file(image, out.file, path);
	if (ret) {
		v3npu_whole_file_discard(&out);
		return ret;
	}
	ret = v3npu_whole_file_commit(&out);
	return ret ? fail_written(ret, path) : 0;
}
