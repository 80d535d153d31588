// SPDX-License-Identifier: MIT
/*
 * events: runs in an event loop, beside a clock, in one thread.
 *
 *	events MODEL [DEVICE]
 *
 * Each run has a descriptor that poll() finds readable when the run is done. Two sessions
 * keep the NPU busy: while one result is looked at, the other run goes on.
 */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <v3npu.h>

#define SESSIONS	2
#define RUNS		10

static int start(struct v3npu_session *session, int *fd)
{
	return v3npu_session_submit(session) || v3npu_session_fence_fd(session, fd);
}

static int loop(struct v3npu_session **sessions, struct pollfd *fds, uint64_t *ticks)
{
	int i, started = 0, done = 0;
	uint64_t expired;

	for (; started < SESSIONS; started++)
		if (start(sessions[started], &fds[started].fd))
			return -1;
	while (done < RUNS) {
		poll(fds, SESSIONS + 1, -1);
		if (fds[SESSIONS].revents && read(fds[SESSIONS].fd, &expired, 8) == 8)
			*ticks += expired;
		for (i = 0; i < SESSIONS; i++) {
			if (fds[i].fd < 0 || !fds[i].revents)
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			/* The run is done: how it ended is what wait() says, at once */
			if (v3npu_session_wait(sessions[i], 0))
				return -1;
			done++;
			if (started < RUNS && ++started && start(sessions[i], &fds[i].fd))
				return -1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct itimerspec ms = { { 0, 1000000 }, { 0, 1000000 } };
	int i, ret, clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	struct pollfd fds[] = { { -1, POLLIN, 0 }, { -1, POLLIN, 0 }, { clock, POLLIN, 0 } };
	struct v3npu_session *sessions[SESSIONS] = { NULL, NULL };
	struct v3npu_device *device = NULL;
	struct v3npu_model *model = NULL;
	uint64_t ticks = 0;

	ret = argc < 2 || timerfd_settime(clock, 0, &ms, NULL) ||
	      v3npu_device_open(argc > 2 ? argv[2] : "accel", &device) ||
	      v3npu_model_load_file(device, argv[1], NULL, &model);
	for (i = 0; !ret && i < SESSIONS; i++)
		ret = v3npu_session_create(model, V3NPU_PRIORITY_NORMAL, &sessions[i]);
	ret = ret || loop(sessions, fds, &ticks);
	if (ret)
		fprintf(stderr, "events: %s\n", argc < 2 ? "name a model" : v3npu_error());
	else
		printf("%d runs; the clock ticked %d times meanwhile\n", RUNS, (int)ticks);
	for (i = 0; i < SESSIONS; i++)
		v3npu_session_free(sessions[i]);
	v3npu_model_free(model);
	v3npu_device_close(device);
	return ret;
}
