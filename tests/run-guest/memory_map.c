// SPDX-License-Identifier: MIT
/*
 * In the guest: one processor reads a device while the other one turns another
 * device's memory off and on. What is read must not depend on it
 * (qemu/patches/7.2/memory-map-race.patch).
 *
 * Usage: memory_map RESOURCE CONFIG: sysfs files, the resource of the device that
 * is read, and the configuration space of the other one.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/pci_regs.h>

#define PAGE	4096
#define CHANGES	4000

static volatile uint32_t *registers;
static unsigned long reads, wrong;
static volatile bool stop;

static void run_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(1, "processor %d", processor);
}

static void *read_device(void *unused)
{
	uint32_t right = registers[0], a, b, c, d;

	run_on(1);
	for (; !stop; reads++) {
		/* Several in a row: QEMU changes nothing between two of them */
		a = registers[0];
		b = registers[0];
		c = registers[0];
		d = registers[0];
		wrong += a != right || b != right || c != right || d != right;
	}
	return unused;
}

static void change_map(int config)
{
	uint16_t command, off, on;

	if (pread(config, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		err(1, "config");
	off = (uint16_t)(command & ~PCI_COMMAND_MEMORY);
	on = command | PCI_COMMAND_MEMORY;
	for (int i = 0; i < CHANGES; i++)
		if (pwrite(config, &off, sizeof(off), PCI_COMMAND) < 0 ||
		    pwrite(config, &on, sizeof(on), PCI_COMMAND) < 0)
			err(1, "config");
}

int main(int argc, char **argv)
{
	int resource, config;
	pthread_t reader;

	if (argc != 3)
		errx(2, "usage: memory_map RESOURCE CONFIG");
	resource = open(argv[1], O_RDWR);
	config = open(argv[2], O_RDWR);
	if (resource < 0 || config < 0)
		err(1, "%s", argv[resource < 0 ? 1 : 2]);
	registers = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, resource, 0);
	if (registers == MAP_FAILED)
		err(1, "%s", argv[1]);
	if (pthread_create(&reader, NULL, read_device, NULL))
		errx(1, "cannot make a thread");
	run_on(0);
	change_map(config);
	stop = true;
	pthread_join(reader, NULL);
	printf("%lu of %lu reads were wrong\n", wrong, reads);
	return wrong || !reads;
}
