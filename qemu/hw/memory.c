/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an NPU's threads reach guest memory: see memory.h */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/qdev-core.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "sysemu/sysemu.h"
#include "trace.h"

#include "memory.h"

#define IOMMU_PAGE_SIZE     ((hwaddr)4096)
/* Pages that are translated for one request, at most */
#define REQUEST_PAGES       128
/* Translations that are kept while none is in use */
#define PAGES_MAX           65536

/* A region is referenced for each of these, as address_space_unmap() expects */
typedef struct V3NPUWritten {
    void *host;
    hwaddr len;
} V3NPUWritten;

/**
 * struct V3NPUPage - a translated page
 * @key: page_key(), the hash table's key
 * @host: where it is
 * @used: for each user the @turn in which it used it last, 0 for none
 */
typedef struct V3NPUPage {
    uint64_t key;
    void *host;
    uint64_t used[V3NPU_NUM_USERS];
} V3NPUPage;

/**
 * struct V3NPURequest - a thread waits for the translation of an address
 * @user: who
 * @addr: address
 * @want: bytes from there
 * @write: whether they will be written
 * @host: the answer, NULL if there is no memory
 * @run: how many bytes are contiguous there
 * @done: it was answered
 */
struct V3NPURequest {
    QSIMPLEQ_ENTRY(V3NPURequest) next;
    enum v3npu_user user;
    hwaddr addr;
    hwaddr want;
    bool write;
    void *host;
    hwaddr run;
    bool done;
};

typedef struct V3NPUNotifier {
    QLIST_ENTRY(V3NPUNotifier) next;
    V3NPUMemory *m;
    MemoryRegion *mr;
    IOMMUNotifier n;
    hwaddr offset;          /* from the IOMMU's addresses to the NPU's */
} V3NPUNotifier;

static uint64_t page_key(hwaddr addr, bool write)
{
    return (addr & ~(IOMMU_PAGE_SIZE - 1)) | write;
}

static unsigned int memory_bdf(V3NPUMemory *m)
{
    return PCI_BUILD_BDF(pci_dev_bus_num(m->pdev), m->pdev->devfn);
}

static bool is_in_use(V3NPUMemory *m)
{
    return m->users[V3NPU_USER_CORE] || m->users[V3NPU_USER_ENGINE];
}

/*
 * A command can take minutes, which is too long to keep RCU waiting: it holds
 * references instead. What it wrote becomes dirty at its end, so that TCG drops
 * code that was translated from there and displays are updated.
 */

void v3npu_memory_enter(V3NPUMemory *m, enum v3npu_user user)
{
    QEMU_LOCK_GUARD(&m->lock);
    /* Nobody has pointers from before then, so these can go */
    if (!is_in_use(m) && g_hash_table_size(m->pages) > PAGES_MAX) {
        g_hash_table_remove_all(m->pages);
    }
    if (!m->users[user]++) {
        m->turn[user]++;
    }
}

/* The region's reference is not the last one: @regions has another */
static gboolean unmap_written(gpointer host, gpointer value, gpointer as)
{
    V3NPUWritten *written = value;

    address_space_unmap(as, written->host, written->len, true, written->len);
    return true;
}

void v3npu_memory_leave(V3NPUMemory *m, enum v3npu_user user)
{
    QEMU_LOCK_GUARD(&m->lock);
    m->users[user]--;
    if (is_in_use(m)) {
        return;
    }
    g_hash_table_foreach_remove(m->written, unmap_written,
                                pci_get_address_space(m->pdev));
    if (m->stale) {
        qemu_bh_schedule(m->bh);
    }
}

/* References a region that was looked up, for whoever has entered; RCU held */
static void hold_region(V3NPUMemory *m, MemoryRegion *mr)
{
    QEMU_LOCK_GUARD(&m->lock);
    if (g_hash_table_add(m->regions, mr)) {
        memory_region_ref(mr);
    }
}

/* Remembers what can be written; its region is held; @lock held */
static void note_written(V3NPUMemory *m, void *host, hwaddr len)
{
    V3NPUWritten *written = g_hash_table_lookup(m->written, host);
    ram_addr_t offset;

    if (written) {
        written->len = MAX(written->len, len);
        return;
    }
    written = g_new(V3NPUWritten, 1);
    *written = (V3NPUWritten) { host, len };
    g_hash_table_insert(m->written, host, written);
    memory_region_ref(memory_region_from_host(host, &offset));
}

