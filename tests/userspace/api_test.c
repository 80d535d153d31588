// SPDX-License-Identifier: MIT
/*
 * The public API around sessions: structures that grow, versions, the list of devices, the
 * log, saved models, operators and where they are computed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data.h"
#include "libv3npu/v3npu.h"
#include "tap.h"

static struct v3npu_device *device;

static void test_version(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", V3NPU_VERSION_MAJOR, V3NPU_VERSION_MINOR,
		 V3NPU_VERSION_PATCH);
	ok(!strcmp(text, v3npu_version()), "the header and the library are of one release: %s",
	   v3npu_version());
	ok(V3NPU_VERSION >= V3NPU_MAKE_VERSION(1, 0, 0) &&
	   V3NPU_VERSION < V3NPU_MAKE_VERSION(V3NPU_VERSION_MAJOR + 1, 0, 0), "and compare");
}

/* A program of a later release: its structure has more than the library knows */
static void test_struct_size(void)
{
	struct {
		struct v3npu_device_info info;
		char later[16];
	} large = { .info = { .struct_size = sizeof(large) }, .later = "untouched" };
	struct {
		struct v3npu_model_options options;
		int later;
	} wish = { .options = { .struct_size = sizeof(wish) } };
	struct v3npu_model_options unset = { .keep_tensors = 1 };
	struct v3npu_device_info info = { .name = "nothing" };
	struct v3npu_model *m;

	ok(v3npu_device_get_info(device, &info) == -EINVAL && !strcmp(info.name, "nothing"),
	   "no size: '%s'", v3npu_error());
	info.struct_size = sizeof(info.struct_size);
	ok(v3npu_device_get_info(device, &info) == -EINVAL, "a size too small: '%s'",
	   v3npu_error());
	info.struct_size = sizeof(info);
	ok(!v3npu_device_get_info(device, &info) && !strcmp(info.name, "sim") &&
	   info.struct_size == sizeof(info), "the size is the caller's");
	ok(!v3npu_device_get_info(device, &large.info) && large.info.macs == info.macs &&
	   large.info.struct_size == sizeof(large) && !strcmp(large.later, "untouched"),
	   "of a larger structure the rest is left alone");
	ok(v3npu_model_load_file(device, smallnet("tflite"), &unset, &m) == -EINVAL && !m,
	   "options without a size: '%s'", v3npu_error());
	ok(!v3npu_model_load_file(device, smallnet("tflite"), &wish.options, &m),
	   "larger options that are not used");
	v3npu_model_free(m);
	wish.later = 1;
	ok(v3npu_model_load_file(device, smallnet("tflite"), &wish.options, &m) == -E2BIG && !m,
	   "an option that is not known: '%s'", v3npu_error());
	wish.later = 0;
	wish.options.reserved = 1;
	ok(v3npu_model_load_file(device, smallnet("tflite"), &wish.options, &m) == -EINVAL && !m,
	   "what is reserved is not 0: '%s'", v3npu_error());
}

static void test_list(void)
{
	struct v3npu_device_desc desc = { .struct_size = sizeof(desc) }, unset = {};
	int kinds[3] = {};
	size_t k;

	for (k = 0; !v3npu_device_list(k, &desc); k++) {
		struct v3npu_device *d = NULL;

		kinds[desc.kind]++;
		if (desc.kind != V3NPU_KIND_ACCEL)
			ok(!desc.status && desc.text[0] && !v3npu_device_open(desc.spec, &d),
			   "%s is '%s' and opens", desc.spec, desc.text);
		v3npu_device_close(d);
	}
	ok(kinds[V3NPU_KIND_SIM] == 1 && kinds[V3NPU_KIND_CPU] == 1, "each is listed once");
	ok(v3npu_device_list(k, &desc) == -ERANGE, "then the list ends: '%s'", v3npu_error());
	ok(v3npu_device_list(k - 1, &unset) == -EINVAL, "no size: '%s'", v3npu_error());
}

static void test_cpu_threads(void)
{
	static const char *const wrong[] = {
		"cpu:", "cpu:threads", "cpu:threads=", "cpu:threads=0", "cpu:threads=257",
		"cpu:threads=2x", "cpu:macs=9",
	};
	struct v3npu_session *s = NULL;
	struct v3npu_model *m = NULL;
	struct v3npu_device *d;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(v3npu_device_open(wrong[i], &d) == -EINVAL && !d, "%s: '%s'", wrong[i],
		   v3npu_error());
	ok(!v3npu_device_open("cpu:threads=1", &d) &&
	   !v3npu_model_load_file(d, smallnet("tflite"), NULL, &m) &&
	   !v3npu_session_create(m, V3NPU_PRIORITY_NORMAL, &s) && !v3npu_session_run(s),
	   "a run on one thread of the CPU");
	v3npu_session_free(s);
	v3npu_model_free(m);
	v3npu_device_close(d);
}

/* The last line of the log, and how many there were */
struct lines {
	int count;
	enum v3npu_log_level level;
	char last[640];
};

static void note(void *data, enum v3npu_log_level level, const char *line)
{
	struct lines *l = data;

	l->count++;
	l->level = level;
	snprintf(l->last, sizeof(l->last), "%s", line);
}

