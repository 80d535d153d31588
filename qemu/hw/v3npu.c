/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * V3NPU on PCI Express: BARs, MSI-X, DMA and properties.
 *
 * All the NPU's behaviour is in the device library (qemu/device/), which knows
 * nothing of QEMU and works in threads of its own. This file lends it guest
 * memory (see memory.h) and interrupts. The library's threads never take the
 * global lock, so that reset and unplug can wait for them while they hold it:
 * interrupts go through a bottom half.
 */

#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pcie_aer.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "qom/object.h"
#include "sysemu/runstate.h"
#include "trace.h"

#include "device.h"
#include "inject.h"
#include "memory.h"
#include "post.h"

#define TYPE_V3NPU "v3npu"
OBJECT_DECLARE_SIMPLE_TYPE(V3NPUState, V3NPU)

#define V3NPU_PCIE_CAP_OFFSET   0x80
#define V3NPU_AER_CAP_OFFSET    0x100
#define V3NPU_PM_CAP_OFFSET     0x60
#define V3NPU_PM_D0                  0
#define V3NPU_PM_D3HOT               3

struct V3NPUState {
    PCIDevice parent_obj;

    MemoryRegion regs;
    MemoryRegion core_mem;

    struct v3npu_config config;
    uint64_t sram;              /* property, checked into config.sram_size */
    char *kernel;               /* property, for tests: config.kernel */
    uint32_t inject[V3NPU_NUM_INJECT];  /* until there is an @hw */

    struct v3npu_hw *hw;
    QEMUBH *irq_bh;
    unsigned long irq_pending;  /* a bit per vector, set by any thread */
    V3NPUPost post;
    V3NPUMemory memory;
    VMChangeStateEntry *vm_state;
};

/* Which NPU it is, for traces */
static unsigned int v3npu_bdf(V3NPUState *s)
{
    PCIDevice *pdev = PCI_DEVICE(s);

    return PCI_BUILD_BDF(pci_dev_bus_num(pdev), pdev->devfn);
}

static unsigned int v3npu_power_state(V3NPUState *s)
{
    uint8_t *ctrl = PCI_DEVICE(s)->config + V3NPU_PM_CAP_OFFSET + PCI_PM_CTRL;

    return pci_get_word(ctrl) & PCI_PM_CTRL_STATE_MASK;
}

/*
 * Whether the device has no state: the guest has put it into D3hot, or it was
 * unplugged. A vCPU whose access had found the BAR before that, and then
 * waited for the global lock, still gets here, when there is no @hw any more,
 * nor a configuration space.
 */
static bool v3npu_is_off(V3NPUState *s)
{
    return !s->hw || v3npu_power_state(s) == V3NPU_PM_D3HOT;
}

static void v3npu_check_reg(const char *access, hwaddr addr)
{
    if (!v3npu_hw_is_reg(addr)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "v3npu: %s 0x%" HWADDR_PRIx ", which is no register\n",
                      access, addr);
    }
}

static uint64_t v3npu_regs_read(void *opaque, hwaddr addr, unsigned size)
{
    V3NPUState *s = opaque;
    uint64_t val;

    if (v3npu_is_off(s)) {
        return UINT64_MAX;
    }
    v3npu_check_reg("read of", addr);
    v3npu_post_flush(&s->post);
    val = v3npu_hw_read(s->hw, V3NPU_BAR_REGS, addr, size);
    trace_v3npu_reg_read(v3npu_bdf(s), addr, val);
    return val;
}

/* A write arrives, maybe when the device has been switched off */
static void v3npu_write(void *opaque, unsigned bar, hwaddr addr, uint64_t val,
                        unsigned size)
{
    V3NPUState *s = opaque;

    if (v3npu_is_off(s)) {
        return;
    }
    if (bar == V3NPU_BAR_REGS) {
        v3npu_check_reg("write to", addr);
        trace_v3npu_reg_write(v3npu_bdf(s), addr, val);
    }
    v3npu_hw_write(s->hw, bar, addr, val, size);
}

static void v3npu_regs_write(void *opaque, hwaddr addr, uint64_t val,
                             unsigned size)
{
    V3NPUState *s = opaque;

    v3npu_post_write(&s->post, V3NPU_BAR_REGS, addr, val, size);
}

static const MemoryRegionOps v3npu_regs_ops = {
    .read = v3npu_regs_read,
    .write = v3npu_regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
    .impl = {
        .min_access_size = 4,
        .max_access_size = 4,
    },
};

static uint64_t v3npu_core_mem_read(void *opaque, hwaddr addr, unsigned size)
{
    V3NPUState *s = opaque;

    if (v3npu_is_off(s)) {
        return UINT64_MAX;
    }
    v3npu_post_flush(&s->post);
    return v3npu_hw_read(s->hw, V3NPU_BAR_CORE_MEM, addr, size);
}

