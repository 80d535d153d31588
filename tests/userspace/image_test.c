// SPDX-License-Identifier: MIT
/* The picture readers: every form they take, and files that are damaged */
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "vision/error.h"
#include "vision/image/image.h"

#include <jpeglib.h>

#define WIDTH	24
#define HEIGHT	16

static char dir[] = "/tmp/v3npu-image-test.XXXXXX";
static char path[64];
static struct v3npu_image *image;

/* A smooth picture, which JPEG keeps well; component c of pixel (x, y) */
static int pixel(int x, int y, int c)
{
	return (c ? x * 5 : y * 8) + 40 * c;
}

static void write_png(int type, int depth, bool interlaced)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	int channels = type == PNG_COLOR_TYPE_GRAY || type == PNG_COLOR_TYPE_PALETTE ? 1 :
		       type == PNG_COLOR_TYPE_RGB_ALPHA ? 4 : 3;
	png_byte row[WIDTH * 4 * 2] = {};
	png_color palette[256] = {};
	FILE *f = fopen(path, "wb");
	int x, y, c, pass;

	png_init_io(png, f);
	png_set_IHDR(png, info, WIDTH, HEIGHT, depth, type,
		     interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
	if (type == PNG_COLOR_TYPE_PALETTE) {
		for (x = 0; x < WIDTH; x++)
			palette[x] = (png_color) { pixel(x, 0, 0), pixel(x, 0, 1), pixel(x, 0, 2) };
		png_set_PLTE(png, info, palette, 256);
		png_set_tRNS(png, info, (png_bytep)"\0\1\2", 3, NULL);
	}
	png_write_info(png, info);
	for (pass = png_set_interlace_handling(png); pass; pass--)
		for (y = 0; y < HEIGHT; y++) {
			for (x = 0; x < WIDTH; x++)
				for (c = 0; c < channels; c++) {
					int v = type == PNG_COLOR_TYPE_PALETTE ? x :
						c == 3 ? 128 : pixel(x, y, c);

					if (depth == 16) {
						row[(x * channels + c) * 2] = v;
						row[(x * channels + c) * 2 + 1] = v;
					} else {
						row[x * channels + c] = v;
					}
				}
			png_write_row(png, row);
		}
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	fclose(f);
}

