// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "harness.h"
#include "tap.h"
#include "v3npu/fw.h"

/*
 * The machine's memory: SMALL_PAGES pages that are scattered on the bus, and
 * NPU_LARGE_BLOCKS blocks that are not. Both lie at bus addresses that need
 * more than 32 bits, with nothing around them.
 */
#define SMALL_PAGES	8192u		/* a power of two */
#define SMALL_BUS	0x340000000ull
#define LARGE_BUS	0x7c0000000ull
#define SMALL_SIZE	((size_t)SMALL_PAGES * V3NPU_PAGE_SIZE)
#define LARGE_SIZE	((size_t)NPU_LARGE_BLOCKS * V3NPU_LARGE_PAGE_SIZE)

/* Odd, so that multiplying by it permutes the numbers of SMALL_PAGES */
#define SCATTER		2731u

struct npu {
	struct v3npu_hw *hw;
	uint8_t *memory;	/* SMALL_SIZE, then LARGE_SIZE; 2 MiB aligned */
	size_t small_used;
	unsigned int large_used;
	uint32_t page_at[SMALL_PAGES];	/* page of memory at a page of the bus */
	uint64_t *top_table[V3NPU_NUM_AS];
	pthread_mutex_t lock;
	pthread_cond_t raised;
	unsigned int vectors[V3NPU_NUM_VECTORS];
	atomic_int threads;	/* of the device */
	atomic_uint delay_usec;	/* of each look-up of memory */
};

static uint32_t scatter(uint32_t page)
{
	return (page * SCATTER + 77) % SMALL_PAGES;
}

/* Callbacks of the device */

static void *host_map(void *opaque, uint64_t addr, size_t want, bool write, size_t *run)
{
	struct npu *npu = opaque;
	uint64_t offset;

	(void)write;
	if (addr >= SMALL_BUS && addr - SMALL_BUS < SMALL_SIZE) {
		uint64_t page = (addr - SMALL_BUS) / V3NPU_PAGE_SIZE;

		offset = addr % V3NPU_PAGE_SIZE;
		*run = want < V3NPU_PAGE_SIZE - offset ? want : V3NPU_PAGE_SIZE - offset;
		return npu->memory + (size_t)npu->page_at[page] * V3NPU_PAGE_SIZE + offset;
	}
	if (addr >= LARGE_BUS && addr - LARGE_BUS < LARGE_SIZE) {
		offset = addr - LARGE_BUS;
		*run = want < LARGE_SIZE - offset ? want : LARGE_SIZE - offset;
		return npu->memory + SMALL_SIZE + offset;
	}
	return NULL;
}

static void host_raise(void *opaque, unsigned int vector)
{
	struct npu *npu = opaque;

	pthread_mutex_lock(&npu->lock);
	npu->vectors[vector]++;
	pthread_cond_broadcast(&npu->raised);
	pthread_mutex_unlock(&npu->lock);
}

/*
 * The device's threads announce themselves, take no signals, and each enters
 * before it maps; hosts rely on all of it. These are the calling thread's.
 */
static _Thread_local bool started;
static _Thread_local unsigned int entered;

static void host_thread_start(void *opaque)
{
	struct npu *npu = opaque;

	sigset_t blocked;

	if (started)
		tap_bail("a thread of the device started twice");
	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	if (!sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGUSR1))
		tap_bail("a thread of the device takes the host's signals");
	started = true;
	atomic_fetch_add(&npu->threads, 1);
}

static void host_thread_stop(void *opaque)
{
	struct npu *npu = opaque;

	if (!started || entered)
		tap_bail("a thread of the device stopped that is not started, or has not left");
	started = false;
	atomic_fetch_sub(&npu->threads, 1);
}

static void host_enter(void *opaque, enum v3npu_user user)
{
	(void)opaque;
	(void)user;
	if (!started)
		tap_bail("a thread of the device did not say that it starts");
	entered++;
}

static void host_leave(void *opaque, enum v3npu_user user)
{
	(void)opaque;
	(void)user;
	if (!entered)
		tap_bail("the device left what it did not enter");
	entered--;
}

static void *host_map_entered(void *opaque, enum v3npu_user user, uint64_t addr, size_t want,
			      bool write, size_t *run)
{
	struct npu *npu = opaque;
	unsigned int usec = atomic_load(&npu->delay_usec);

	(void)user;
	if (usec)
		nanosleep(&(struct timespec){ .tv_nsec = usec * 1000l }, NULL);
	if (!entered)
		tap_bail("the device maps memory without entering");
	return host_map(opaque, addr, want, write, run);
}

static const struct v3npu_host host = {
	.enter = host_enter,
	.leave = host_leave,
	.map = host_map_entered,
	.raise = host_raise,
	.thread_start = host_thread_start,
	.thread_stop = host_thread_stop,
};

/* The machine */

struct npu *npu_new(const struct v3npu_config *config)
{
	struct v3npu_config standard = V3NPU_CONFIG_DEFAULT;
	struct npu *npu = calloc(1, sizeof(*npu));
	pthread_condattr_t attr;
	uint32_t page;

