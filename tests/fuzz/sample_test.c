// SPDX-License-Identifier: MIT
/*
 * Runs the cases of sample.bin, with what TensorFlow Lite's reference kernels
 * computed for them, and needs no TensorFlow Lite.
 */
#include <zlib.h>

#include "run_case.h"

static bool read_gz(void *file, void *data, size_t size)
{
	return gzread(file, data, size) == (int)size;
}

static bool check(struct v3npu_device *device, const struct pack_case *c)
{
	struct pack_bytes result;
	enum pack_status status = run_case(device, c, &result);
	bool ok = status == PACK_DONE && result.size == c->output.size &&
		  !memcmp(result.data, c->output.data, result.size);
	uint32_t i;

	if (status != PACK_DONE) {
		printf("# %.*s\n", (int)result.size, (const char *)result.data);
	} else if (result.size != c->output.size) {
		printf("# %u bytes of output instead of %u\n", result.size, c->output.size);
	} else if (!ok) {
		for (i = 0; result.data[i] == c->output.data[i]; i++)
			;
		printf("# byte %u of the outputs is %d instead of %d\n", i,
		       (int8_t)result.data[i], (int8_t)c->output.data[i]);
	}
	free(result.data);
	return ok;
}

int main(int argc, char **argv)
{
	gzFile file = gzopen(argc > 1 ? argv[1] : "tests/fuzz/sample.bin", "rb");
	unsigned int count = 0, failed = 0;
	struct v3npu_device *device;
	struct pack_case c;

	if (!file || v3npu_device_open("sim:threads=1", &device)) {
		printf("Bail out! cannot open the %s\n", file ? "simulator" : "sample");
		return 1;
	}
	while (pack_read(read_gz, file, &c)) {
		bool ok = check(device, &c);

		printf("%sok %u - %s\n", ok ? "" : "not ", ++count, (const char *)c.name.data);
		failed += !ok;
		pack_free(&c);
	}
	printf("1..%u\n", count);
	if (!gzeof(file) || gzclose(file) != Z_OK || !count) {
		printf("Bail out! the sample is damaged\n");
		failed++;
	}
	v3npu_device_close(device);
	return failed > 0;
}
