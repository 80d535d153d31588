/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Posted writes, as PCI Express has them: what the host writes to the NPU takes
 * effect later, at the latest when the host reads from it. Off, writes take
 * effect at once. All of it with the global lock held.
 */
#ifndef V3NPU_HW_POST_H
#define V3NPU_HW_POST_H

#include "exec/hwaddr.h"
#include "qemu/timer.h"

#define V3NPU_POST_MAX      64

typedef void V3NPUWriteFn(void *opaque, unsigned bar, hwaddr addr, uint64_t val,
                          unsigned size);

/**
 * struct V3NPUPost - writes that are on their way
 * @enabled: property; constant once the device is realized
 * @timer: they arrive, if nothing brings them before
 * @write: what a write does, with @opaque
 * @count: how many there are
 * @writes: these, in order
 */
typedef struct V3NPUPost {
    bool enabled;
    QEMUTimer *timer;
    V3NPUWriteFn *write;
    void *opaque;
    unsigned count;
    struct {
        unsigned bar;
        hwaddr addr;
        uint64_t val;
        unsigned size;
    } writes[V3NPU_POST_MAX];
} V3NPUPost;

void v3npu_post_start(V3NPUPost *p, V3NPUWriteFn *write, void *opaque);
/* What is on its way is lost */
void v3npu_post_stop(V3NPUPost *p);

void v3npu_post_write(V3NPUPost *p, unsigned bar, hwaddr addr, uint64_t val,
                      unsigned size);
/* All that is on its way arrives: before a read, and whatever else pushes it */
void v3npu_post_flush(V3NPUPost *p);

#endif