/*
 * Only RAM can be mapped: an NPU has no business in another device's
 * registers. Behind an IOMMU with the global lock held only.
 */
static void *look_up(V3NPUMemory *m, hwaddr addr, hwaddr *len, bool write)
{
    MemoryRegion *mr;
    hwaddr offset;

    RCU_READ_LOCK_GUARD();

    mr = address_space_translate(pci_get_address_space(m->pdev), addr, &offset,
                                 len, write, MEMTXATTRS_UNSPECIFIED);
    if (!*len || !memory_access_is_direct(mr, write)) {
        trace_v3npu_dma_refused(memory_bdf(m), addr, write);
        return NULL;
    }
    hold_region(m, mr);
    return (uint8_t *)memory_region_get_ram_ptr(mr) + offset;
}

static void *look_up_page(V3NPUMemory *m, hwaddr addr, bool write)
{
    hwaddr len = IOMMU_PAGE_SIZE;
    void *host = look_up(m, addr, &len, write);

    return len == IOMMU_PAGE_SIZE ? host : NULL;
}

/* Finds what is translated of @want bytes from @addr; @lock held */
static void *find_pages(V3NPUMemory *m, enum v3npu_user user, hwaddr addr,
                        hwaddr want, bool write, hwaddr *run)
{
    hwaddr offset = addr & (IOMMU_PAGE_SIZE - 1);
    hwaddr found = 0;
    uint8_t *host = NULL;

    while (found < offset + want) {
        uint64_t key = page_key(addr - offset + found, write);
        V3NPUPage *page = g_hash_table_lookup(m->pages, &key);

        if (!page || (host && page->host != host + found)) {
            break;
        }
        page->used[user] = m->turn[user];
        host = host ?: page->host;
        found += IOMMU_PAGE_SIZE;
    }
    if (!host) {
        return NULL;
    }
    *run = MIN(found - offset, want);
    if (write) {
        note_written(m, host + offset, *run);
    }
    return host + offset;
}

/* @lock held */
static bool is_page_used(V3NPUMemory *m, V3NPUPage *page, enum v3npu_user user)
{
    return m->users[user] && page->used[user] == m->turn[user];
}

/* Translates a page, if that was not done; global lock held */
static bool add_page(V3NPUMemory *m, hwaddr addr, bool write)
{
    uint64_t key = page_key(addr, write);
    V3NPUPage *page;
    void *host;

    WITH_QEMU_LOCK_GUARD(&m->lock) {
        if (g_hash_table_lookup(m->pages, &key)) {
            return true;
        }
    }
    host = look_up_page(m, addr, write);
    if (!host) {
        return false;
    }
    page = g_new0(V3NPUPage, 1);
    page->key = key;
    page->host = host;
    QEMU_LOCK_GUARD(&m->lock);
    g_hash_table_replace(m->pages, &page->key, page);
    return true;
}

/* Translates what a thread waits for; global lock held */
static void answer(V3NPUMemory *m, V3NPURequest *request)
{
    hwaddr first = request->addr & ~(IOMMU_PAGE_SIZE - 1);
    hwaddr size = request->addr - first + request->want;
    hwaddr done = 0;

    while (done < size && add_page(m, first + done, request->write)) {
        done += IOMMU_PAGE_SIZE;
    }
    QEMU_LOCK_GUARD(&m->lock);
    request->host = find_pages(m, request->user, request->addr, request->want,
                               request->write, &request->run);
    request->done = true;
    qemu_cond_broadcast(&m->answered);
}

void v3npu_memory_serve(V3NPUMemory *m)
{
    for (;;) {
        V3NPURequest *request;

        WITH_QEMU_LOCK_GUARD(&m->lock) {
            request = QSIMPLEQ_FIRST(&m->requests);
            if (!request) {
                return;
            }
            QSIMPLEQ_REMOVE_HEAD(&m->requests, next);
        }
        answer(m, request);
    }
}

static void *ask(V3NPUMemory *m, V3NPURequest *request)
{
    WITH_QEMU_LOCK_GUARD(&m->lock) {
        QSIMPLEQ_INSERT_TAIL(&m->requests, request, next);
    }
    /* One of the two gets to it */
    qemu_bh_schedule(m->bh);
    v3npu_hw_call_host(m->hw);

    QEMU_LOCK_GUARD(&m->lock);
    while (!request->done) {
        qemu_cond_wait(&m->answered, &m->lock);
    }
    return request->host;
}