	if (!npu)
		tap_bail("out of memory");
	/* Pages of anonymous memory cost nothing until they are used */
	npu->memory = aligned_alloc(V3NPU_LARGE_PAGE_SIZE, SMALL_SIZE + LARGE_SIZE);
	if (!npu->memory)
		tap_bail("out of memory");
	for (page = 0; page < SMALL_PAGES; page++)
		npu->page_at[scatter(page)] = page;
	pthread_mutex_init(&npu->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&npu->raised, &attr);
	pthread_condattr_destroy(&attr);

	standard.threads = 2;
	npu->hw = v3npu_hw_new(config ? config : &standard, &host, npu);
	if (!npu->hw)
		tap_bail("v3npu_hw_new: %s", strerror(errno));
	return npu;
}

void npu_free(struct npu *npu)
{
	v3npu_hw_free(npu->hw);
	if (atomic_load(&npu->threads))
		tap_bail("the device left threads behind");
	pthread_cond_destroy(&npu->raised);
	pthread_mutex_destroy(&npu->lock);
	free(npu->memory);
	free(npu);
}

void npu_delay_map(struct npu *npu, unsigned int usec)
{
	atomic_store(&npu->delay_usec, usec);
}

struct v3npu_hw *npu_hw(struct npu *npu)
{
	return npu->hw;
}

uint32_t npu_read(struct npu *npu, uint32_t reg)
{
	return v3npu_hw_read(npu->hw, V3NPU_BAR_REGS, reg, 4);
}

void npu_write(struct npu *npu, uint32_t reg, uint32_t value)
{
	v3npu_hw_write(npu->hw, V3NPU_BAR_REGS, reg, value, 4);
}

bool npu_wait_reg(struct npu *npu, uint32_t reg, uint32_t mask, uint32_t value,
		  unsigned int timeout_ms)
{
	double end = npu_clock_ms() + timeout_ms;

	while ((npu_read(npu, reg) & mask) != value) {
		if (npu_clock_ms() > end)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
	}
	return true;
}

/* The core's memory */

uint32_t npu_core_read32(struct npu *npu, uint32_t offset)
{
	return v3npu_hw_read(npu->hw, V3NPU_BAR_CORE_MEM, offset, 4);
}

void npu_core_write32(struct npu *npu, uint32_t offset, uint32_t value)
{
	v3npu_hw_write(npu->hw, V3NPU_BAR_CORE_MEM, offset, value, 4);
}

void npu_core_read(struct npu *npu, uint32_t offset, void *buf, size_t len)
{
	uint8_t *to = buf;
	size_t i;

	for (i = 0; i < len; i += 4) {
		uint32_t word = npu_core_read32(npu, offset + i);

		memcpy(to + i, &word, 4);
	}
}

void npu_core_write(struct npu *npu, uint32_t offset, const void *buf, size_t len)
{
	const uint8_t *from = buf;
	size_t i;

	for (i = 0; i < len; i += 4) {
		uint32_t word;

		memcpy(&word, from + i, 4);
		npu_core_write32(npu, offset + i, word);
	}
}

void npu_core_load(struct npu *npu, const char *path, size_t skip)
{
	static uint8_t buf[V3NPU_CORE_MEM_SIZE + sizeof(struct v3npu_fw_header) + 4];
	FILE *file = fopen(path, "rb");
	size_t len;

	if (!file)
		tap_bail("%s: %s", path, strerror(errno));
	len = fread(buf, 1, sizeof(buf) - 4, file);
	if (ferror(file) || !feof(file))
		tap_bail("%s: cannot be read, or is too large for core memory", path);
	fclose(file);
	if (len <= skip)
		tap_bail("%s: empty", path);
	memset(buf + len, 0, 4);
	len = (len - skip + 3) & ~(size_t)3;
	if (len > V3NPU_CORE_MEM_SIZE)
		tap_bail("%s: too large for core memory", path);
	npu_core_write(npu, 0, buf + skip, len);
}

void npu_core_run(struct npu *npu, bool run)
{
	npu_write(npu, V3NPU_REG_CONTROL, run ? V3NPU_CONTROL_CORE_RUN : 0);
	if (!run && !npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_CORE_RUNNING, 0, PATIENCE_MS))
		tap_bail("the core does not stop");
}

