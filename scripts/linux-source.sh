#!/bin/sh
# SPDX-License-Identifier: MIT
#
# linux-source.sh OUTDIR: extract what lint and tests use of the kernel's
# source (Debian's linux-source-6.12): checkpatch, kernel-doc, kselftest's headers and
# scripts, and vgem's header, which is in no package of headers for programs.

set -eu

[ $# = 1 ] || {
	echo "usage: linux-source.sh OUTDIR" >&2
	exit 2
}
tarball=/usr/src/linux-source-6.12.tar.xz
[ -e $tarball ] || {
	echo "linux-source.sh: $tarball not found; run scripts/deps.sh check" >&2
	exit 1
}
mkdir -p "$1"
# The root directory's name in the archive is left out.
tar -C "$1" -xJf $tarball --strip-components=1 --wildcards --no-anchored \
	scripts/kernel-doc scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch \
	tools/testing/selftests/kselftest.h tools/testing/selftests/kselftest_harness.h \
	tools/testing/selftests/run_kselftest.sh tools/testing/selftests/kselftest/runner.sh \
	tools/testing/selftests/kselftest/prefix.pl \
	include/uapi/drm/vgem_drm.h
# Where checkpatch looks for names, when run here.
mkdir -p "$1/include"
dpkg-query -W -f '${Version}\n' linux-source-6.12 >"$1/version"
