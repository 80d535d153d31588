/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QTest of the V3NPU: what a host sees of it before there is any firmware.
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_regs.h"
#include "libqos/pci.h"
#include "libqos/pci-pc.h"
#include "libqtest.h"

#include "hw/misc/v3npu/abi/regs.h"

#define SLOT                4
#define RESET_TIMEOUT_US    (10 * 1000 * 1000)

typedef struct Machine {
    QTestState *qts;
    QPCIBus *bus;
    QPCIDevice *dev;
    QPCIBar regs;
    QPCIBar core_mem;
    uint64_t regs_size;
    uint64_t core_mem_size;
} Machine;

static void machine_start(Machine *m, const char *props)
{
    m->qts = qtest_initf("-nodefaults -machine q35 "
                         "-device v3npu,addr=%d.0%s", SLOT, props);
    m->bus = qpci_new_pc(m->qts, NULL);
    m->dev = qpci_device_find(m->bus, QPCI_DEVFN(SLOT, 0));
    g_assert_nonnull(m->dev);
    qpci_device_enable(m->dev);
    m->regs = qpci_iomap(m->dev, V3NPU_BAR_REGS, &m->regs_size);
    m->core_mem = qpci_iomap(m->dev, V3NPU_BAR_CORE_MEM, &m->core_mem_size);
}

static void machine_stop(Machine *m)
{
    g_free(m->dev);
    qpci_free_pc(m->bus);
    qtest_quit(m->qts);
}

static uint32_t reg_read(Machine *m, unsigned int reg)
{
    return qpci_io_readl(m->dev, m->regs, reg);
}

static void reg_write(Machine *m, unsigned int reg, uint32_t value)
{
    qpci_io_writel(m->dev, m->regs, reg, value);
}

static void test_identity(void)
{
    Machine m;

    machine_start(&m, ",macs=512,sram=384K,clock-mhz=700");
    g_assert_cmphex(qpci_config_readw(m.dev, PCI_VENDOR_ID), ==, 0x1234);
    g_assert_cmphex(qpci_config_readw(m.dev, PCI_DEVICE_ID), ==, 0x5633);
    g_assert_cmphex(qpci_config_readw(m.dev, PCI_CLASS_DEVICE), ==, 0x1200);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_ID), ==, 0x504e3356);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_VERSION), ==, 0x00010000);

    /* What properties say, it says */
    g_assert_cmpuint(reg_read(&m, V3NPU_REG_MACS), ==, 512);
    g_assert_cmpuint(reg_read(&m, V3NPU_REG_SRAM_SIZE), ==, 384 * 1024);
    g_assert_cmpuint(reg_read(&m, V3NPU_REG_CLOCK_MHZ), ==, 700);
    machine_stop(&m);
}

static void test_bars(void)
{
    Machine m;

    machine_start(&m, "");
    g_assert_cmphex(m.regs_size, ==, 64 * 1024);
    g_assert_cmphex(m.core_mem_size, ==, 512 * 1024);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_CORE_MEM), ==, m.core_mem_size);

    qpci_msix_enable(m.dev);
    g_assert_cmpuint(qpci_msix_table_size(m.dev), ==, V3NPU_NUM_VECTORS);
    qpci_msix_disable(m.dev);

    /* The core's memory is memory, to its last byte and for any width */
    qpci_io_writeq(m.dev, m.core_mem, 0, 0x0123456789abcdefull);
    g_assert_cmphex(qpci_io_readb(m.dev, m.core_mem, 0), ==, 0xef);
    g_assert_cmphex(qpci_io_readw(m.dev, m.core_mem, 2), ==, 0x89ab);
    g_assert_cmphex(qpci_io_readl(m.dev, m.core_mem, 4), ==, 0x01234567);
    qpci_io_writeb(m.dev, m.core_mem, m.core_mem_size - 1, 0x5a);
    g_assert_cmphex(qpci_io_readb(m.dev, m.core_mem, m.core_mem_size - 1), ==,
                    0x5a);
    machine_stop(&m);
}

