#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Print the version of the kernel that the driver is built for and the test
# machine boots, e.g. 6.12.117+deb12-amd64: the newest Debian 6.12 kernel that
# apt offers with its headers. The first choice stays until "make clean", so
# that driver and kernel never differ. V3NPU_LINUX overrides it.

set -eu

# The cloud and rt kernels are not matched: the first has no DRM.
pattern='6\.12\.[0-9]+\+[^-]*-amd64'

choice=$(cd "$(dirname "$0")/.." && pwd)/build/kernel-version

if [ -n "${V3NPU_LINUX-}" ]; then
	echo "$V3NPU_LINUX"
	exit 0
fi

if [ ! -s "$choice" ]; then
	version=
	for v in $(apt-cache pkgnames linux-headers-6.12. | sed 's/^linux-headers-//' |
			grep -E "^$pattern\$" | sort -rV); do
		if apt-cache show "linux-image-$v" >/dev/null 2>&1 &&
				apt-cache show "linux-headers-$v" >/dev/null 2>&1; then
			version=$v
			break
		fi
	done
	if [ -z "$version" ]; then
		echo "kernel-version.sh: apt knows no linux-image-6.12.*-amd64;" \
			"run apt-get update, on Debian 12 with its security archive" >&2
		exit 1
	fi
	mkdir -p "$(dirname "$choice")"
	echo "$version" >"$choice.$$"
	mv "$choice.$$" "$choice"
fi
cat "$choice"