static void test_log(void)
{
	struct lines l = {};
	struct v3npu_device *d;
	struct v3npu_model *m;

	v3npu_set_log(V3NPU_LOG_LEVEL_INFO, note, &l);
	v3npu_device_open("sim", &d);
	ok(l.count == 1 && l.level == V3NPU_LOG_LEVEL_INFO && strstr(l.last, "opened sim"),
	   "a device: '%s'", l.last);
	ok(!v3npu_model_load_file(d, smallnet("tflite"), NULL, &m) && l.count == 2 &&
	   strstr(l.last, "1 piece,"), "a model: '%s'", l.last);
	v3npu_model_free(m);
	v3npu_model_load(d, "nothing", 7, NULL, &m);
	ok(l.count == 3 && l.level == V3NPU_LOG_LEVEL_ERROR, "a failure: '%s'", l.last);
	v3npu_set_log(V3NPU_LOG_LEVEL_ERROR, note, &l);
	v3npu_device_close(d);
	v3npu_device_open("sim", &d);
	ok(l.count == 3, "nothing of a level that is not wanted");
	v3npu_device_close(d);
	v3npu_set_log(V3NPU_LOG_LEVEL_NONE, NULL, NULL);
	ok(v3npu_device_open("nothing", &d) == -EINVAL && l.count == 3, "nothing at all");
}

static long size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? -1 : st.st_size;
}

static void test_save(void)
{
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	char path[] = "/tmp/v3npu-save.XXXXXX", float_path[512];
	struct v3npu_model *m = NULL, *saved = NULL, *mixed = NULL;
	long size = 0;

	close(mkstemp(path));
	ok(!v3npu_model_load_file(device, smallnet("tflite"), NULL, &m) &&
	   !v3npu_model_save(m, path) && (size = size_of(path)) > 1000, "a model is saved");
	ok(!v3npu_model_load_file(device, path, NULL, &saved) &&
	   !v3npu_model_get_info(saved, &info) && info.compile_ms == 0 && info.metadata,
	   "and loads without compiling, with its metadata");
	ok(!v3npu_model_save(saved, path) && size_of(path) == size, "and is saved as it was");
	ok(v3npu_model_save(m, "/no/such/folder/m.v3m") == -ENOENT, "no folder: '%s'",
	   v3npu_error());
	test_data("V3NPU_CPU_MODELS", "build/tests/cpu/models", "float_middle.tflite", float_path);
	ok(!v3npu_model_load_file(device, float_path, NULL, &mixed) &&
	   v3npu_model_save(mixed, path) == -ENOTSUP && size_of(path) == size,
	   "not a model of which the CPU has a part: '%s'", v3npu_error());
	unlink(path);
	v3npu_model_free(mixed);
	v3npu_model_free(saved);
	v3npu_model_free(m);
}

static void test_analysis(void)
{
	struct v3npu_op_info op = { .struct_size = sizeof(op) };
	struct v3npu_model_info info = { .struct_size = sizeof(info) };
	struct v3npu_analysis *a;
	struct v3npu_device *cpu;
	struct v3npu_model *m = NULL;
	size_t k, on_cpu = 0, silent = 0;
	char path[512];

	if (!ok(!v3npu_analyze_file(device, smallnet("tflite"), &a), "a model's operators"))
		return;
	for (k = 0; !v3npu_analysis_get_op(a, k, &op); k++)
		on_cpu += !op.on_npu || op.reason || op.advice;
	ok(k > 50 && k == v3npu_analysis_count(a) && !on_cpu, "are all on the NPU");
	ok(v3npu_analysis_get_op(a, k, &op) == -ERANGE, "no more of them: '%s'", v3npu_error());
	v3npu_analysis_free(a);

	test_data("V3NPU_CPU_MODELS", "build/tests/cpu/models", "float_middle.tflite", path);
	if (!ok(!v3npu_analyze_file(device, path, &a), "a mixed model's operators"))
		return;
	for (k = 0, on_cpu = 0; !v3npu_analysis_get_op(a, k, &op); k++) {
		on_cpu += !op.on_npu;
		silent += !op.on_npu && (!op.reason || !op.advice);
	}
	v3npu_model_load_file(device, path, NULL, &m);
	v3npu_model_get_info(m, &info);
	ok(on_cpu == info.operators_cpu && on_cpu && k - on_cpu == info.operators_npu && !silent,
	   "%zu on the CPU, each with a reason, %zu on the NPU, as the model runs", on_cpu,
	   k - on_cpu);
	v3npu_model_free(m);
	v3npu_analysis_free(a);

	ok(v3npu_analyze_file(device, "/no/model", &a) == -ENOENT && !a, "no file: '%s'",
	   v3npu_error());
	ok(v3npu_analyze(device, "no model", 8, &a) == -EINVAL && !a, "no model: '%s'",
	   v3npu_error());
	v3npu_device_open("cpu", &cpu);
	ok(v3npu_analyze_file(cpu, path, &a) == -ENOTSUP && !a, "no NPU: '%s'", v3npu_error());
	v3npu_device_close(cpu);
	v3npu_analysis_free(NULL);
}

static void test_profile(void)
{
	struct v3npu_profile_cmd cmd = { .struct_size = sizeof(cmd) };
	struct v3npu_profile *p = NULL;
	struct v3npu_model *m = NULL;
	uint64_t end = 0;
	size_t k;

	if (!ok(!v3npu_model_load_file(device, smallnet("tflite"), NULL, &m) &&
		!v3npu_model_profile(m, &p), "a profile"))
		return;
	for (k = 0; !v3npu_profile_get_cmd(p, k, &cmd) && cmd.start == end; k++)
		end += cmd.cycles;
	ok(k > 20 && k == v3npu_profile_count(p) && end, "its commands follow each other");
	ok(v3npu_profile_get_cmd(p, k, &cmd) == -ERANGE, "no more of them: '%s'", v3npu_error());
	v3npu_profile_free(p);
	v3npu_profile_free(NULL);
	v3npu_model_free(m);
}

int main(void)
{
	if (!ok(!v3npu_device_open("sim", &device), "sim opens"))
		return done();
	test_version();
	test_struct_size();
	test_list();
	test_cpu_threads();
	test_log();
	test_save();
	test_analysis();
	test_profile();
	v3npu_device_close(device);
	return done();
}
