// SPDX-License-Identifier: MIT
/*
 * The ioctl fuzzer: several processes with several threads call the driver with
 * all that can be right or wrong, while a victim runs jobs that must be right.
 *
 * TAP on standard output. Runs as root in the guest, with the driver loaded.
 */
#define _GNU_SOURCE
#include <err.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "npu.h"

#define PROCESSES_MAX	16
#define THREADS_MAX	8
#define TICK_NSEC	8000000	/* between signals to a thread */
#define KILL_SECONDS	4		/* between kills of a process */
#define STUCK_SECONDS	240		/* without an ioctl: something is wrong */
#define PATIENCE_SECONDS	60	/* for everybody to end, before some are killed */
#define END_SECONDS	300		/* for everybody to end after all */
#define NOBODY		65534

static struct {
	unsigned int time;
	uint64_t calls;
	uint64_t seed;
	unsigned int processes, threads;
	bool coverage, compat;
} options = { .time = 20, .seed = 1, .processes = 3, .threads = 3, .coverage = true };

static struct shared *shared;
static pid_t workers[PROCESSES_MAX];
static unsigned int started;	/* workers, ever: each has a seed of its own */

static const char usage_text[] =
	"Usage: v3npu_ioctl_fuzz [OPTION]...\n"
	"\n"
	"  --time SECONDS     end after this time (default: 20)\n"
	"  --calls N          end after N ioctls instead\n"
	"  --seed N           other programs (default: 1)\n"
	"  --processes N      processes (default: 3); every other one is not root's\n"
	"  --threads N        threads of each (default: 3)\n"
	"  --no-coverage      random programs, even if the kernel has KCOV\n"
	"  --compat           all ioctls as 32-bit programs make them, and not a part\n"
	"\n"
	"With one process of one thread and without coverage, a seed is always the\n"
	"same programs. Otherwise they depend on what the others do.\n";

static void usage(int status)
{
	fputs(usage_text, status ? stderr : stdout);
	exit(status);
}

static uint64_t number(const char *name, const char *text, uint64_t max)
{
	char *end;
	uint64_t value = strtoull(text, &end, 0);

	if (!*text || *end || *text == '-' || value > max)
		errx(2, "--%s %s: it must be a number from 0 to %llu", name, text,
		     (unsigned long long)max);
	return value;
}

static void parse_options(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "time", required_argument, NULL, 't' },
		{ "calls", required_argument, NULL, 'n' },
		{ "seed", required_argument, NULL, 's' },
		{ "processes", required_argument, NULL, 'p' },
		{ "threads", required_argument, NULL, 'j' },
		{ "no-coverage", no_argument, NULL, 'c' },
		{ "compat", no_argument, NULL, '3' },
		{ "help", no_argument, NULL, 'h' },
		{},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		switch (option) {
		case 't':
			options.time = (unsigned int)number("time", optarg, 1000000);
			break;
		case 'n':
			options.calls = number("calls", optarg, UINT64_MAX);
			break;
		case 's':
			options.seed = number("seed", optarg, UINT64_MAX);
			break;
		case 'p':
			options.processes = (unsigned int)number("processes", optarg,
								 PROCESSES_MAX);
			break;
		case 'j':
			options.threads = (unsigned int)number("threads", optarg, THREADS_MAX);
			break;
		case 'c':
			options.coverage = false;
			break;
		case '3':
			options.compat = true;
			break;
		case 'h':
			usage(0);
			break;
		default:
			usage(2);
		}
	}
	if (optind != argc || !options.processes || !options.threads)
		usage(2);
}

static void on_tick(int signal)
{
	(void)signal;
}

/* Signals now and then, so that whatever waits is interrupted. */
static void start_ticks(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM };
	struct itimerspec ticks = { { 0, TICK_NSEC }, { 0, TICK_NSEC } };
	timer_t timer;

	event._sigev_un._tid = gettid();
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &ticks, NULL))
		err(1, "timer");
}

static void *thread_run(void *arg)
{
	struct thread *t = arg;

	memory_init(t);
	memory_set_thread(t);
	if (options.coverage)
		coverage_open(t);
	start_ticks();
	while (!shared->stop)
		program_step(t);
	return NULL;
}

/* Coverage needs root, so only its processes have it. */
static void worker_run(unsigned int index)
{
	/* No SA_RESTART: an interrupted ioctl fails */
	struct sigaction tick = { .sa_handler = on_tick };
	struct thread threads[THREADS_MAX] = {};
	pthread_t ids[THREADS_MAX];
	struct world world = { .shared = shared, .hang_every = 20000 };
	struct sysinfo machine;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (index % 2 && (setgid(NOBODY) || setuid(NOBODY)))
		err(1, "setuid");
	sigaction(SIGALRM, &tick, NULL);
	memory_catch_faults();
	sysinfo(&machine);
	world.ram = (uint64_t)machine.totalram * machine.mem_unit;
	world.windows = mmap(NULL, FUZZ_FILES * FUZZ_BOS * FUZZ_WINDOW, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (world.windows == MAP_FAILED)
		err(1, "windows");
	for (unsigned int i = 0; i < FUZZ_FILES; i++)
		world.files[i].fd = -1;
	for (unsigned int i = 0; i < FUZZ_FDS; i++)
		world.fds[i] = -1;
	for (unsigned int i = 0; i < FUZZ_FILES; i++)
		open_file(&world, i);
	world.all_compat = options.compat;
	world.hang_usec = npu_dev_info(world.files[0].fd).job_timeout_ms * 1500;

	for (unsigned int i = 0; i < options.threads; i++) {
		threads[i].world = &world;
		threads[i].rng = options.seed * 1000003 + started * THREADS_MAX + i;
		if (i && pthread_create(&ids[i], NULL, thread_run, &threads[i]))
			errx(1, "cannot make a thread");
	}
	thread_run(&threads[0]);
	for (unsigned int i = 1; i < options.threads; i++)
		pthread_join(ids[i], NULL);
	exit(0);
}

static void worker_start(unsigned int index)
{
	fflush(stdout);
	started++;
	workers[index] = fork();
	if (workers[index] < 0)
		err(1, "fork");
	if (!workers[index])
		worker_run(index);
}

static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec;
}

