// SPDX-License-Identifier: MIT
/*
 * What the processors' vector units could do at best: int8 multiply-accumulates
 * a second of the instruction that the engine's kernels use, on registers alone,
 * on as many threads as asked for. Prints a number, and with which instructions.
 * AMX, which the engine prefers where there is one, is several times as fast.
 */
#include <err.h>
#include <immintrin.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_MAX	256
/* Some ten milliseconds, next to which the starting of threads is nothing */
#define ROUNDS		10000000
/* Independent sums: more than latency times issue width of any core so far */
#define SUMS		12
#define TRIES		5

typedef uint64_t (*loop)(void);	/* returns the multiply-accumulates done */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Keeps a value, so that what made it is not optimized away */
#define KEEP(value)	__asm__ volatile("" : "+x"(value))

__attribute__((target("avx512f,avx512bw,avx512vnni")))
static uint64_t loop_avx512_vnni(void)
{
	__m512i sum[SUMS] = {}, a = _mm512_set1_epi8(1), b = _mm512_set1_epi8(2);
	int i, k;

	for (i = 0; i < ROUNDS; i++) {
#pragma GCC unroll 12
		for (k = 0; k < SUMS; k++) {
			sum[k] = _mm512_dpbusd_epi32(sum[k], a, b);
			__asm__ volatile("" : "+v"(sum[k]));
		}
	}
	return (uint64_t)ROUNDS * SUMS * 64;
}

__attribute__((target("avx2,avxvnni")))
static uint64_t loop_avx_vnni(void)
{
	__m256i sum[SUMS] = {}, a = _mm256_set1_epi8(1), b = _mm256_set1_epi8(2);
	int i, k;

	for (i = 0; i < ROUNDS; i++) {
#pragma GCC unroll 12
		for (k = 0; k < SUMS; k++) {
			sum[k] = _mm256_dpbusd_avx_epi32(sum[k], a, b);
			KEEP(sum[k]);
		}
	}
	return (uint64_t)ROUNDS * SUMS * 32;
}

__attribute__((target("avx2")))
static uint64_t loop_avx2(void)
{
	__m256i sum[SUMS] = {}, a = _mm256_set1_epi16(1), b = _mm256_set1_epi16(2);
	int i, k;

	for (i = 0; i < ROUNDS; i++) {
#pragma GCC unroll 12
		for (k = 0; k < SUMS; k++) {
			sum[k] = _mm256_add_epi32(sum[k], _mm256_madd_epi16(a, b));
			KEEP(sum[k]);
			KEEP(a);
		}
	}
	return (uint64_t)ROUNDS * SUMS * 16;
}

static void *run(void *arg)
{
	loop *body = arg;

	(*body)();
	return NULL;
}

/* The best of several: other programs can only take time away */
static double measure(loop body, int threads)
{
	pthread_t thread[THREADS_MAX];
	double start, best = 0, rate;
	int i, k;

	for (i = 0; i < TRIES; i++) {
		start = now();
		for (k = 1; k < threads; k++)
			if (pthread_create(&thread[k], NULL, run, &body))
				errx(1, "no thread");
		rate = body() * (double)threads;
		for (k = 1; k < threads; k++)
			pthread_join(thread[k], NULL);
		rate /= now() - start;
		best = rate > best ? rate : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	int threads = argc == 2 ? atoi(argv[1]) : 0;

	if (threads < 1 || threads > THREADS_MAX)
		errx(2, "usage: peak THREADS, 1..%d", THREADS_MAX);
	if (__builtin_cpu_supports("avx512vnni"))
		printf("%.0f avx512-vnni\n", measure(loop_avx512_vnni, threads));
	else if (__builtin_cpu_supports("avxvnni"))
		printf("%.0f avx-vnni\n", measure(loop_avx_vnni, threads));
	else if (__builtin_cpu_supports("avx2"))
		printf("%.0f avx2\n", measure(loop_avx2, threads));
	else
		puts("0 c");
	return 0;
}