double npu_reset(struct npu *npu)
{
	double start = npu_clock_ms();

	npu_write(npu, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
	if (!npu_wait_reg(npu, V3NPU_REG_STATUS, V3NPU_STATUS_RESETTING, 0, PATIENCE_MS))
		tap_bail("a reset does not end");
	return npu_clock_ms() - start;
}

/* Memory and page tables */

void *npu_alloc(struct npu *npu, size_t size)
{
	void *ptr = npu->memory + npu->small_used;

	size = (size + V3NPU_PAGE_SIZE - 1) & ~(size_t)(V3NPU_PAGE_SIZE - 1);
	if (size > SMALL_SIZE - npu->small_used)
		tap_bail("the machine has no %zu bytes of memory left", size);
	npu->small_used += size;
	return memset(ptr, 0, size);
}

void *npu_alloc_large(struct npu *npu)
{
	if (npu->large_used == NPU_LARGE_BLOCKS)
		tap_bail("the machine has no large block left");
	return memset(npu->memory + SMALL_SIZE + npu->large_used++ * V3NPU_LARGE_PAGE_SIZE, 0,
		      V3NPU_LARGE_PAGE_SIZE);
}

uint64_t npu_bus_addr(struct npu *npu, const void *ptr)
{
	size_t offset = (const uint8_t *)ptr - npu->memory;

	if (offset >= SMALL_SIZE + LARGE_SIZE)
		tap_bail("%p is not memory of the machine", ptr);
	if (offset >= SMALL_SIZE)
		return LARGE_BUS + offset - SMALL_SIZE;
	return SMALL_BUS + (uint64_t)scatter(offset / V3NPU_PAGE_SIZE) * V3NPU_PAGE_SIZE +
	       offset % V3NPU_PAGE_SIZE;
}

void npu_set_root(struct npu *npu, unsigned int as)
{
	uint64_t root;

	if (!npu->top_table[as])
		npu->top_table[as] = npu_alloc(npu, V3NPU_PAGE_SIZE);
	root = npu_bus_addr(npu, npu->top_table[as]);
	npu_write(npu, V3NPU_REG_MMU_ROOT_HI(as), root >> 32);
	npu_write(npu, V3NPU_REG_MMU_ROOT_LO(as), (uint32_t)root | V3NPU_MMU_ROOT_ENABLE);
}

/* Entries are read by the device at any time */
static void set_entry(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

uint64_t *npu_pte(struct npu *npu, unsigned int as, uint64_t va, unsigned int level)
{
	uint64_t *table;
	unsigned int l;

	if (as >= V3NPU_NUM_AS || va >= V3NPU_VA_DRAM_END)
		tap_bail("no address %#llx in address space %u", (unsigned long long)va, as);
	if (!npu->top_table[as])
		npu_set_root(npu, as);
	table = npu->top_table[as];
	for (l = 2;; l--) {
		uint64_t *entry = &table[va >> V3NPU_PT_SHIFT(l) & (V3NPU_PT_ENTRIES - 1)];
		uint64_t addr;

		if (l == level)
			return entry;
		if (!(*entry & V3NPU_PTE_VALID))
			set_entry(entry, npu_bus_addr(npu, npu_alloc(npu, V3NPU_PAGE_SIZE)) |
					 V3NPU_PTE_VALID);
		addr = *entry & V3NPU_PTE_ADDR;
		table = (uint64_t *)(npu->memory + (size_t)npu->page_at[(addr - SMALL_BUS) /
				     V3NPU_PAGE_SIZE] * V3NPU_PAGE_SIZE);
	}
}

void npu_map(struct npu *npu, unsigned int as, uint64_t va, const void *ptr, size_t size,
	     bool write)
{
	size_t offset;

	for (offset = 0; offset < size; offset += V3NPU_PAGE_SIZE)
		set_entry(npu_pte(npu, as, va + offset, 0),
			  npu_bus_addr(npu, (const uint8_t *)ptr + offset) | V3NPU_PTE_VALID |
			  (write ? V3NPU_PTE_WRITE : 0));
}

void npu_map_large(struct npu *npu, unsigned int as, uint64_t va, const void *ptr, bool write)
{
	set_entry(npu_pte(npu, as, va, 1), npu_bus_addr(npu, ptr) | V3NPU_PTE_VALID |
		  V3NPU_PTE_LARGE | (write ? V3NPU_PTE_WRITE : 0));
}

void npu_unmap(struct npu *npu, unsigned int as, uint64_t va, size_t size)
{
	size_t offset;

	for (offset = 0; offset < size; offset += V3NPU_PAGE_SIZE)
		set_entry(npu_pte(npu, as, va + offset, 0), 0);
}

bool npu_invalidate(struct npu *npu, uint32_t as, unsigned int timeout_ms)
{
	npu_write(npu, V3NPU_REG_MMU_INVALIDATE, as);
	return npu_wait_reg(npu, V3NPU_REG_MMU_STATUS, V3NPU_MMU_STATUS_INVALIDATING, 0,
			    timeout_ms);
}

/* Interrupts and time */

bool npu_wait_vector(struct npu *npu, unsigned int vector, unsigned int timeout_ms)
{
	struct timespec end;
	bool came;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (end.tv_nsec >= 1000000000L) {
		end.tv_sec++;
		end.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&npu->lock);
	while (!npu->vectors[vector] &&
	       pthread_cond_timedwait(&npu->raised, &npu->lock, &end) != ETIMEDOUT)
		;
	came = npu->vectors[vector] > 0;
	npu->vectors[vector] -= came;
	pthread_mutex_unlock(&npu->lock);
	return came;
}

unsigned int npu_vectors_left(struct npu *npu, unsigned int vector)
{
	unsigned int left;

	pthread_mutex_lock(&npu->lock);
	left = npu->vectors[vector];
	pthread_mutex_unlock(&npu->lock);
	return left;
}

static double clock_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

double npu_clock_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

double npu_cpu_ms(void)
{
	return clock_ms(CLOCK_PROCESS_CPUTIME_ID);
}

void npu_sleep_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}
