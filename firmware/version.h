/* SPDX-License-Identifier: MIT */
/* Version of the firmware, for the image header and the status block */
#ifndef FW_VERSION_H
#define FW_VERSION_H

/* Its parts are those of VERSION, which the build gives */
#define FW_VERSION	(FW_VERSION_MAJOR << 16 | FW_VERSION_MINOR << 8 | FW_VERSION_PATCH)

#endif /* FW_VERSION_H */