static void test_reset(void)
{
    int64_t end;
    Machine m;

    machine_start(&m, "");
    reg_write(&m, V3NPU_REG_IRQ_ENABLE, V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT);
    reg_write(&m, V3NPU_REG_MMU_ROOT_LO(1), 0x1000 | V3NPU_MMU_ROOT_ENABLE);
    qpci_io_writel(m.dev, m.core_mem, 16, 0xcafe);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_IRQ_ENABLE), ==,
                    V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT);

    reg_write(&m, V3NPU_REG_CONTROL, V3NPU_CONTROL_RESET);
    end = g_get_monotonic_time() + RESET_TIMEOUT_US;
    while (reg_read(&m, V3NPU_REG_STATUS) & V3NPU_STATUS_RESETTING) {
        g_assert_cmpint(g_get_monotonic_time(), <, end);
        g_usleep(1000);
    }
    g_assert_cmphex(reg_read(&m, V3NPU_REG_IRQ_ENABLE), ==, 0);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_MMU_ROOT_LO(1)), ==, 0);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_CONTROL), ==, 0);
    /* Its own reset leaves the core's memory alone */
    g_assert_cmphex(qpci_io_readl(m.dev, m.core_mem, 16), ==, 0xcafe);
    machine_stop(&m);
}

static void test_ignored(void)
{
    uint32_t macs;
    Machine m;

    machine_start(&m, "");
    /* What can only be read */
    macs = reg_read(&m, V3NPU_REG_MACS);
    reg_write(&m, V3NPU_REG_ID, 0);
    reg_write(&m, V3NPU_REG_MACS, macs + 1);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_ID), ==, V3NPU_ID_MAGIC);
    g_assert_cmpuint(reg_read(&m, V3NPU_REG_MACS), ==, macs);

    /* What is no register */
    reg_write(&m, 0x0ffc, UINT32_MAX);
    g_assert_cmphex(reg_read(&m, 0x0ffc), ==, 0);
    g_assert_cmphex(reg_read(&m, V3NPU_REGS_SIZE - 4), ==, 0);

    /* Accesses that are no words */
    qpci_io_writeb(m.dev, m.regs, V3NPU_REG_IRQ_ENABLE, V3NPU_IRQ_EVENT);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_IRQ_ENABLE), ==, 0);

    /* Bits without a meaning */
    reg_write(&m, V3NPU_REG_IRQ_ENABLE, UINT32_MAX);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_IRQ_ENABLE), ==,
                    V3NPU_IRQ_EVENT | V3NPU_IRQ_HALT | V3NPU_IRQ_WATCHDOG);
    machine_stop(&m);
}

static void test_power(void)
{
    uint8_t pm;
    Machine m;

    machine_start(&m, "");
    pm = qpci_find_capability(m.dev, PCI_CAP_ID_PM, 0);
    g_assert_cmpuint(pm, !=, 0);
    reg_write(&m, V3NPU_REG_IRQ_ENABLE, V3NPU_IRQ_EVENT);

    /* In D3hot nothing is there, and what is written is lost */
    qpci_config_writew(m.dev, pm + PCI_PM_CTRL, 3);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_ID), ==, UINT32_MAX);
    reg_write(&m, V3NPU_REG_IRQ_ENABLE, V3NPU_IRQ_HALT);

    /* Neither the BARs nor the registers survive it */
    qpci_config_writew(m.dev, pm + PCI_PM_CTRL, 0);
    qpci_device_enable(m.dev);
    qpci_config_writel(m.dev, PCI_BASE_ADDRESS_0, m.regs.addr);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_ID), ==, V3NPU_ID_MAGIC);
    g_assert_cmphex(reg_read(&m, V3NPU_REG_IRQ_ENABLE), ==, 0);
    machine_stop(&m);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qtest_add_func("/v3npu/identity", test_identity);
    qtest_add_func("/v3npu/bars", test_bars);
    qtest_add_func("/v3npu/reset", test_reset);
    qtest_add_func("/v3npu/ignored", test_ignored);
    qtest_add_func("/v3npu/power", test_power);
    return g_test_run();
}