static void v3npu_core_mem_write(void *opaque, hwaddr addr, uint64_t val,
                                 unsigned size)
{
    V3NPUState *s = opaque;

    v3npu_post_write(&s->post, V3NPU_BAR_CORE_MEM, addr, val, size);
}

static const MemoryRegionOps v3npu_core_mem_ops = {
    .read = v3npu_core_mem_read,
    .write = v3npu_core_mem_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 8,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 8,
    },
};

static void v3npu_thread_start(void *opaque)
{
    rcu_register_thread();
}

static void v3npu_thread_stop(void *opaque)
{
    rcu_unregister_thread();
}

static void v3npu_enter(void *opaque, enum v3npu_user user)
{
    V3NPUState *s = opaque;

    v3npu_memory_enter(&s->memory, user);
}

static void v3npu_leave(void *opaque, enum v3npu_user user)
{
    V3NPUState *s = opaque;

    v3npu_memory_leave(&s->memory, user);
}

static void *v3npu_map(void *opaque, enum v3npu_user user, uint64_t addr,
                       size_t want, bool write, size_t *run)
{
    V3NPUState *s = opaque;

    return v3npu_memory_map(&s->memory, user, addr, want, write, run);
}

static void v3npu_serve(void *opaque)
{
    V3NPUState *s = opaque;

    v3npu_memory_serve(&s->memory);
}

static void v3npu_raise(void *opaque, unsigned int vector)
{
    V3NPUState *s = opaque;

    qatomic_or(&s->irq_pending, 1ul << vector);
    qemu_bh_schedule(s->irq_bh);
}

static void v3npu_irq_bh(void *opaque)
{
    V3NPUState *s = opaque;
    unsigned long pending = qatomic_xchg(&s->irq_pending, 0);
    unsigned int vector;

    for (vector = 0; vector < V3NPU_NUM_VECTORS; vector++) {
        if (pending & (1ul << vector)) {
            trace_v3npu_irq(v3npu_bdf(s), vector);
            msix_notify(PCI_DEVICE(s), vector);
        }
    }
}

static const struct v3npu_host v3npu_host = {
    .enter = v3npu_enter,
    .leave = v3npu_leave,
    .map = v3npu_map,
    .raise = v3npu_raise,
    .serve = v3npu_serve,
    .thread_start = v3npu_thread_start,
    .thread_stop = v3npu_thread_stop,
};

/* No DMA while the machine is stopped, and what runs goes on with it */
static void v3npu_vm_change(void *opaque, bool running, RunState state)
{
    V3NPUState *s = opaque;

    if (running) {
        v3npu_hw_resume(s->hw);
    } else {
        v3npu_hw_pause(s->hw);
    }
}

static bool v3npu_check_config(V3NPUState *s, Error **errp)
{
    const char *reason;

    /* What does not fit is out of bounds anyway, and is reported as such */
    s->config.sram_size = MIN(s->sram, UINT32_MAX);
    s->config.kernel = s->kernel;
    reason = v3npu_config_check(&s->config);
    if (reason) {
        error_setg(errp, "%s", reason);
        return false;
    }
    return true;
}

