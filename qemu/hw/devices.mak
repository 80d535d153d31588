# SPDX-License-Identifier: GPL-2.0-or-later
# The devices of the test machine, on top of --without-default-devices.
CONFIG_Q35=y
CONFIG_PCIE_PORT=y
CONFIG_VIRTIO_PCI=y
CONFIG_VIRTIO_9P=y
CONFIG_VIRTIO_SERIAL=y
CONFIG_SERIAL_ISA=y
CONFIG_ISA_DEBUG=y
CONFIG_V3NPU=y
# The IOMMU that the NPU works behind, and one that it must refuse.
CONFIG_VTD=y
CONFIG_AMD_IOMMU=y
