/* SPDX-License-Identifier: MIT */
/*
 * Included before everything when sparse reads the driver: what headers of Linux
 * 7.x use and Debian's sparse (0.6.4) does not know. The compiler checks both.
 */
#define __typeof_unqual__	__typeof__
#define _Static_assert(...)	_Static_assert(1, "")
