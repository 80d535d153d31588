/* SPDX-License-Identifier: MIT */
/*
 * dma-bufs of other exporters: udmabuf, whose memory is a memfd's, and vgem,
 * which has fences that a program signals. As in npu.h, functions that the
 * tests are not about end the test program when they fail.
 */
#ifndef TESTS_GUEST_DMABUF_H
#define TESTS_GUEST_DMABUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "npu.h"

/**
 * struct dmabuf - a dma-buf
 * @fd: the dma-buf
 * @memfd: its memory, for udmabuf; else -1
 * @vgem: the open device, for vgem; else -1
 * @handle: vgem's handle of it
 * @size: bytes
 * @map: its bytes here, through the memfd or vgem
 */
struct dmabuf {
	int fd;
	int memfd;
	int vgem;
	uint32_t handle;
	size_t size;
	uint8_t *map;
};

/* A memfd of @size bytes that can be sealed, with F_SEAL_* @seals. */
int dmabuf_memfd(size_t size, unsigned int seals);

/* Make a dma-buf of a part of a memfd. Return: its fd, or -errno. */
int dmabuf_of_memfd(int memfd, uint64_t offset, uint64_t size);

/* udmabuf's of a new memfd of @size bytes. */
struct dmabuf dmabuf_udmabuf(size_t size);

/* vgem's, of @size bytes. */
struct dmabuf dmabuf_vgem(size_t size);

/* Close what is open of it, and unmap it; who imported it still has it. */
void dmabuf_close(struct dmabuf *buf);

/* Begin to use vgem's as writer or reader. Return: the fence, or -errno. */
int dmabuf_vgem_begin(const struct dmabuf *buf, bool write);

/* Signal that fence, which vgem does after 10 s if nobody else does. */
void dmabuf_vgem_end(const struct dmabuf *buf, int fence);

/* Import a dma-buf to the NPU; the buffer has no @map. */
struct npu_bo dmabuf_import(int npu, int dma_buf);

/* Export a buffer of the NPU, to be mapped for reading and writing. */
int dmabuf_export(int npu, const struct npu_bo *bo);

#endif /* TESTS_GUEST_DMABUF_H */
