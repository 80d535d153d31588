/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How an NPU's threads reach guest memory.
 *
 * They never hold the global lock, so that reset and unplug can wait for them
 * while they hold it. Guest memory comes and goes, and IOMMUs translate, under
 * that lock only, so some things are left to who has it:
 *
 * - References to what memory belongs to. The last one ends a device or a
 *   memory backend. A thread takes a reference to each region that it uses, and
 *   none is dropped before the machine's memory map has changed, when a bottom
 *   half does that.
 * - Translation behind an IOMMU. A thread asks for it and waits; a bottom half
 *   answers, or whoever holds the lock and waits for the thread. The pages
 *   that were translated are kept until the IOMMU says that they may have
 *   changed; a command that uses one that has ends as a fault.
 */
#ifndef V3NPU_HW_MEMORY_H
#define V3NPU_HW_MEMORY_H

#include "exec/memory.h"
#include "hw/pci/pci.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/thread.h"

#include "device.h"

typedef struct V3NPURequest V3NPURequest;

/**
 * struct V3NPUMemory - an NPU's access to guest memory
 * @pdev: the NPU
 * @hw: the NPU's device, NULL before there is one
 * @has_iommu: an IOMMU lies between it and memory; constant once it can be used
 * @bh: does what is left to who holds the global lock
 * @listener: of the address space of the NPU
 * @notifiers: of the IOMMU's regions there, under the global lock
 * @init_done: called when the machine is complete
 * @lock: guards what follows
 * @users: how often each has entered and not left
 * @regions: memory regions that a reference is held to
 * @stale: some of @regions may be in no memory map any more
 * @written: by host pointer: what users can have written
 * @pages: by page of the IOMMU's addresses and access: translations
 * @turn: how often each has entered when it had left
 * @requests: translations that are asked for
 * @answered: one was answered
 */
typedef struct V3NPUMemory {
    PCIDevice *pdev;
    struct v3npu_hw *hw;
    bool has_iommu;
    QEMUBH *bh;
    MemoryListener listener;
    QLIST_HEAD(, V3NPUNotifier) notifiers;
    Notifier init_done;

    QemuMutex lock;
    unsigned int users[V3NPU_NUM_USERS];
    GHashTable *regions;
    bool stale;
    GHashTable *written;
    GHashTable *pages;
    uint64_t turn[V3NPU_NUM_USERS];
    QSIMPLEQ_HEAD(, V3NPURequest) requests;
    QemuCond answered;
} V3NPUMemory;

void v3npu_memory_init(V3NPUMemory *m, PCIDevice *pdev);
void v3npu_memory_finalize(V3NPUMemory *m);

/* From realize on; false with errp set where the NPU cannot work */
bool v3npu_memory_start(V3NPUMemory *m, Error **errp);
/* After the NPU's threads have ended */
void v3npu_memory_stop(V3NPUMemory *m);

/* What struct v3npu_host says of them */
void v3npu_memory_enter(V3NPUMemory *m, enum v3npu_user user);
void v3npu_memory_leave(V3NPUMemory *m, enum v3npu_user user);
void *v3npu_memory_map(V3NPUMemory *m, enum v3npu_user user, uint64_t addr,
                       size_t want, bool write, size_t *run);
void v3npu_memory_serve(V3NPUMemory *m);

#endif
