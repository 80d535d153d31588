// SPDX-License-Identifier: MIT
/*
 * Runs packed cases (pack.h) on the simulator: cases from standard input,
 * results to standard output. The argument is the device, by default
 * "sim:threads=1".
 */
#include "run_case.h"

int main(int argc, char **argv)
{
	struct v3npu_device *device;
	struct pack_bytes result;
	struct pack_case c;
	bool ok = true;

	if (v3npu_device_open(argc > 1 ? argv[1] : "sim:threads=1", &device)) {
		fprintf(stderr, "%s\n", v3npu_error());
		return 1;
	}
	while (ok && pack_read(pack_read_stdio, stdin, &c)) {
		enum pack_status status = run_case(device, &c, &result);

		ok = pack_write_result(status, result.data, result.size);
		free(result.data);
		pack_free(&c);
	}
	v3npu_device_close(device);
	return !ok;
}
