/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Posted writes: see post.h */

#include "qemu/osdep.h"

#include "post.h"

/* How long a write is on its way, at most: much longer than on any bus */
#define POST_US             1000

static void post_timer(void *opaque)
{
    v3npu_post_flush(opaque);
}

void v3npu_post_start(V3NPUPost *p, V3NPUWriteFn *write, void *opaque)
{
    p->write = write;
    p->opaque = opaque;
    p->count = 0;
    p->timer = timer_new_us(QEMU_CLOCK_VIRTUAL, post_timer, p);
}

void v3npu_post_stop(V3NPUPost *p)
{
    timer_free(p->timer);
    p->timer = NULL;
    p->count = 0;
}

void v3npu_post_flush(V3NPUPost *p)
{
    unsigned i;

    if (!p->count) {
        return;
    }
    timer_del(p->timer);
    for (i = 0; i < p->count; i++) {
        p->write(p->opaque, p->writes[i].bar, p->writes[i].addr,
                 p->writes[i].val, p->writes[i].size);
    }
    p->count = 0;
}

void v3npu_post_write(V3NPUPost *p, unsigned bar, hwaddr addr, uint64_t val,
                      unsigned size)
{
    /* There is no timer any more when the device was unplugged */
    if (!p->enabled || !p->timer) {
        p->write(p->opaque, bar, addr, val, size);
        return;
    }
    if (p->count == V3NPU_POST_MAX) {
        v3npu_post_flush(p);
    }
    if (!p->count) {
        timer_mod(p->timer, qemu_clock_get_us(QEMU_CLOCK_VIRTUAL) + POST_US);
    }
    p->writes[p->count].bar = bar;
    p->writes[p->count].addr = addr;
    p->writes[p->count].val = val;
    p->writes[p->count].size = size;
    p->count++;
}
