// SPDX-License-Identifier: MIT
#include "tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int tool_fail(struct tool_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -1;
}

int tool_usage(const char *tool, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", tool);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return TOOL_USAGE;
}

int tool_read_exactly(const char *path, void *data, size_t size, struct tool_error *error)
{
	FILE *f = fopen(path, "rbe");
	struct stat st;
	size_t n;

	if (!f)
		return tool_fail(error, "%s: %s", path, strerror(errno));
	if (!fstat(fileno(f), &st) && S_ISREG(st.st_mode) && (size_t)st.st_size != size) {
		fclose(f);
		return tool_fail(error, "%s: has %lld bytes, the model's input %zu; write the "
				 "tensor's bytes as they are, nothing else", path,
				 (long long)st.st_size, size);
	}
	n = fread(data, 1, size, f);
	if (n == size && getc(f) != EOF)
		n++;
	if (ferror(f)) {
		tool_fail(error, "%s: %s", path, strerror(errno));
		fclose(f);
		return -1;
	}
	fclose(f);
	if (n != size)
		return tool_fail(error, "%s: has %s bytes than the model's input, %zu; write the "
				 "tensor's bytes as they are, nothing else", path,
				 n < size ? "fewer" : "more", size);
	return 0;
}

int tool_read_file(const char *path, size_t max, void **data, size_t *size,
		   struct tool_error *error)
{
	FILE *f = fopen(path, "rbe");
	struct stat st;

	if (!f)
		return tool_fail(error, "%s: %s", path, strerror(errno));
	if (fstat(fileno(f), &st) || !S_ISREG(st.st_mode) || !st.st_size ||
	    (size_t)st.st_size > max) {
		fclose(f);
		return tool_fail(error, "%s: is no file of 1 to %zu bytes", path, max);
	}
	*size = st.st_size;
	*data = malloc(*size);
	if (!*data || fread(*data, 1, *size, f) != *size) {
		tool_fail(error, "%s: %s", path, *data ? "cannot be read to its end" :
			  "out of memory");
		free(*data);
		fclose(f);
		return -1;
	}
	fclose(f);
	return 0;
}

static int fail_written(const char *path, int err, struct tool_error *error)
{
	return tool_fail(error, "%s: cannot be written: %s", path, strerror(-err));
}

int tool_output_open(struct whole_file *out, const char *path, struct tool_error *error)
{
	int ret = v3npu_whole_file_open(out, path);

	return ret ? fail_written(path, ret, error) : 0;
}

int tool_output_commit(struct whole_file *out, struct tool_error *error)
{
	int ret = v3npu_whole_file_commit(out);

	return ret ? fail_written(out->name, ret, error) : 0;
}