/* EXIF data: a TIFF header, which end comes first, and one entry, the orientation */
static size_t make_exif(uint8_t exif[32], bool big, int orientation)
{
	static const uint8_t motorola[] = {
		'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
	};
	static const uint8_t intel[] = {
		'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	};

	memcpy(exif, big ? motorola : intel, sizeof(intel));
	exif[big ? 19 : 18] = orientation;
	return sizeof(intel);
}

/* What the JPEGs to come have for an orientation; 0: none */
static int orientation;

static void write_jpeg(J_COLOR_SPACE space, int channels, bool progressive)
{
	struct jpeg_compress_struct info;
	struct jpeg_error_mgr manager;
	JSAMPLE line[WIDTH * 4];
	JSAMPROW row = line;
	FILE *f = fopen(path, "wb");
	int x, y, c;

	info.err = jpeg_std_error(&manager);
	jpeg_create_compress(&info);
	jpeg_stdio_dest(&info, f);
	info.image_width = WIDTH;
	info.image_height = HEIGHT;
	info.input_components = channels;
	info.in_color_space = space;
	jpeg_set_defaults(&info);
	jpeg_set_quality(&info, 100, TRUE);
	if (progressive)
		jpeg_simple_progression(&info);
	jpeg_start_compress(&info, TRUE);
	if (orientation) {
		uint8_t exif[6 + 32] = "Exif";

		jpeg_write_marker(&info, JPEG_APP0 + 1, exif,
				  6 + make_exif(exif + 6, orientation % 2, orientation));
	}
	for (y = 0; y < HEIGHT; y++) {
		for (x = 0; x < WIDTH; x++)
			for (c = 0; c < channels; c++)
				line[x * channels + c] = pixel(x, y, c);
		jpeg_write_scanlines(&info, &row, 1);
	}
	jpeg_finish_compress(&info);
	jpeg_destroy_compress(&info);
	fclose(f);
}

/* Reads the file and compares it with the picture; @grey: all channels are the first */
static void check(const char *what, int tolerance, bool grey, bool first_row)
{
	int x, y, c, wrong = 0;

	if (v3npu_image_read(path, &image)) {
		ok(false, "%s: %s", what, v3npu_vision_error());
		return;
	}
	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			for (c = 0; c < 3; c++)
				wrong += abs(image_row(image, y)[x * 3 + c] -
					     pixel(x, first_row ? 0 : y, grey ? 0 : c)) > tolerance;
	ok(image->width == WIDTH && image->height == HEIGHT && !wrong, "%s: %d bytes are wrong",
	   what, wrong);
	v3npu_image_free(image);
}

static void write_bytes(const void *data, size_t size)
{
	FILE *f = fopen(path, "wb");

	fwrite(data, 1, size, f);
	fclose(f);
}

static void refuse(const char *what, int err, const char *why)
{
	const char *text = v3npu_vision_error();
	int ret;

	v3v_fail(0, "%s", "");
	ret = v3npu_image_read(path, &image);
	ok(ret == err && !image && strstr(text, why) && strstr(text, path) && !strchr(text, '\n'),
	   "%s: '%s'", what, ret ? text : "was read");
	v3npu_image_free(image);
}

/* Reads a picture in memory; 1 if it was refused and nothing says why */
static int try(const uint8_t *data, size_t size, int *ret)
{
	v3v_fail(0, "%s", "");
	*ret = v3npu_image_decode(data, size, &image);
	return *ret && (!v3npu_vision_error()[0] || image);
}

/* And from a file; 1 also if the two differ */
static int try_both(const uint8_t *data, size_t size, int *ret)
{
	int unclear = try(data, size, ret);
	struct v3npu_image *other;

	write_bytes(data, size);
	unclear |= v3npu_image_read(path, &other) != *ret;
	unclear |= !*ret && (!other || memcmp(image->pixels, other->pixels,
					      image->stride * image->height));
	v3npu_image_free(other);
	return unclear;
}

/* Cuts the file at every length and flips bits all over it; the sanitizers watch */
static void damage(const char *what, bool cuts_show)
{
	uint8_t data[16384], copy[sizeof(data)];
	size_t size, k, unclear = 0, unnoticed = 0;
	FILE *f = fopen(path, "rb");
	int ret;

	size = fread(data, 1, sizeof(data), f);
	fclose(f);
	for (k = 0; k < size; k++) {
		unclear += try_both(data, k, &ret);
		unnoticed += !ret && k < size - 16;
		v3npu_image_free(image);
	}
	ok(!unclear, "%s cut at each of %zu places: each refusal has its reason", what, size);
	ok(!cuts_show || !unnoticed, "%s cut: %zu places went unnoticed", what, unnoticed);
	unclear = 0;
	for (k = 0; k < size * 8; k += k < 2048 ? 1 : 7) {
		memcpy(copy, data, size);
		copy[k / 8] ^= 1 << k % 8;
		unclear += try(copy, size, &ret);
		v3npu_image_free(image);
	}
	ok(!unclear, "%s with a bit flipped: each refusal has its reason", what);
}

static void test_png(void)
{
	write_png(PNG_COLOR_TYPE_RGB, 8, false);
	check("PNG RGB", 0, false, false);
	damage("PNG RGB", true);
	write_png(PNG_COLOR_TYPE_RGB, 16, false);
	check("PNG RGB of 16 bits", 0, false, false);
	write_png(PNG_COLOR_TYPE_GRAY, 8, false);
	check("PNG grey", 0, true, false);
	write_png(PNG_COLOR_TYPE_GRAY, 16, false);
	check("PNG grey of 16 bits", 0, true, false);
	write_png(PNG_COLOR_TYPE_RGB_ALPHA, 8, true);
	check("PNG with alpha, interlaced", 0, false, false);
	damage("PNG interlaced", true);
	write_png(PNG_COLOR_TYPE_PALETTE, 8, false);
	check("PNG with a palette and transparency", 0, false, true);
	damage("PNG palette", true);
}

static void test_jpeg(void)
{
	write_jpeg(JCS_RGB, 3, false);
	check("JPEG RGB", 8, false, false);
	damage("JPEG RGB", true);
	write_jpeg(JCS_GRAYSCALE, 1, false);
	check("JPEG grey", 2, true, false);
	write_jpeg(JCS_RGB, 3, true);
	check("JPEG progressive", 8, false, false);
	damage("JPEG progressive", true);
	write_jpeg(JCS_CMYK, 4, false);
	refuse("JPEG CMYK", -ENOTSUP, "CMYK");
}

/* Where TIFF 6.0 says that the first row and the first column of what is stored are */
static void test_orientation(void)
{
	int x, y, u, v, wrong;

	for (orientation = 1; orientation <= 9; orientation++) {
		bool columns = orientation >= 5 && orientation <= 8;

		write_jpeg(JCS_RGB, 3, false);
		if (!ok(!v3npu_image_read(path, &image) &&
			image->width == (columns ? HEIGHT : WIDTH) &&
			image->height == (columns ? WIDTH : HEIGHT), "orientation %d", orientation))
			continue;
		for (y = 0, wrong = 0; y < HEIGHT; y++)
			for (x = 0; x < WIDTH; x++) {
				const int places[10][2] = {
					{}, { x, y }, { WIDTH - 1 - x, y },
					{ WIDTH - 1 - x, HEIGHT - 1 - y }, { x, HEIGHT - 1 - y },
					{ y, x }, { HEIGHT - 1 - y, x },
					{ HEIGHT - 1 - y, WIDTH - 1 - x }, { y, WIDTH - 1 - x },
					/* There is no such orientation */
					{ x, y },
				};

				u = places[orientation][0];
				v = places[orientation][1];
				wrong += abs(image_row(image, v)[u * 3] - pixel(x, y, 0)) > 8 ||
					 abs(image_row(image, v)[u * 3 + 1] - pixel(x, y, 1)) > 8;
			}
		ok(!wrong, "orientation %d: %d pixels are elsewhere", orientation, wrong);
		v3npu_image_free(image);
	}
	orientation = 6;
	write_jpeg(JCS_RGB, 3, false);
	damage("JPEG with an orientation", true);
	orientation = 0;
}

/* Without the two bytes that end it a JPEG has all its pixels; without one more it has not */
static void test_no_end(void)
{
	uint8_t data[16384];
	FILE *f;
	size_t size;
	int progressive;

	for (progressive = 0; progressive < 2; progressive++) {
		write_jpeg(JCS_RGB, 3, progressive);
		f = fopen(path, "rb");
		size = fread(data, 1, sizeof(data), f);
		fclose(f);
		write_bytes(data, size - 2);
		check(progressive ? "progressive JPEG without its end" : "JPEG without its end", 8,
		      false, false);
		write_bytes(data, size - 12);
		refuse("JPEG without its last pixels", -EINVAL, "damaged JPEG");
	}
}

static void test_refusals(void)
{
	/* PNG headers: 2^31 - 1 by 1 pixels, and 16384 by 16384 */
	static const char wide[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\0\0\0\1"
				   "\x08\2\0\0\0"
				   "\x2f\x54\xa4\x8a\0\0\0\4IDAT";
	static const char large[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x40\0\0\0\x40\0\x08\2\0\0\0"
				    "\x26\xaa\x87\xd3\0\0\0\4IDAT";

	write_bytes("GIF89a", 6);
	refuse("a GIF", -EINVAL, "neither JPEG nor PNG");
	write_bytes("", 0);
	refuse("an empty file", -EINVAL, "empty");
	write_bytes(wide, sizeof(wide) - 1);
	refuse("a PNG wider than the limit", -ENOTSUP, "too large");
	write_bytes(large, sizeof(large) - 1);
	refuse("a PNG of more pixels than the limit", -ENOTSUP, "too large");
	unlink(path);
	refuse("a missing file", -ENOENT, "No such file");
	strcpy(path, dir);
	refuse("a directory", -EISDIR, "Is a directory");
}

/* Rows with something between them that is no part of the picture */
static void test_write(void)
{
	enum { STRIDE = WIDTH * 3 + 7 };
	uint8_t pixels[HEIGHT * STRIDE];
	struct v3npu_image_info info = {
		.struct_size = sizeof(info), .width = WIDTH, .height = HEIGHT, .stride = STRIDE,
		.pixels = pixels,
	};
	struct v3npu_image *out;
	int x, y, c;

	memset(pixels, 0xee, sizeof(pixels));
	for (y = 0; y < HEIGHT; y++)
		for (x = 0; x < WIDTH; x++)
			for (c = 0; c < 3; c++)
				pixels[y * STRIDE + x * 3 + c] = pixel(x, y, c);
	if (!ok(!v3npu_image_wrap(&info, &out), "pixels with a stride become a picture"))
		return;
	ok(!v3npu_image_write_png(out, path), "a PNG is written");
	check("PNG read back", 0, false, false);
	ok(v3npu_image_write_png(out, "/dev/full/x.png") == -ENOTDIR, "a PNG without a place: '%s'",
	   v3npu_vision_error());
	ok(v3npu_image_write_png(out, "/dev/full") == -ENOSPC, "a PNG on a full disk: '%s'",
	   v3npu_vision_error());
	v3npu_image_free(out);
}

int main(void)
{
	if (!mkdtemp(dir)) {
		perror(dir);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/picture", dir);
	test_write();
	test_png();
	test_jpeg();
	test_orientation();
	test_no_end();
	test_refusals();
	rmdir(dir);
	return done();
}
