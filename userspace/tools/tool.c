// SPDX-License-Identifier: MIT
#include "tool.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Opens a file beside the one to write, with the mode that one would get */
static FILE *open_temporary(struct tool_output *out)
{
	mode_t mask;
	FILE *file;
	int fd;

	if (asprintf(&out->temporary, "%s.XXXXXX", out->path) < 0) {
		out->temporary = NULL;
		return NULL;
	}
	fd = mkstemp(out->temporary);
	if (fd < 0)
		return NULL;
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	file = fdopen(fd, "wb");
	if (!file) {
		close(fd);
		unlink(out->temporary);
	}
	return file;
}

static void free_names(struct tool_output *out)
{
	free(out->temporary);
	free(out->path);
}

int tool_output_open(struct tool_output *out, const char *path, struct tool_error *error)
{
	struct stat st;

	/* What is there already may be a link: replace the file, not the link to it */
	out->path = realpath(path, NULL);
	if (!out->path)
		out->path = strdup(path);
	out->temporary = NULL;
	if (!out->path)
		return tool_fail(error, "%s: out of memory", path);
	if (!stat(out->path, &st) && !S_ISREG(st.st_mode))
		out->file = fopen(out->path, "wbe");
	else
		out->file = open_temporary(out);
	if (!out->file) {
		tool_fail(error, "%s: cannot be written: %s", path, strerror(errno));
		free_names(out);
		return -1;
	}
	return 0;
}

int tool_output_commit(struct tool_output *out, struct tool_error *error)
{
	int failed = ferror(out->file);

	errno = 0;
	failed |= fclose(out->file);
	if (!failed && out->temporary)
		failed = rename(out->temporary, out->path);
	if (failed) {
		failed = tool_fail(error, "%s: cannot be written: %s", out->path,
				   strerror(errno ? errno : EIO));
		if (out->temporary)
			unlink(out->temporary);
	}
	free_names(out);
	return failed;
}

void tool_output_discard(struct tool_output *out)
{
	fclose(out->file);
	if (out->temporary)
		unlink(out->temporary);
	free_names(out);
}
