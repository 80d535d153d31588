# SPDX-License-Identifier: MIT
#
# Drops from a kernel's log what Linux 6.12 itself reports when faults.c lets its
# allocations fail: request_irq() goes on without files in /proc/irq, whose
# removal then warns; and vmalloc() says where it failed.

function flush()
{
	if (text !~ /Comm: v3npu_faults/ || text !~ / unregister_irq_proc\+/)
		printf "%s", text
	text = ""
}

/cut here/ { flush(); held = 1 }
held { text = text $0 "\n" }
held && /end trace/ { flush(); held = 0; next }
held { next }

/v3npu_faults: vmalloc error: / { skipped = 1 }
!skipped { print }
skipped && /<\/TASK>/ { skipped = 0 }

END { flush() }
