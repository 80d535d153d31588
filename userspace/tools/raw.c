// SPDX-License-Identifier: MIT
#include "raw.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/npy.h"

static const struct {
	const char *name;
	const char *descr;	/* NumPy's */
} types[] = {
	[V3NPU_INT8] = { "int8", "|i1" },
	[V3NPU_FLOAT32] = { "float32", "<f4" },
	[V3NPU_INT32] = { "int32", "<i4" },
	[V3NPU_INT64] = { "int64", "<i8" },
	[V3NPU_UINT8] = { "uint8", "|u1" },
};

/* A shape as 1x224x224x3; of a scalar: scalar */
static const char *shape_text(int rank, const uint64_t *dim, char text[128])
{
	int i, n = 0;

	text[0] = '\0';
	for (i = 0; i < rank && n < 100; i++)
		n += sprintf(text + n, "%s%" PRIu64, i ? "x" : "", dim[i]);
	return rank ? text : "scalar";
}

static struct npy_head head_of(const struct v3npu_tensor_info *info)
{
	struct npy_head head = { .rank = info->rank };
	int i;

	strcpy(head.descr, types[info->dtype].descr);
	for (i = 0; i < info->rank; i++)
		head.dim[i] = info->dim[i];
	return head;
}

static int get_info(const struct v3npu_model *model, bool input, size_t k,
		    struct v3npu_tensor_info *info, struct tool_error *error)
{
	int ret;

	*info = (struct v3npu_tensor_info){ .struct_size = sizeof(*info) };
	ret = input ? v3npu_model_input_info(model, k, info) : v3npu_model_output_info(model, k, info);
	return ret ? tool_fail(error, "%s", v3npu_error()) : 0;
}

/* Tells how many files there must be, and for what */
static int wrong_count(const struct v3npu_model *model, bool input, size_t given, size_t count,
		       const char *names, struct tool_error *error)
{
	const char *what = input ? "input" : "output";
	struct v3npu_tensor_info info;
	char list[300] = "", shape[128];
	size_t k, n = 0;

	for (k = 0; k < count && n < sizeof(list) - 100; k++) {
		struct npy_head head;

		if (get_info(model, input, k, &info, error))
			return -1;
		head = head_of(&info);
		n += snprintf(list + n, sizeof(list) - n, "%s%.40s %s %s", k ? ", " : "", info.name,
			      types[info.dtype].name, shape_text(head.rank, head.dim, shape));
	}
	return tool_fail(error, "%.100s: names %zu file%s, but the model has %zu %ss; give a file for "
			 "each, with commas between: %s%s", names, given, given == 1 ? "" : "s",
			 count, what, list, k < count ? ", ..." : "");
}

/* A copy of @names, cut at its commas into @count names; of one file nothing is cut */
static char *split_names(const struct v3npu_model *model, bool input, size_t count,
			 const char *names, struct tool_error *error)
{
	char *copy = strdup(names), *c;
	size_t given = 1;

	if (!copy) {
		tool_fail(error, "out of memory");
		return NULL;
	}
	for (c = copy; count != 1 && *c; c++) {
		if (*c != ',')
			continue;
		*c = '\0';
		given++;
	}
	if (given == count)
		return copy;
	wrong_count(model, input, given, count, names, error);
	free(copy);
	return NULL;
}

static int read_npy(const char *path, void *to, const struct v3npu_tensor_info *info,
		    struct tool_error *error)
{
	const struct npy_head wanted = head_of(info);
	FILE *f = fopen(path, "rbe");
	char is[128], should[128];
	struct npy_head head = {};
	size_t n;
	int ret;

	if (!f)
		return tool_fail(error, "%s: %s", path, strerror(errno));
	ret = v3npu_npy_read(f, &head);
	n = ret ? 0 : fread(to, 1, info->size, f);
	if (!ret && n == info->size && getc(f) != EOF)
		n++;
	fclose(f);
	if (ret)
		return tool_fail(error, "%s: is no .npy file; write it with numpy.save()", path);
	if (head.fortran_order && head.rank > 1)
		return tool_fail(error, "%s: is in Fortran's order; save numpy.ascontiguousarray() "
				 "of it", path);
	if (strcmp(head.descr, wanted.descr) || head.rank != wanted.rank ||
	    memcmp(head.dim, wanted.dim, head.rank * sizeof(head.dim[0])))
		return tool_fail(error, "%s: has type %s and shape %s, the model's input %s and %s",
				 path, head.descr, shape_text(head.rank, head.dim, is), wanted.descr,
				 shape_text(wanted.rank, wanted.dim, should));
	if (n != info->size)
		return tool_fail(error, "%s: has %s numbers than its shape says", path,
				 n < info->size ? "fewer" : "more");
	return 0;
}

int raw_feed(const struct v3npu_model *model, struct v3npu_session *session, const char *names,
	     struct tool_error *error)
{
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	struct v3npu_tensor_info in;
	char *list, *path;
	size_t k;
	int ret = 0;

	v3npu_model_get_info(model, &info);
	list = split_names(model, true, info.inputs, names, error);
	if (!list)
		return -1;
	for (k = 0, path = list; k < info.inputs && !ret; k++, path += strlen(path) + 1) {
		void *to = v3npu_session_input(session, k);

		ret = get_info(model, true, k, &in, error);
		if (!ret)
			ret = v3npu_npy_is(path) ? read_npy(path, to, &in, error) :
			      tool_read_exactly(path, to, in.size, error);
	}
	free(list);
	return ret;
}

static int write_tensor(const char *path, const void *from, const struct v3npu_tensor_info *info,
			struct tool_error *error)
{
	const struct npy_head head = head_of(info);
	struct whole_file out;

	if (tool_output_open(&out, path, error))
		return -1;
	if (v3npu_npy_is(path))
		v3npu_npy_write(out.file, &head);
	fwrite(from, 1, info->size, out.file);
	return tool_output_commit(&out, error);
}

int raw_store(const struct v3npu_model *model, struct v3npu_session *session, const char *names,
	      void (*wrote)(void *data, const char *path, size_t size), void *data,
	      struct tool_error *error)
{
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	struct v3npu_tensor_info out;
	char *list, *path;
	size_t k;
	int ret = 0;

	v3npu_model_get_info(model, &info);
	list = split_names(model, false, info.outputs, names, error);
	if (!list)
		return -1;
	for (k = 0, path = list; k < info.outputs && !ret; k++, path += strlen(path) + 1) {
		ret = get_info(model, false, k, &out, error);
		if (!ret)
			ret = write_tensor(path, v3npu_session_output(session, k), &out, error);
		if (!ret)
			wrote(data, path, out.size);
	}
	free(list);
	return ret;
}
