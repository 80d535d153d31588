// SPDX-License-Identifier: MIT
/*
 * Kernels for AMX. A tile register is 16 rows of 64 bytes: 16 quads of each of
 * 16 pixels' operands, 16 quads of a brick, or the sums of 16 pixels and a
 * brick, all as they lie in memory. Operands have a sign, so they stay as they
 * are. All but the multiplication is AVX-512's.
 */
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernels_x86.h"

#define TARGET __attribute__((target("amx-tile,amx-int8")))

/* Of CPUID's leaf 7 */
#define AMX_TILE_BIT	24
#define AMX_INT8_BIT	25

/* The system call that allows this process the use of tiles */
#define ARCH_REQ_XCOMP_PERM	0x1023
#define XFEATURE_XTILEDATA	18

#define TILE_PIXELS	16
#define TILE_QUADS	16
#define TILES_OF_PIXELS	2

_Static_assert(TILE_PIXELS * TILES_OF_PIXELS <= V3NPU_MAC_PIXELS, "there is room for the sums");

/*
 * Tiles: sums of the first pixels by each brick and of the others by each; operands and weights of
 * 16 quads; and those of what is left of a tap. These are numbers in instructions.
 */
#define SUMS		0
#define OPERANDS	4
#define WEIGHTS		5
#define REST_OPERANDS	6
#define REST_WEIGHTS	7

static bool supported_amx(void)
{
	return v3npu_kernels_avx512_vbmi.supported() && v3npu_cpu_has(0, true, AMX_TILE_BIT) &&
	       v3npu_cpu_has(0, true, AMX_INT8_BIT) &&
	       !syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA);
}

/**
 * struct tile_config - what LDTILECFG loads
 * @palette: 1
 * @start_row: 0
 * @reserved: 0
 * @row_bytes: bytes of a row of each tile, and 0 for those that there are not
 * @rows: rows, likewise
 */
struct tile_config {
	uint8_t palette;
	uint8_t start_row;
	uint8_t reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
};

static void set_tile(struct tile_config *config, int tile, unsigned int rows, unsigned int quads)
{
	config->rows[tile] = rows;
	config->row_bytes[tile] = quads * V3NPU_BRICK_I;
}

/* Sets the tiles up for so many pixels of a tile and taps of so many quads */
TARGET static void configure(unsigned int pixels, uint32_t quads)
{
	struct tile_config config = { .palette = 1 };
	/* Where none are left, these are not used */
	unsigned int rest = quads % TILE_QUADS ? quads % TILE_QUADS : TILE_QUADS;
	int i;

	for (i = SUMS; i < OPERANDS; i++)
		set_tile(&config, i, pixels, V3NPU_BRICK_O);
	set_tile(&config, OPERANDS, pixels, TILE_QUADS);
	set_tile(&config, WEIGHTS, TILE_QUADS, V3NPU_BRICK_O);
	set_tile(&config, REST_OPERANDS, pixels, rest);
	set_tile(&config, REST_WEIGHTS, rest, V3NPU_BRICK_O);
	/* The intrinsic does not say that it reads all of it */
	__asm__ volatile("ldtilecfg %0" : : "m"(config));
}

static void enter_amx(uint32_t quads)
{
	configure(TILE_PIXELS, quads);
}

TARGET static void leave_amx(void)
{
	_tile_release();
}

/*
 * Adds up to 16 quads at @a, and @others bytes further, times those at @w to the sums. Tiles of
 * operands and weights come in turns, so that no two of a kind are needed.
 */
#define MULTIPLY(operands, weights) do {				\
	_tile_loadd(operands, a, stride);				\
	_tile_loadd(weights, w, V3NPU_BRICK_BYTES);			\
	_tile_dpbssd(0, operands, weights);				\
	if (bricks > 1) {						\
		_tile_loadd(weights, w + brick, V3NPU_BRICK_BYTES);	\
		_tile_dpbssd(1, operands, weights);			\
	}								\
	if (tiles > 1) {						\
		_tile_loadd(operands, a + others, stride);		\
		if (bricks > 1) {					\
			_tile_dpbssd(3, operands, weights);		\
			_tile_loadd(weights, w, V3NPU_BRICK_BYTES);	\
		}							\
		_tile_dpbssd(2, operands, weights);			\
	}								\
} while (0)

/* What one instance of the kernel does; @tiles and @bricks are constants where it is inlined */
TARGET static inline __attribute__((always_inline))
void mac_tiles(const struct v3npu_mac *mac, const unsigned int tiles, const unsigned int bricks)
{
	const size_t brick = (size_t)mac->num_taps * mac->quads * V3NPU_BRICK_BYTES;
	const size_t stride = mac->pixel_stride, pitch = V3NPU_ACC_PITCH * sizeof(*mac->acc);
	/* The second tile's pixels may be among the first's */
	const unsigned int second = mac->pixels - TILE_PIXELS;
	const size_t others = second * stride;
	const int8_t *w = mac->weights;
	uint32_t t, q;

	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	for (t = 0; t < mac->num_taps; t++) {
		const uint8_t *a = mac->lines + mac->taps[t];

		for (q = mac->quads; q >= TILE_QUADS; q -= TILE_QUADS) {
			MULTIPLY(OPERANDS, WEIGHTS);
			a += TILE_QUADS * V3NPU_BRICK_I;
			w += TILE_QUADS * V3NPU_BRICK_BYTES;
		}
		if (q) {
			MULTIPLY(REST_OPERANDS, REST_WEIGHTS);
			w += q * V3NPU_BRICK_BYTES;
		}
	}
	_tile_stored(0, mac->acc, pitch);
	if (bricks > 1)
		_tile_stored(1, mac->acc + V3NPU_BRICK_O, pitch);
	if (tiles > 1) {
		int32_t *acc = mac->acc + second * V3NPU_ACC_PITCH;

		_tile_stored(2, acc, pitch);
		if (bricks > 1)
			_tile_stored(3, acc + V3NPU_BRICK_O, pitch);
	}
}

TARGET static void mac_amx(const struct v3npu_mac *mac)
{
	if (mac->pixels > TILE_PIXELS) {
		if (mac->bricks > 1)
			mac_tiles(mac, 2, 2);
		else
			mac_tiles(mac, 2, 1);
		return;
	}
	if (mac->pixels < TILE_PIXELS)
		configure(mac->pixels, mac->quads);
	if (mac->bricks > 1)
		mac_tiles(mac, 1, 2);
	else
		mac_tiles(mac, 1, 1);
	if (mac->pixels < TILE_PIXELS)
		configure(TILE_PIXELS, mac->quads);
}

const struct v3npu_kernels v3npu_kernels_amx = {
	.name = "amx",
	.element = sizeof(int8_t),
	.pixels = TILE_PIXELS * TILES_OF_PIXELS,
	.granule = TILE_PIXELS,
	.biased = true,
	.supported = supported_amx,
	.enter = enter_amx,
	.leave = leave_amx,
	.load = v3npu_load_signed_avx512,
	.mac = mac_amx,
	.sums = v3npu_sums_avx512,
	.output = v3npu_output_avx512,
	.softmax = v3npu_softmax_vbmi,
	.add = v3npu_add_vbmi,
	.look_up = v3npu_look_up_vbmi,
	.max = v3npu_max_avx512,
};

#endif /* __x86_64__ */
