# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced: what in a kernel's log says that something is wrong with the kernel,
# with or without the checks of the debug kernel (tests/debug-kernel).

reports='WARNING: |BUG: |kernel BUG|Oops|Call Trace|Modules linked in|general protection|refcount_t:'
reports="$reports|KASAN: |UBSAN: |ODEBUG: |list_(add|del) corruption|detected (buffer overflow|stalls)"
reports="$reports|INFO: |suspicious RCU|scheduling while atomic|possible (recursive|circular)"
reports="$reports|DMA-API: .*(device driver|cacheline|disabling|exceeded)"
reports="$reports|kmemleak: (unreferenced|[0-9]+ new|.*disabled)|Objects remaining in"

# find_reports LOG: print the lines of the log that are reports; fails if there are none.
find_reports()
{
	grep -E "$reports" "$1"
}
