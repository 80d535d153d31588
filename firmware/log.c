// SPDX-License-Identifier: MIT
/* The log ring, which the driver reads through BAR2 */
#include <stdarg.h>

#include "hw.h"
#include "log.h"

#define LOG	((volatile struct v3npu_log *)V3NPU_LOG_OFFSET)

_Static_assert((sizeof(LOG->text) & (sizeof(LOG->text) - 1)) == 0, "masked, not divided");

static __u32 max_level = V3NPU_LOG_INFO;
static __u32 position;	/* LOG->written and what the current line adds to it */

static void put_char(char c)
{
	LOG->text[position++ % sizeof(LOG->text)] = (__u8)c;
}

static void put_string(const char *s)
{
	while (*s)
		put_char(*s++);
}

static void put_decimal(__u32 value)
{
	char digits[10];
	unsigned int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n)
		put_char(digits[--n]);
}

static void put_hex(__u32 value)
{
	int shift;

	for (shift = 28; shift >= 0; shift -= 4)
		put_char("0123456789abcdef"[value >> shift & 15]);
}

void log_init(void)
{
	LOG->magic = 0;
	LOG->size = sizeof(LOG->text);
	LOG->written = 0;
	LOG->reserved = 0;
	write_fence();
	LOG->magic = V3NPU_LOG_MAGIC;
}

void log_set_level(__u32 level)
{
	max_level = level;
}

void log_print(__u32 level, const char *fmt, ...)
{
	va_list args;

	if (level > max_level)
		return;

	put_char("EID"[level]);
	put_char(' ');
	va_start(args, fmt);
	for (; *fmt; fmt++) {
		unsigned int longs = 0;
		__u64 wide;

		if (*fmt != '%') {
			put_char(*fmt);
			continue;
		}
		while (*++fmt == 'l')
			longs++;
		switch (*fmt) {
		case 'u':
			put_decimal(va_arg(args, __u32));
			break;
		case 'x':
			if (longs == 2) {
				wide = va_arg(args, __u64);
				put_hex((__u32)(wide >> 32));
				put_hex((__u32)wide);
			} else {
				put_hex(va_arg(args, __u32));
			}
			break;
		case 's':
			put_string(va_arg(args, const char *));
			break;
		default:
			put_char(*fmt);
		}
	}
	va_end(args);
	put_char('\n');

	/* Readers see whole lines only */
	write_fence();
	LOG->written = position;
}