static void *map_behind_iommu(V3NPUMemory *m, V3NPURequest *request,
                              size_t *run)
{
    void *host;

    WITH_QEMU_LOCK_GUARD(&m->lock) {
        host = find_pages(m, request->user, request->addr, request->want,
                          request->write, &request->run);
    }
    host = host ?: ask(m, request);
    *run = request->run;
    return host;
}

void *v3npu_memory_map(V3NPUMemory *m, enum v3npu_user user, uint64_t addr,
                       size_t want, bool write, size_t *run)
{
    hwaddr len = want;
    void *host;

    if (m->has_iommu) {
        V3NPURequest request = {
            .user = user,
            .addr = addr,
            .want = MIN(want, REQUEST_PAGES * IOMMU_PAGE_SIZE),
            .write = write,
        };

        return map_behind_iommu(m, &request, run);
    }

    host = look_up(m, addr, &len, write);
    if (!host) {
        return NULL;
    }
    if (write) {
        QEMU_LOCK_GUARD(&m->lock);
        note_written(m, host, len);
    }
    *run = len;
    return host;
}

/*
 * Translations of some addresses may have changed: forgets those that are not
 * in use, and looks up again those that are. What uses one that is not the same
 * any more ends before this returns. Global lock held.
 */
static void check_pages(V3NPUMemory *m, hwaddr first, hwaddr last)
{
    g_autoptr(GPtrArray) used = g_ptr_array_new_with_free_func(g_free);
    bool core = false, engine = false;
    GHashTableIter iter;
    gpointer key, value;
    unsigned int i;

    WITH_QEMU_LOCK_GUARD(&m->lock) {
        g_hash_table_iter_init(&iter, m->pages);
        while (g_hash_table_iter_next(&iter, &key, &value)) {
            V3NPUPage *page = value;

            if ((page->key | (IOMMU_PAGE_SIZE - 1)) < first ||
                (page->key & ~(IOMMU_PAGE_SIZE - 1)) > last) {
                continue;
            }
            g_hash_table_iter_steal(&iter);
            if (is_page_used(m, page, V3NPU_USER_CORE) ||
                is_page_used(m, page, V3NPU_USER_ENGINE)) {
                g_ptr_array_add(used, page);
            } else {
                g_free(page);
            }
        }
    }

    for (i = 0; i < used->len; i++) {
        V3NPUPage *page = g_ptr_array_index(used, i);
        hwaddr addr = page->key & ~(IOMMU_PAGE_SIZE - 1);
        bool same = look_up_page(m, addr, page->key & 1) == page->host;

        QEMU_LOCK_GUARD(&m->lock);
        if (same) {
            g_hash_table_replace(m->pages, &page->key, page);
            used->pdata[i] = NULL;
        } else {
            core |= is_page_used(m, page, V3NPU_USER_CORE);
            engine |= is_page_used(m, page, V3NPU_USER_ENGINE);
        }
    }
    if (core || engine) {
        trace_v3npu_cut_off(memory_bdf(m), first, last, engine);
        v3npu_hw_stop_dma(m->hw, engine);
    }
}

static void iommu_unmap(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    V3NPUNotifier *notifier = container_of(n, V3NPUNotifier, n);
    hwaddr first = entry->iova + notifier->offset;

    if (notifier->m->hw) {
        check_pages(notifier->m, first, first + entry->addr_mask);
    }
}

static void region_add(MemoryListener *listener, MemoryRegionSection *section)
{
    V3NPUMemory *m = container_of(listener, V3NPUMemory, listener);
    hwaddr first = section->offset_within_region;
    V3NPUNotifier *notifier;
    Int128 last;

    if (!memory_region_is_iommu(section->mr)) {
        return;
    }
    last = int128_sub(int128_add(int128_make64(first), section->size),
                      int128_one());
    notifier = g_new0(V3NPUNotifier, 1);
    notifier->m = m;
    notifier->mr = section->mr;
    notifier->offset = section->offset_within_address_space - first;
    iommu_notifier_init(&notifier->n, iommu_unmap, IOMMU_NOTIFIER_UNMAP, first,
                        int128_get64(last),
                        memory_region_iommu_attrs_to_index(
                            IOMMU_MEMORY_REGION(section->mr),
                            MEMTXATTRS_UNSPECIFIED));
    /* Fails for what check_iommu() refuses */
    memory_region_register_iommu_notifier(section->mr, &notifier->n,
                                          &error_abort);
    QLIST_INSERT_HEAD(&m->notifiers, notifier, next);
}