/* For power management; the device loses its state in D3hot */
static int v3npu_add_pm_capability(PCIDevice *pdev, Error **errp)
{
    int pos = pci_add_capability(pdev, PCI_CAP_ID_PM, V3NPU_PM_CAP_OFFSET,
                                 PCI_PM_SIZEOF, errp);

    if (pos < 0) {
        return pos;
    }
    pci_set_word(pdev->config + pos + PCI_PM_PMC, PCI_PM_CAP_VER_1_2);
    pci_set_word(pdev->wmask + pos + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return 0;
}

static void v3npu_realize(PCIDevice *pdev, Error **errp)
{
    V3NPUState *s = V3NPU(pdev);
    unsigned int vector, fault;
    int ret;

    if (!v3npu_check_config(s, errp)) {
        return;
    }
    if (v3npu_add_pm_capability(pdev, errp) < 0) {
        return;
    }
    ret = pcie_endpoint_cap_init(pdev, V3NPU_PCIE_CAP_OFFSET);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "cannot add PCI Express capability");
        return;
    }
    pcie_cap_flr_init(pdev);
    /* For errors of the bus, which only somebody at the monitor makes */
    pcie_cap_deverr_init(pdev);
    if (pcie_aer_init(pdev, PCI_ERR_VER, V3NPU_AER_CAP_OFFSET, PCI_ERR_SIZEOF,
                      errp) < 0) {
        goto err_pcie;
    }
    if (msix_init_exclusive_bar(pdev, V3NPU_NUM_VECTORS, V3NPU_BAR_MSIX,
                                errp) < 0) {
        goto err_aer;
    }
    for (vector = 0; vector < V3NPU_NUM_VECTORS; vector++) {
        msix_vector_use(pdev, vector);
    }

    if (!v3npu_memory_start(&s->memory, errp)) {
        goto err_msix;
    }
    s->irq_bh = qemu_bh_new(v3npu_irq_bh, s);
    s->hw = v3npu_hw_new(&s->config, &v3npu_host, s);
    if (!s->hw) {
        error_setg_errno(errp, errno, "cannot make the NPU");
        goto err_irq;
    }
    s->memory.hw = s->hw;
    /* Before the machine's first start there is nobody who could use it */
    if (!runstate_is_running() && !runstate_check(RUN_STATE_PRELAUNCH)) {
        v3npu_hw_pause(s->hw);
    }
    v3npu_post_start(&s->post, v3npu_write, s);
    s->vm_state = qemu_add_vm_change_state_handler(v3npu_vm_change, s);
    for (fault = 0; fault < V3NPU_NUM_INJECT; fault++) {
        v3npu_inject_arm(s->hw, fault, s->inject[fault]);
    }

    memory_region_init_io(&s->regs, OBJECT(s), &v3npu_regs_ops, s,
                          "v3npu-regs", V3NPU_REGS_SIZE);
    pci_register_bar(pdev, V3NPU_BAR_REGS, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->regs);
    memory_region_init_io(&s->core_mem, OBJECT(s), &v3npu_core_mem_ops, s,
                          "v3npu-core-mem", V3NPU_CORE_MEM_SIZE);
    pci_register_bar(pdev, V3NPU_BAR_CORE_MEM, PCI_BASE_ADDRESS_SPACE_MEMORY,
                     &s->core_mem);
    return;

err_irq:
    qemu_bh_delete(s->irq_bh);
    v3npu_memory_stop(&s->memory);
err_msix:
    msix_uninit_exclusive_bar(pdev);
err_aer:
    pcie_aer_exit(pdev);
err_pcie:
    pcie_cap_exit(pdev);
}

static void v3npu_exit(PCIDevice *pdev)
{
    V3NPUState *s = V3NPU(pdev);

    qemu_del_vm_change_state_handler(s->vm_state);
    v3npu_post_stop(&s->post);
    v3npu_hw_free(s->hw);
    s->hw = NULL;
    s->memory.hw = NULL;
    v3npu_memory_stop(&s->memory);
    qemu_bh_delete(s->irq_bh);
    msix_uninit_exclusive_bar(pdev);
    pcie_aer_exit(pdev);
    pcie_cap_exit(pdev);
}

static void v3npu_lose_state(V3NPUState *s)
{
    v3npu_hw_reset(s->hw);
    qemu_bh_cancel(s->irq_bh);
    qatomic_set(&s->irq_pending, 0);
}

static void v3npu_reset(DeviceState *dev)
{
    V3NPUState *s = V3NPU(dev);
    uint8_t *ctrl = PCI_DEVICE(s)->config + V3NPU_PM_CAP_OFFSET + PCI_PM_CTRL;

    trace_v3npu_reset(v3npu_bdf(s));
    v3npu_post_flush(&s->post);
    pci_word_test_and_clear_mask(ctrl, PCI_PM_CTRL_STATE_MASK);
    pcie_cap_deverr_reset(PCI_DEVICE(s));
    v3npu_lose_state(s);
}

