// SPDX-License-Identifier: MIT
#include "parallel.h"

#include <pthread.h>
#include <unistd.h>

#include "progress.h"

/**
 * struct crew - threads at work
 * @work: what there is to do
 * @lock: for all below
 * @next: item to begin
 * @done: items that are
 * @failed: lowest item that failed, or the count of items
 * @error: its
 */
struct crew {
	const struct q_work *work;
	pthread_mutex_t lock;
	uint32_t next;
	uint32_t done;
	uint32_t failed;
	struct tool_error *error;
};

struct member {
	struct crew *crew;
	uint32_t number;
	pthread_t thread;
};

uint32_t q_workers(uint32_t count)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t workers = processors < 1 ? 1 : processors;

	if (workers > Q_WORKERS_MAX)
		workers = Q_WORKERS_MAX;
	return workers > count ? count : workers;
}

static void *labour(void *opaque)
{
	const struct member *m = opaque;
	struct crew *crew = m->crew;
	const struct q_work *work = crew->work;
	struct tool_error error;

	pthread_mutex_lock(&crew->lock);
	while (crew->next < work->count && crew->failed == work->count) {
		uint32_t item = crew->next++;
		int ret;

		if (work->what)
			progress(work->what, crew->done, work->count);
		pthread_mutex_unlock(&crew->lock);
		ret = work->item(work->opaque, m->number, item, &error);
		pthread_mutex_lock(&crew->lock);
		crew->done++;
		if (ret && item < crew->failed) {
			crew->failed = item;
			*crew->error = error;
		}
	}
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

int q_parallel(const struct q_work *work, struct tool_error *error)
{
	struct crew crew = { .work = work, .failed = work->count, .error = error };
	struct member members[Q_WORKERS_MAX];
	uint32_t workers = q_workers(work->count), started, i;

	pthread_mutex_init(&crew.lock, NULL);
	/* The calling thread is one of them, and enough if no other can be had */
	members[0] = (struct member) { .crew = &crew };
	for (started = 1; started < workers; started++) {
		members[started] = (struct member) { .crew = &crew, .number = started };
		if (pthread_create(&members[started].thread, NULL, labour, &members[started]))
			break;
	}
	labour(&members[0]);
	for (i = 1; i < started; i++)
		pthread_join(members[i].thread, NULL);
	pthread_mutex_destroy(&crew.lock);
	if (work->what)
		progress(work->what, work->count, work->count);
	return crew.failed < work->count ? -1 : 0;
}
