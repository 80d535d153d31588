// SPDX-License-Identifier: MIT
#include <stddef.h>

#include "clock.h"
#include "contexts.h"
#include "panic.h"
#include "preempt.h"
#include "sched.h"

static struct job jobs[V3NPU_NUM_PRIO];
static bool on_its_way[V3NPU_NUM_PRIO];	/* jobs[] holds one */

static __u32 starve;		/* us; 0: never */
static __u32 quantum;		/* us */
static bool waiting[V3NPU_NUM_PRIO];
static __u64 since[V3NPU_NUM_PRIO];	/* when it began to wait */

/* The job that ended last was of this priority; 0 if it did not end but was put aside */
static __u32 ended_prio;
/* A priority above that of the running job may have work */
static bool contested;
/* The starved priority whose turn it is, -1 for none, and when the turn ends */
static int turn = -1;
static __u64 turn_end;
/* The running job is of that turn, and left alone until its end */
static bool undisturbed;

void sched_init(__u32 starve_us, __u32 quantum_us)
{
	starve = starve_us;
	quantum = quantum_us;
}

static bool has_work(__u32 prio)
{
	return on_its_way[prio] || contexts_ready(prio);
}

/*
 * Notes which priorities wait, but for @running, which does not (V3NPU_NUM_PRIO: none runs).
 * Return: now.
 */
static __u64 note_waiting(__u32 running)
{
	__u64 now = clock_now();
	__u32 prio;

	for (prio = 0; prio < V3NPU_NUM_PRIO; prio++) {
		bool waits = prio != running && has_work(prio);

		if (waits && !waiting[prio])
			since[prio] = now;
		waiting[prio] = waits;
	}
	return now;
}

static bool is_contested(__u32 prio)
{
	while (++prio < V3NPU_NUM_PRIO)
		if (has_work(prio))
			return true;
	return false;
}

/* The priority that has waited longest for others above it, if that was too long; else -1 */
static int starved_prio(__u64 now)
{
	__u32 prio;
	int found = -1;

	if (!starve)
		return -1;
	for (prio = 0; prio < ended_prio; prio++)
		if (waiting[prio] && now - since[prio] >= starve &&
		    (found < 0 || since[prio] < since[found]))
			found = (int)prio;
	return found;
}

/* Has jobs[@prio] a job to run? Takes one if not. */
static bool provide(__u32 prio)
{
	if (!on_its_way[prio])
		on_its_way[prio] = contexts_take(prio, &jobs[prio]);
	return on_its_way[prio];
}

static struct job *choose(void)
{
	__u64 now = note_waiting(V3NPU_NUM_PRIO);
	int prio;

	/* A turn has as many jobs as fit: else short ones would make many contexts wait long */
	if (now >= turn_end) {
		turn = starved_prio(now);
		turn_end = now + quantum;
	}
	undisturbed = turn >= 0 && provide((__u32)turn);
	if (undisturbed)
		return &jobs[turn];
	turn_end = 0;
	for (prio = V3NPU_NUM_PRIO - 1; prio >= 0; prio--)
		if (provide((__u32)prio))
			return &jobs[prio];
	return NULL;
}

/* Between jobs: does the driver want none to run? */
static bool paused(void)
{
	bool pause = BOOT_ARGS->pause;

	STATUS->state = pause ? V3NPU_FW_PAUSED : V3NPU_FW_READY;
	return pause;
}

/* Nobody waits for the NPU only to be told that it is cancelled. @running may be NULL. */
static void end_cancelled(const struct job *running)
{
	struct job job;
	__u32 prio;

	/* Before those in rings: a context's jobs end in their order */
	for (prio = 0; prio < V3NPU_NUM_PRIO; prio++) {
		if (!on_its_way[prio] || &jobs[prio] == running ||
		    !contexts_cancelled(jobs[prio].event.ctx))
			continue;
		job_cancel(&jobs[prio]);
		on_its_way[prio] = false;
	}
	while (contexts_take_cancelled(running ? running->event.ctx : V3NPU_CTX_NONE, &job))
		job_cancel(&job);
}

bool sched_run(void)
{
	/* Before doorbells: those that rang during a pause are there when it is over */
	bool pause = paused();
	struct job *job;

	contexts_collect();
	if (pause)
		return false;
	end_cancelled(NULL);
	job = choose();
	if (!job)
		return false;
	waiting[job->prio] = false;
	contested = is_contested(job->prio);
	on_its_way[job->prio] = !job_run(job);
	ended_prio = on_its_way[job->prio] ? 0 : job->prio;
	return true;
}

bool sched_overtakes(const struct job *job)
{
	__u32 prio;

	if (contexts_collect()) {
		end_cancelled(job);
		note_waiting(job->prio);
		contested = is_contested(job->prio);
	}
	if (BOOT_ARGS->pause && preempt_possible(job))
		return true;
	if (!contested || (undisturbed && clock_now() < turn_end) ||
	    !preempt_possible(job))
		return false;
	for (prio = V3NPU_NUM_PRIO - 1; prio > job->prio; prio--)
		if (on_its_way[prio] || contexts_have_job(prio))
			return true;
	contested = false;
	return false;
}