static bool v3npu_is_master(PCIDevice *pdev)
{
    return pci_get_word(pdev->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

static void v3npu_config_write(PCIDevice *pdev, uint32_t addr, uint32_t val,
                               int len)
{
    V3NPUState *s = V3NPU(pdev);
    uint8_t *ctrl = pdev->config + V3NPU_PM_CAP_OFFSET + PCI_PM_CTRL;
    uint16_t old_ctrl = pci_get_word(ctrl);
    bool was_off = v3npu_is_off(s), off;
    bool was_master = v3npu_is_master(pdev);

    /* It does not overtake what was posted before it */
    v3npu_post_flush(&s->post);
    pci_default_write_config(pdev, addr, val, len);
    if (v3npu_power_state(s) != V3NPU_PM_D0 &&
        v3npu_power_state(s) != V3NPU_PM_D3HOT) {
        /* There is no D1 or D2: the write is done, but the state stays */
        pci_set_word(ctrl, old_ctrl);
    }
    if (was_master && !v3npu_is_master(pdev)) {
        v3npu_hw_stop_dma(s->hw, true);
    }
    pcie_cap_flr_write_config(pdev, addr, val, len);
    pcie_aer_write_config(pdev, addr, val, len);

    off = v3npu_is_off(s);
    if (off == was_off) {
        return;
    }
    trace_v3npu_power(v3npu_bdf(s), !off);
    if (off) {
        v3npu_lose_state(s);
    } else {
        /* Without No_Soft_Reset, BARs and MSI-X are lost, too */
        pci_device_reset(pdev);
    }
}

/* x-inject-*: faults on demand, also while the guest runs */

static void v3npu_get_inject(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    V3NPUState *s = V3NPU(obj);
    enum v3npu_inject fault = (uintptr_t)opaque;
    uint32_t n = s->hw ? v3npu_inject_left(s->hw, fault) : s->inject[fault];

    visit_type_uint32(v, name, &n, errp);
}

static void v3npu_set_inject(Object *obj, Visitor *v, const char *name,
                             void *opaque, Error **errp)
{
    V3NPUState *s = V3NPU(obj);
    enum v3npu_inject fault = (uintptr_t)opaque;
    uint32_t n;

    if (!visit_type_uint32(v, name, &n, errp)) {
        return;
    }
    if (s->hw) {
        trace_v3npu_inject(v3npu_bdf(s), fault, n);
        v3npu_inject_arm(s->hw, fault, n);
    } else {
        s->inject[fault] = n;
    }
}

static void v3npu_add_inject_properties(ObjectClass *klass)
{
    uintptr_t fault;

    for (fault = 0; fault < V3NPU_NUM_INJECT; fault++) {
        g_autofree char *name = g_strdup_printf("x-inject-%s",
                                                v3npu_inject_name(fault));

        object_class_property_add(klass, name, "uint32", v3npu_get_inject,
                                  v3npu_set_inject, NULL, (void *)fault);
        object_class_property_set_description(klass, name,
                                              v3npu_inject_text(fault));
    }
}

static void v3npu_instance_init(Object *obj)
{
    V3NPUState *s = V3NPU(obj);

    s->config = (struct v3npu_config)V3NPU_CONFIG_DEFAULT;
    s->sram = s->config.sram_size;
    v3npu_memory_init(&s->memory, PCI_DEVICE(obj));
}

static void v3npu_instance_finalize(Object *obj)
{
    V3NPUState *s = V3NPU(obj);

    v3npu_memory_finalize(&s->memory);
}

static const VMStateDescription v3npu_vmstate = {
    .name = TYPE_V3NPU,
    .unmigratable = 1,
};

/* The defaults are the engine library's: see v3npu_instance_init() */
#define V3NPU_PROP_UINT32(name, field)                                  \
    DEFINE_PROP_UNSIGNED_NODEFAULT(name, V3NPUState, config.field,      \
                                   qdev_prop_uint32, uint32_t)

static Property v3npu_properties[] = {
    V3NPU_PROP_UINT32("macs", macs),
    DEFINE_PROP_UNSIGNED_NODEFAULT("sram", V3NPUState, sram,
                                   qdev_prop_size, uint64_t),
    V3NPU_PROP_UINT32("dram-mbps", dram_mbps),
    V3NPU_PROP_UINT32("dram-latency", dram_latency),
    V3NPU_PROP_UINT32("dram-burst", dram_burst),
    V3NPU_PROP_UINT32("clock-mhz", clock_mhz),
    V3NPU_PROP_UINT32("threads", threads),
    DEFINE_PROP_STRING("x-kernel", V3NPUState, kernel),
    DEFINE_PROP_BOOL("x-post-writes", V3NPUState, post.enabled, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void v3npu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = v3npu_realize;
    pc->exit = v3npu_exit;
    pc->config_write = v3npu_config_write;
    pc->vendor_id = V3NPU_PCI_VENDOR_ID;
    pc->device_id = V3NPU_PCI_DEVICE_ID;
    pc->revision = V3NPU_PCI_REVISION;
    pc->class_id = V3NPU_PCI_CLASS;

    dc->desc = "V3NPU neural processing unit";
    dc->reset = v3npu_reset;
    dc->vmsd = &v3npu_vmstate;
    device_class_set_props(dc, v3npu_properties);
    v3npu_add_inject_properties(klass);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo v3npu_info = {
    .name = TYPE_V3NPU,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(V3NPUState),
    .instance_init = v3npu_instance_init,
    .instance_finalize = v3npu_instance_finalize,
    .class_init = v3npu_class_init,
    .interfaces = (InterfaceInfo[]) {
        { INTERFACE_PCIE_DEVICE },
        { }
    },
};

static void v3npu_register_types(void)
{
    type_register_static(&v3npu_info);
}

type_init(v3npu_register_types)