/*
 * Wrong pointers make the kernel write anywhere in the process that passes
 * them, and that may be what its threads need to end. So who does not end is
 * killed, unless a system call keeps it.
 */
static void kill_strays(void)
{
	printf("# not all processes end by themselves:\n");
	stuck_print();
	if (stuck_in_call())
		return;
	for (unsigned int i = 0; i < options.processes; i++)
		if (workers[i])
			kill(workers[i], SIGKILL);
}

/* Wait until all children have ended. Return whether they did. */
static bool wait_for_all(void)
{
	time_t start = now();
	bool killed = false;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		for (unsigned int i = 0; pid && i < options.processes; i++)
			if (workers[i] == pid)
				workers[i] = 0;
		if (!killed && now() - start > PATIENCE_SECONDS) {
			kill_strays();
			killed = true;
		}
		if (now() - start > END_SECONDS) {
			stuck_print();
			return false;
		}
		if (!pid)
			usleep(20000);
	}
	return true;
}

/* Replace a process that was killed. Return whether a child ended. */
static bool replace_worker(void)
{
	int status;
	pid_t pid = waitpid(-1, &status, WNOHANG);

	if (pid > 0 && (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL))
		printf("# process %d ended early: status %#x\n", pid, (unsigned int)status);
	for (unsigned int i = 0; pid > 0 && i < options.processes; i++)
		if (workers[i] == pid)
			worker_start(i);
	return pid > 0;
}

/* Let them work. Return whether they went on to the end. */
static bool supervise(void)
{
	uint64_t rng = options.seed, last_calls = 0, calls;
	time_t start = now(), last_kill = start, last_progress = start, last_line = start;
	/* A single process is for what can be repeated: it is not killed */
	bool kill_some = options.processes > 1;

	for (;;) {
		calls = __atomic_load_n(&shared->ioctls, __ATOMIC_RELAXED);
		if (options.calls ? calls >= options.calls : now() - start >= options.time)
			return true;
		if (calls != last_calls)
			last_progress = now();
		last_calls = calls;
		if (now() - last_progress > STUCK_SECONDS) {
			stuck_print();
			return false;
		}
		if (now() - last_line >= 60) {
			printf("# %llu ioctls, %u program counters, %u programs kept, %llu jobs of the victim\n",
			       (unsigned long long)calls, shared->pcs_seen, shared->stored,
			       (unsigned long long)shared->victim_jobs);
			fflush(stdout);
			last_line = now();
		}
		if (kill_some && now() - last_kill >= KILL_SECONDS) {
			kill(workers[fuzz_random(&rng) % options.processes], SIGKILL);
			last_kill = now();
		}
		if (!replace_worker())
			usleep(20000);
	}
}

static void print_counts(time_t seconds)
{
	printf("# %llu ioctls in %lld s, %llu of them 32-bit ones, %llu programs, %llu command streams submitted\n",
	       (unsigned long long)shared->ioctls, (long long)seconds,
	       (unsigned long long)shared->compat_ioctls, (unsigned long long)shared->programs, (unsigned long long)shared->streams);
	printf("# %u program counters of the driver reached, %u programs kept, %u processes\n",
	       shared->pcs_seen, shared->stored, started);
	for (unsigned int i = 0; i < fuzz_op_count; i++)
		printf("# %12llu %s\n", (unsigned long long)shared->op_calls[i],
		       fuzz_ops[i].name);
	printf("# %llu jobs of the victim were right\n", (unsigned long long)shared->victim_jobs);
}

static void result(int test, bool good, const char *description)
{
	printf("%sok %d - %s\n", good ? "" : "not ", test, description);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct rlimit no_core = {};
	bool went_on, ended;
	const char *why;
	time_t start;

	parse_options(argc, argv);
	setrlimit(RLIMIT_CORE, &no_core);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (shared == MAP_FAILED)
		err(1, "shared memory");
	/* Half of the processes are nobody's */
	if (chmod(npu_path(), 0666))
		err(1, "%s", npu_path());

	printf("1..4\n");
	if (!npu_compat_page())
		printf("# this kernel has no 32-bit system calls: none is made\n");
	fflush(stdout);
	start = now();
	if (!fork())
		victim_run(shared);
	for (unsigned int i = 0; i < options.processes; i++)
		worker_start(i);
	went_on = supervise();
	__atomic_store_n(&shared->stop, true, __ATOMIC_RELAXED);
	print_counts(now() - start);
	ended = wait_for_all();

	result(1, went_on && shared->ioctls && shared->streams, "the driver is fuzzed");
	result(2, ended, "all processes end");
	if (shared->victim_failed[0])
		printf("# %s\n", shared->victim_failed);
	result(3, shared->victim_jobs && !shared->victim_failed[0],
	       "who uses the device meanwhile gets right bytes");
	why = ended ? victim_once() : "the device is not free";
	if (why)
		printf("# %s\n", why);
	result(4, !why, "a job afterwards is right");
	return 0;
}
