// SPDX-License-Identifier: MIT
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
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

/*
 * Opens a file without a name in the folder of the one to write: of a killed program
 * nothing is left. NULL where the file system has no such files.
 */
static FILE *open_nameless(const struct tool_output *out)
{
	const char *slash = strrchr(out->path, '/');
	char *folder = slash ? strndup(out->path, slash - out->path + 1) : strdup(".");
	FILE *file = NULL;
	int fd = -1;

	/* The name is given through /proc */
	if (folder && !access("/proc/self/fd", X_OK))
		fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	free(folder);
	if (fd >= 0)
		file = fdopen(fd, "wb");
	if (fd >= 0 && !file)
		close(fd);
	return file;
}

/* Opens a file beside the one to write, with the mode that one would get */
static FILE *open_temporary(struct tool_output *out)
{
	mode_t mask;
	FILE *file;
	int fd;

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

static void open_new(struct tool_output *out)
{
	if (asprintf(&out->temporary, "%s.XXXXXX", out->path) < 0) {
		out->temporary = NULL;
		return;
	}
	out->file = open_nameless(out);
	out->nameless = out->file != NULL;
	if (!out->file)
		out->file = open_temporary(out);
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
	*out = (struct tool_output) { .path = realpath(path, NULL) };
	if (!out->path)
		out->path = strdup(path);
	if (!out->path)
		return tool_fail(error, "%s: out of memory", path);
	if (!stat(out->path, &st) && !S_ISREG(st.st_mode))
		out->file = fopen(out->path, "wbe");
	else
		open_new(out);
	if (!out->file) {
		tool_fail(error, "%s: cannot be written: %s", path, strerror(errno));
		free_names(out);
		return -1;
	}
	return 0;
}

/* Gives a whole file without a name its own; a link cannot replace a file, a renamed one can */
static int name_it(struct tool_output *out)
{
	char self[32];
	int fd;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(out->file));
	if (!linkat(AT_FDCWD, self, AT_FDCWD, out->path, AT_SYMLINK_FOLLOW))
		return 0;
	if (errno != EEXIST)
		return -1;
	/* Finds a name that is free, as mkstemp() would */
	fd = mkstemp(out->temporary);
	if (fd < 0)
		return -1;
	close(fd);
	unlink(out->temporary);
	if (linkat(AT_FDCWD, self, AT_FDCWD, out->temporary, AT_SYMLINK_FOLLOW))
		return -1;
	if (!rename(out->temporary, out->path))
		return 0;
	unlink(out->temporary);
	return -1;
}

int tool_output_commit(struct tool_output *out, struct tool_error *error)
{
	int failed, err;

	errno = 0;
	failed = fflush(out->file) | ferror(out->file);
	if (!failed && out->nameless)
		failed = name_it(out);
	err = errno;
	if (fclose(out->file) && !failed) {
		failed = -1;
		err = errno;
	}
	if (!failed && out->temporary && !out->nameless) {
		failed = rename(out->temporary, out->path);
		err = errno;
	}
	if (failed) {
		failed = tool_fail(error, "%s: cannot be written: %s", out->path,
				   strerror(err ? err : EIO));
		if (out->temporary && !out->nameless)
			unlink(out->temporary);
	}
	free_names(out);
	return failed;
}

void tool_output_discard(struct tool_output *out)
{
	fclose(out->file);
	if (out->temporary && !out->nameless)
		unlink(out->temporary);
	free_names(out);
}