static void region_del(MemoryListener *listener, MemoryRegionSection *section)
{
    V3NPUMemory *m = container_of(listener, V3NPUMemory, listener);
    V3NPUNotifier *notifier, *next;

    QLIST_FOREACH_SAFE(notifier, &m->notifiers, next, next) {
        if (notifier->mr == section->mr &&
            notifier->n.start == section->offset_within_region) {
            memory_region_unregister_iommu_notifier(notifier->mr, &notifier->n);
            QLIST_REMOVE(notifier, next);
            g_free(notifier);
        }
    }
}

/*
 * The memory map has changed. References must not end in here, and threads
 * that have looked something up may not have taken theirs.
 */
static void commit(MemoryListener *listener)
{
    V3NPUMemory *m = container_of(listener, V3NPUMemory, listener);

    WITH_QEMU_LOCK_GUARD(&m->lock) {
        m->stale = true;
    }
    qemu_bh_schedule(m->bh);
    if (m->has_iommu && m->hw) {
        check_pages(m, 0, UINT64_MAX);
    }
}

static void unref_region(gpointer mr, gpointer value, gpointer opaque)
{
    memory_region_unref(mr);
}

/* Drops the references, unless somebody may still need one; global lock held */
static void drop_regions(V3NPUMemory *m)
{
    GHashTable *regions;

    WITH_QEMU_LOCK_GUARD(&m->lock) {
        if (!m->stale || is_in_use(m)) {
            return;
        }
        m->stale = false;
        g_hash_table_remove_all(m->pages);
        regions = m->regions;
        m->regions = g_hash_table_new(NULL, NULL);
    }
    g_hash_table_foreach(regions, unref_region, NULL);
    g_hash_table_destroy(regions);
}

static void memory_bh(void *opaque)
{
    V3NPUMemory *m = opaque;

    v3npu_memory_serve(m);
    drop_regions(m);
}

/* Is there an IOMMU, and one that says what it unmaps? */
static bool check_iommu(V3NPUMemory *m, Error **errp)
{
    Object *iommu = object_resolve_path_type("", "intel-iommu", NULL);

    m->has_iommu = pci_device_iommu_address_space(m->pdev) !=
                   &address_space_memory;
    if (!m->has_iommu) {
        return true;
    }
    if (!iommu) {
        error_setg(errp, "the NPU works behind no IOMMU but intel-iommu; use "
                   "that, or -machine default-bus-bypass-iommu=on");
        return false;
    }
    if (object_property_get_bool(iommu, "snoop-control", NULL)) {
        error_setg(errp, "the NPU does not work behind intel-iommu with "
                   "snoop-control=on; leave that away");
        return false;
    }
    return true;
}

/* A device that comes later on the command line can have been an IOMMU */
static void machine_init_done(Notifier *notifier, void *data)
{
    V3NPUMemory *m = container_of(notifier, V3NPUMemory, init_done);
    Error *err = NULL;

    if (!check_iommu(m, &err)) {
        error_report_err(err);
        exit(1);
    }
}

void v3npu_memory_init(V3NPUMemory *m, PCIDevice *pdev)
{
    m->pdev = pdev;
    QLIST_INIT(&m->notifiers);
    QSIMPLEQ_INIT(&m->requests);
    qemu_mutex_init(&m->lock);
    qemu_cond_init(&m->answered);
    m->regions = g_hash_table_new(NULL, NULL);
    m->written = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    m->pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
}

void v3npu_memory_finalize(V3NPUMemory *m)
{
    g_hash_table_destroy(m->pages);
    g_hash_table_destroy(m->written);
    g_hash_table_destroy(m->regions);
    qemu_cond_destroy(&m->answered);
    qemu_mutex_destroy(&m->lock);
}

bool v3npu_memory_start(V3NPUMemory *m, Error **errp)
{
    if (!check_iommu(m, errp)) {
        return false;
    }
    m->bh = qemu_bh_new(memory_bh, m);
    m->listener = (MemoryListener) {
        .name = "v3npu",
        .region_add = region_add,
        .region_del = region_del,
        .commit = commit,
    };
    memory_listener_register(&m->listener, pci_get_address_space(m->pdev));
    m->init_done.notify = machine_init_done;
    qemu_add_machine_init_done_notifier(&m->init_done);
    return true;
}

void v3npu_memory_stop(V3NPUMemory *m)
{
    qemu_remove_machine_init_done_notifier(&m->init_done);
    memory_listener_unregister(&m->listener);
    m->stale = true;
    drop_regions(m);
    qemu_bh_delete(m->bh);
}
