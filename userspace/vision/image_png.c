// SPDX-License-Identifier: MIT
/* PNG files, with libpng */
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

#include "image.h"

/* Lives outside the functions that call setjmp(), so that nothing in it is lost by longjmp() */
struct png_file {
	png_structp png;
	png_infop info;
	png_bytepp rows;
	const char *path;
	struct tool_error *error;
	bool writing;
};

static void on_error(png_structp png, png_const_charp what)
{
	struct png_file *f = png_get_error_ptr(png);

	if (f->writing)
		tool_fail(f->error, "%s: cannot be written: %s", f->path, what);
	else
		tool_fail(f->error, "%s: damaged PNG: %s; save the picture again", f->path, what);
	longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp what)
{
	(void)png;
	(void)what;
}

static int make_rows(struct png_file *f, const struct image *image)
{
	int y;

	f->rows = malloc(image->height * sizeof(f->rows[0]));
	if (!f->rows)
		return tool_fail(f->error, "%s: out of memory", f->path);
	for (y = 0; y < image->height; y++)
		f->rows[y] = image->pixels + (size_t)y * image->width * 3;
	return 0;
}

static int read_pixels(struct png_file *f, FILE *file, struct image *image)
{
	png_structp png = f->png;

	if (setjmp(png_jmpbuf(png)))
		return -1;
	/* image_alloc() has the limits that the user is told of */
	png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
	png_init_io(png, file);
	png_read_info(png, f->info);
	if (image_alloc(f->path, png_get_image_width(png, f->info),
			png_get_image_height(png, f->info), image, f->error))
		return -1;
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_strip_alpha(png);
	png_set_interlace_handling(png);
	png_read_update_info(png, f->info);
	if (make_rows(f, image))
		return -1;
	png_read_image(png, f->rows);
	png_read_end(png, NULL);
	return 0;
}

int image_read_png(FILE *file, const char *path, struct image *image, struct tool_error *error)
{
	struct png_file f = { .path = path, .error = error };
	int ret = -1;

	f.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &f, on_error, on_warning);
	if (f.png)
		f.info = png_create_info_struct(f.png);
	if (f.info)
		ret = read_pixels(&f, file, image);
	else
		tool_fail(error, "%s: out of memory", path);
	png_destroy_read_struct(&f.png, &f.info, NULL);
	free(f.rows);
	if (ret) {
		free(image->pixels);
		image->pixels = NULL;
	}
	return ret;
}

static int write_pixels(struct png_file *f, FILE *file, const struct image *image)
{
	png_structp png = f->png;

	if (make_rows(f, image))
		return -1;
	if (setjmp(png_jmpbuf(png)))
		return -1;
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

int image_write_png(const char *path, const struct image *image, struct tool_error *error)
{
	struct png_file f = { .path = path, .error = error, .writing = true };
	struct whole_file out;
	int ret = -1;

	if (tool_output_open(&out, path, error))
		return -1;
	f.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &f, on_error, on_warning);
	if (f.png)
		f.info = png_create_info_struct(f.png);
	if (f.info)
		ret = write_pixels(&f, out.file, image);
	else
		tool_fail(error, "%s: out of memory", path);
	png_destroy_write_struct(&f.png, &f.info);
	free(f.rows);
	if (ret) {
		v3npu_whole_file_discard(&out);
		return ret;
	}
	return tool_output_commit(&out, error);
}
