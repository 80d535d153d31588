/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between the kernels that the driver is built for, Linux 6.12 to
 * 7.3. The driver is written for the newest; older ones get its names here.
 */
#ifndef __V3NPU_COMPAT_H__
#define __V3NPU_COMPAT_H__

#include <linux/module.h>
#include <linux/version.h>

/* 7.3 keeps lists of mappings for the buffers of every driver, without asking */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 3, 0)
#define DRIVER_GEM_GPUVA	0
#endif

/* 7.0 added to its name that the buffer's reservation is held */
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define drm_gpuvm_bo_obtain_locked	drm_gpuvm_bo_obtain
#endif

/* 6.13 wants the name space as a string */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)		MODULE_INFO(import_ns, ns)
#endif

#endif /* __V3NPU_COMPAT_H__ */
