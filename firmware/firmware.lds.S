/* SPDX-License-Identifier: MIT */
/*
 * Memory of the core: the image from 0, its data, then the stack; all of it
 * below V3NPU_FW_LIMIT, where the blocks shared with the driver begin.
 * Preprocessed with the macros of hwabi/v3npu/ipc.h.
 */
OUTPUT_ARCH(riscv)
ENTRY(_start)

MEMORY {
	core (rwx) : ORIGIN = 0, LENGTH = V3NPU_FW_LIMIT
}

STACK_SIZE = 0x2000;

SECTIONS {
	.text : {
		KEEP(*(.text.start))
		*(.text .text.*)
	} > core
	.rodata : ALIGN(8) {
		*(.rodata .rodata.* .srodata .srodata.*)
	} > core
	.data : ALIGN(8) {
		*(.data .data.* .sdata .sdata.*)
		. = ALIGN(4);
	} > core
	.bss (NOLOAD) : ALIGN(16) {
		__bss_start = .;
		*(.bss .bss.* .sbss .sbss.* COMMON)
		. = ALIGN(4);
		__bss_end = .;
	} > core
	.stack (NOLOAD) : ALIGN(16) {
		__stack_bottom = .;
		. += STACK_SIZE;
		__stack_top = .;
	} > core
	/DISCARD/ : {
		*(.comment .note .note.* .riscv.attributes .eh_frame .eh_frame.*)
	}
}
