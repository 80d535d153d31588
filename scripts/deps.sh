#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Install the Debian packages that this tree needs and the machine has not.

set -eu

usage()
{
	cat <<USAGE
Usage: deps.sh [--list] run|check|check-debug|check-kernels|check-packages|check-cross|check-upstream|lint|bench|deb

Installs what is missing for "make run" (or check, check-debug, ...) with apt-get, as
root or with sudo. With --list, prints the packages and installs nothing.
USAGE
}

die()
{
	echo "deps.sh: $*" >&2
	exit 1
}

list=
if [ "${1-}" = --list ]; then
	list=1
	shift
fi

# The build tools, of the host, the control core and the kernel module; what
# QEMU is built from and with; the libraries of v3run; what boots the guest.
packages="build-essential pkg-config python3
	gcc-riscv64-unknown-elf binutils-riscv64-unknown-elf
	dpkg-dev ninja-build meson util-linux
	libglib2.0-dev libpixman-1-dev libfdt-dev libattr1-dev libcap-ng-dev seabios
	libdrm-dev libjpeg62-turbo-dev libpng-dev zlib1g-dev libzip-dev libjansson-dev
	libxnnpack-dev libxnnpack0 libpthreadpool-dev
	busybox-static kmod xz-utils zstd"

# What the tests are built of and with.
tests="linux-source-6.12 udev clang libclang-rt-dev abigail-tools"

case "${1-}" in
run)	;;
check)	packages="$packages $tests" ;;
check-debug)
	packages="$packages $tests bison flex bc libelf-dev" ;;
check-kernels)
	packages="$packages $tests mmdebstrap debian-archive-keyring" ;;
check-packages)
	packages="$packages mmdebstrap debian-archive-keyring e2fsprogs" ;;
check-cross)
	packages="$packages linux-source-6.12 bison flex bc libelf-dev file mmdebstrap
		debian-archive-keyring gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user" ;;
check-upstream)
	packages="$packages linux-source-6.12 git unifdef clang-format-19 pandoc
		sparse perl python3-ply python3-git python3-docutils bison flex bc libelf-dev" ;;
deb)	packages="$packages debhelper dh-dkms pandoc" ;;
lint)	packages="$packages linux-source-6.12 sparse shellcheck perl" ;;
bench)	packages="$packages linux-source-6.12" ;; # and npm, if it is there: scripts/bench
-h|--help)
	usage
	exit 0 ;;
*)
	usage >&2
	exit 2 ;;
esac

installed()
{
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

command -v apt-get >/dev/null || die "this is not Debian: there is no apt-get. Needed:" $packages
[ "$(dpkg --print-architecture)" = amd64 ] || die "only amd64 machines are supported"

# Which kernel apt offers is not known before its first update.
here=$(dirname "$0")
updated=
update()
{
	[ -z "$updated" ] || return 0
	echo "updating apt's package lists"
	as_root apt-get -q update || die "apt-get update failed; is the network up?"
	updated=1
}

if ! kernel=$("$here/kernel-version.sh" 2>/dev/null); then
	update
	kernel=$("$here/kernel-version.sh")
fi
# Not linux-headers-$kernel itself: scripts/kernel-headers.sh says why.
kernel=${kernel%-amd64}
packages="$packages linux-headers-$kernel-common linux-kbuild-$kernel"

if [ -n "$list" ]; then
	printf '%s\n' $packages
	exit 0
fi

missing=
for package in $packages; do
	installed "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
	die "not root, and there is no sudo. As root: apt-get install --no-install-recommends$missing"
fi
echo "installing$missing"
update
as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing ||
	die "apt-get install failed:$missing"
