# SPDX-License-Identifier: MIT
"""QEMU's intel-iommu, as a kernel uses it; one domain for one device on bus 0."""

REGS = 0xfed90000
ECAP, GCMD, GSTS, RTADDR, CCMD, FSTS = 0x10, 0x18, 0x1c, 0x20, 0x28, 0x34
FECTL, FEDATA, FEADDR = 0x38, 0x3c, 0x40
GCMD_TE, GCMD_SRTP = 1 << 31, 1 << 30
CCMD_ICC, CCMD_GLOBAL = 1 << 63, 1 << 61
IOTLB_IVT = 1 << 63
GLOBAL, DOMAIN, PAGE_SELECTIVE = 1, 2, 3
DOMAIN_ID = 7

READ, WRITE = 1, 2
PAGE = 4096


class Vtd:
    """The IOMMU, with tables in the machine's memory from an address on."""

    def __init__(self, machine, base, devfn):
        self.machine = machine
        self.root, self.context, self.top = base, base + PAGE, base + 2 * PAGE
        self.free = base + 3 * PAGE
        self.tables = {}
        machine.clear(base, 3 * PAGE)
        machine.write64(self.root, self.context | 1)
        self.context_entry = self.context + 16 * devfn
        self.attach()
        ecap = machine.read32(REGS + ECAP)
        self.iotlb = (ecap >> 8 & 0x3ff) * 16
        # Faults raise an interrupt, as a kernel wants it
        machine.write32(REGS + FEDATA, 0x40)
        machine.write32(REGS + FEADDR, 0xfee00000)
        machine.write32(REGS + FECTL, 0)

    def attach(self):
        """Put the device into the domain."""
        self.machine.write64(self.context_entry + 8, DOMAIN_ID << 8 | 1)
        self.machine.write64(self.context_entry, self.top | 1)

    def enable(self, on=True):
        """Switch translation on, or off."""
        self.machine.write64(REGS + RTADDR, self.root)
        self.machine.write32(REGS + GCMD, GCMD_SRTP)
        self.machine.write64(REGS + CCMD, CCMD_ICC | CCMD_GLOBAL)
        self.invalidate(GLOBAL)
        self.machine.write32(REGS + GCMD, GCMD_TE if on else 0)

    def invalidate(self, what, addr=0, mask=0):
        """Invalidate translations: all, the domain's, or 1 << mask pages; done on return."""
        self.machine.write64(REGS + self.iotlb, addr | mask)
        self.machine.write64(REGS + self.iotlb + 8, IOTLB_IVT | what << 60 | DOMAIN_ID << 32)

    def detach(self):
        """Take the device out of the domain, as a kernel does it; done on return."""
        self.machine.write64(self.context_entry, 0)
        self.machine.write64(REGS + CCMD, CCMD_ICC | CCMD_GLOBAL)
        self.invalidate(GLOBAL)

    def _entry(self, addr):
        table = self.top
        for shift in (30, 21):
            at = table + 8 * (addr >> shift & 511)
            key = (shift, addr >> shift)
            if key not in self.tables:
                self.tables[key] = self.free
                self.free += PAGE
                self.machine.clear(self.tables[key], PAGE)
                self.machine.write64(at, self.tables[key] | READ | WRITE)
            table = self.tables[key]
        return table + 8 * (addr >> 12 & 511)

    def map(self, addr, memory, size=PAGE, access=READ | WRITE):
        """Map addresses; access 0 takes mappings away. Invalidates nothing."""
        for offset in range(0, size, PAGE):
            entry = memory + offset | access if access else 0
            self.machine.write64(self._entry(addr + offset), entry)

    def fault(self):
        """Whether a fault was recorded since the last call."""
        status = self.machine.read32(REGS + FSTS)
        frcd = (self.machine.read32(REGS + 0x8) >> 24 | self.machine.read32(REGS + 0xc) << 8) & 0x3ff
        self.machine.write32(REGS + frcd * 16 + 12, 1 << 31)
        self.machine.write32(REGS + FSTS, status)
        return bool(status & 2)
