#!/bin/sh
# SPDX-License-Identifier: MIT
#
# kernel-headers.sh OUTDIR: fetch the headers of the kernel that
# scripts/kernel-version.sh names and leave in OUTDIR what a module is built
# with. They are not installed because their package installs that kernel, too,
# and this machine is to keep booting its own.

set -eu

die()
{
	echo "kernel-headers.sh: $*" >&2
	exit 1
}

[ $# = 1 ] || die "usage: kernel-headers.sh OUTDIR"
top=$(cd "$(dirname "$0")/.." && pwd)
version=$("$top/scripts/kernel-version.sh")
# What of the headers is the same for all flavours is installed: scripts/deps.sh.
kbuild=/usr/lib/linux-kbuild-${version%-amd64}
[ -d "$kbuild" ] || die "$kbuild not found; run scripts/deps.sh run"

mkdir -p "$(dirname "$1")"
work=$(mktemp -d "$1.XXXXXX")
trap 'rm -rf "$work"' EXIT
(cd "$work" && apt-get -q -o "APT::Sandbox::User=$(id -un)" download "linux-headers-$version") ||
	die "cannot fetch linux-headers-$version; run apt-get update (make clean to choose" \
		"the kernel anew)"
dpkg-deb -x "$work"/linux-headers-*.deb "$work"
headers=$work/usr/src/linux-headers-$version
# These links are relative to where the package belongs.
ln -sfn "$kbuild/scripts" "$headers/scripts"
ln -sfn "$kbuild/tools" "$headers/tools"
rm -rf "$1"
mv "$headers" "$1"
echo "$version" >"$1/version"
