// SPDX-License-Identifier: MIT
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/udmabuf.h>
#include <vgem_drm.h>
#include <xf86drm.h>

#include "dmabuf.h"

int dmabuf_memfd(size_t size, unsigned int seals)
{
	int memfd = memfd_create("v3npu test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (memfd < 0 || ftruncate(memfd, (off_t)size) || fcntl(memfd, F_ADD_SEALS, seals))
		err(1, "a memfd of %zu bytes", size);
	return memfd;
}

int dmabuf_of_memfd(int memfd, uint64_t offset, uint64_t size)
{
	struct udmabuf_create create = {
		.memfd = (uint32_t)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = offset,
		.size = size,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), fd;

	if (device < 0)
		npu_skip("it needs /dev/udmabuf: modprobe udmabuf");
	fd = ioctl(device, UDMABUF_CREATE, &create);
	if (fd < 0)
		fd = -errno;
	close(device);
	return fd;
}

struct dmabuf dmabuf_udmabuf(size_t size)
{
	struct dmabuf buf = { .vgem = -1, .size = size };

	buf.memfd = dmabuf_memfd(size, F_SEAL_SHRINK);
	buf.map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buf.memfd, 0);
	if (buf.map == MAP_FAILED)
		err(1, "mmap of a memfd");
	buf.fd = dmabuf_of_memfd(buf.memfd, 0, size);
	if (buf.fd < 0)
		errx(1, "udmabuf: %s", strerror(-buf.fd));
	return buf;
}

struct dmabuf dmabuf_vgem(size_t size)
{
	struct drm_mode_create_dumb dumb = { .width = (uint32_t)size, .height = 1, .bpp = 8 };
	struct drm_mode_map_dumb map = {};
	struct dmabuf buf = { .memfd = -1, .size = size };

	buf.vgem = drmOpenWithType("vgem", NULL, DRM_NODE_PRIMARY);
	if (buf.vgem < 0)
		npu_skip("it needs vgem: modprobe vgem");
	if (drmIoctl(buf.vgem, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		err(1, "vgem");
	map.handle = buf.handle = dumb.handle;
	if (drmIoctl(buf.vgem, DRM_IOCTL_MODE_MAP_DUMB, &map) ||
	    drmPrimeHandleToFD(buf.vgem, buf.handle, DRM_CLOEXEC, &buf.fd))
		err(1, "a buffer of vgem");
	buf.map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, buf.vgem,
		       (off_t)map.offset);
	if (buf.map == MAP_FAILED)
		err(1, "mmap of a buffer of vgem");
	return buf;
}

void dmabuf_close(struct dmabuf *buf)
{
	int *const fds[] = { &buf->fd, &buf->memfd, &buf->vgem };

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
	munmap(buf->map, buf->size);
}

int dmabuf_vgem_begin(const struct dmabuf *buf, bool write)
{
	struct drm_vgem_fence_attach attach = {
		.handle = buf->handle,
		.flags = write ? VGEM_FENCE_WRITE : 0,
	};

	return drmIoctl(buf->vgem, DRM_IOCTL_VGEM_FENCE_ATTACH, &attach) ? -errno
									 : (int)attach.out_fence;
}

void dmabuf_vgem_end(const struct dmabuf *buf, int fence)
{
	struct drm_vgem_fence_signal signal = { .fence = (uint32_t)fence };

	if (drmIoctl(buf->vgem, DRM_IOCTL_VGEM_FENCE_SIGNAL, &signal))
		err(1, "vgem's fence");
}

struct npu_bo dmabuf_import(int npu, int dma_buf)
{
	struct drm_v3npu_bo_info info = {};

	if (drmPrimeFDToHandle(npu, dma_buf, &info.handle))
		err(1, "PRIME_FD_TO_HANDLE");
	if (npu_ioctl(npu, DRM_IOCTL_V3NPU_BO_INFO, &info))
		errx(1, "BO_INFO of an imported buffer");
	return (struct npu_bo){ .handle = info.handle, .va = info.va, .size = info.size };
}

int dmabuf_export(int npu, const struct npu_bo *bo)
{
	int dma_buf;

	if (drmPrimeHandleToFD(npu, bo->handle, DRM_CLOEXEC | DRM_RDWR, &dma_buf))
		err(1, "PRIME_HANDLE_TO_FD");
	return dma_buf;
}
