/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note OR MIT */
/*
 * Fixed-width types for the contracts in this directory.
 *
 * The kernel, QEMU and userspace have <linux/types.h>; the firmware is
 * freestanding and has not. Every structure here is little endian, as both
 * ends of each contract are.
 */
#ifndef _V3NPU_TYPES_H
#define _V3NPU_TYPES_H

#if defined(__ASSEMBLER__)
/* Headers with nothing but macros, such as core.h, serve assembly too */
#elif defined(__linux__)
#include <linux/types.h>
#else
#include <stdint.h>
typedef uint8_t __u8;
typedef int8_t __s8;
typedef uint16_t __u16;
typedef uint32_t __u32;
typedef int32_t __s32;
typedef uint64_t __u64;
#endif

#endif /* _V3NPU_TYPES_H */
