// SPDX-License-Identifier: MIT
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Opens a file without a name in the folder of the one to write: of a killed program
 * nothing is left. NULL where the file system has no such files.
 */
static FILE *open_nameless(const struct whole_file *f)
{
	const char *slash = strrchr(f->path, '/');
	char *folder = slash ? strndup(f->path, slash - f->path + 1) : strdup(".");
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

/* Makes @temporary a name that nothing has; 0 or -1 */
static int find_name(struct whole_file *f)
{
	int fd = mkstemp(f->temporary);

	if (fd < 0)
		return -1;
	close(fd);
	return unlink(f->temporary);
}

/* Opens a file beside the one to write, with the mode that one would get */
static FILE *open_temporary(struct whole_file *f)
{
	FILE *file;
	int fd;

	if (find_name(f))
		return NULL;
	fd = open(f->temporary, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, "wb");
	if (!file) {
		close(fd);
		unlink(f->temporary);
	}
	return file;
}

static void open_new(struct whole_file *f)
{
	if (asprintf(&f->temporary, "%s.XXXXXX", f->path) < 0) {
		f->temporary = NULL;
		errno = ENOMEM;
		return;
	}
	f->file = open_nameless(f);
	f->nameless = f->file != NULL;
	if (!f->file)
		f->file = open_temporary(f);
}

static void free_names(struct whole_file *f)
{
	free(f->temporary);
	free(f->path);
}

int v3npu_whole_file_open(struct whole_file *f, const char *name)
{
	struct stat st;
	int err;

	/* What is there already may be a link: replace the file, not the link to it */
	*f = (struct whole_file) { .name = name, .path = realpath(name, NULL) };
	if (!f->path)
		f->path = strdup(name);
	if (!f->path)
		return -ENOMEM;
	if (!stat(f->path, &st) && !S_ISREG(st.st_mode))
		f->file = fopen(f->path, "wbe");
	else
		open_new(f);
	err = errno;
	if (f->file)
		return 0;
	free_names(f);
	return -err;
}

/* Gives a whole file without a name its own; a link cannot replace a file, a renamed one can */
static int name_it(struct whole_file *f)
{
	char self[32];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fileno(f->file));
	if (!linkat(AT_FDCWD, self, AT_FDCWD, f->path, AT_SYMLINK_FOLLOW))
		return 0;
	if (errno != EEXIST)
		return -1;
	if (find_name(f))
		return -1;
	if (linkat(AT_FDCWD, self, AT_FDCWD, f->temporary, AT_SYMLINK_FOLLOW))
		return -1;
	if (!rename(f->temporary, f->path))
		return 0;
	unlink(f->temporary);
	return -1;
}

int v3npu_whole_file_commit(struct whole_file *f)
{
	int failed, err;

	errno = 0;
	failed = fflush(f->file) | ferror(f->file);
	if (!failed && f->nameless)
		failed = name_it(f);
	err = errno;
	if (fclose(f->file) && !failed) {
		failed = -1;
		err = errno;
	}
	if (!failed && f->temporary && !f->nameless) {
		failed = rename(f->temporary, f->path);
		err = errno;
	}
	if (failed && f->temporary && !f->nameless)
		unlink(f->temporary);
	free_names(f);
	return failed ? -(err ? err : EIO) : 0;
}

void v3npu_whole_file_discard(struct whole_file *f)
{
	fclose(f->file);
	if (f->temporary && !f->nameless)
		unlink(f->temporary);
	free_names(f);
}
