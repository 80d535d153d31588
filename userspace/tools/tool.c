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

int tool_output_open(struct tool_output *out, const char *path, struct tool_error *error)
{
	mode_t mask;
	int fd;

	out->path = strdup(path);
	if (!out->path || asprintf(&out->temporary, "%s.XXXXXX", path) < 0) {
		free(out->path);
		return tool_fail(error, "%s: out of memory", path);
	}
	fd = mkstemp(out->temporary);
	if (fd < 0) {
		tool_fail(error, "%s: cannot be written: %s", path, strerror(errno));
		free(out->temporary);
		free(out->path);
		return -1;
	}
	/* mkstemp() makes files that only their owner can read; give the usual mode */
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	out->file = fdopen(fd, "wb");
	if (!out->file) {
		close(fd);
		unlink(out->temporary);
		free(out->temporary);
		free(out->path);
		return tool_fail(error, "%s: out of memory", path);
	}
	return 0;
}

int tool_output_commit(struct tool_output *out, struct tool_error *error)
{
	int failed = ferror(out->file);

	errno = 0;
	failed |= fclose(out->file);
	if (failed || rename(out->temporary, out->path)) {
		failed = tool_fail(error, "%s: cannot be written: %s", out->path,
				   strerror(errno ? errno : EIO));
		unlink(out->temporary);
	}
	free(out->temporary);
	free(out->path);
	return failed;
}

void tool_output_discard(struct tool_output *out)
{
	fclose(out->file);
	unlink(out->temporary);
	free(out->temporary);
	free(out->path);
}
