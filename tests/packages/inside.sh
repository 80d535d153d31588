#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Runs as root in a Debian with nothing of this tree in it but packages, in /srv/v3npu/deb,
# and in /srv/v3npu/data a model and a picture. Prints TAP.

. /srv/v3npu/tap.sh
log=/tmp/log

as_user()
{
	runuser -u user -- env HOME=/home/user "$@"
}

finds_a_disc()
{
	as_user v3run /srv/v3npu/data/smallnet.tflite /srv/v3npu/data/smallnet.png -o /tmp/found.png &&
		as_user v3run /srv/v3npu/data/smallnet.tflite /srv/v3npu/data/smallnet.png | grep -q 'red disc'
}

refuses_others()
{
	! runuser -u stranger -- v3run /srv/v3npu/data/smallnet.tflite /srv/v3npu/data/smallnet.png 2>$log.err &&
		grep -qi 'permission\|group' $log.err
}

builds_a_program()
{
	cat >/tmp/app.c <<'C'
#include <stdio.h>
#include <v3npu.h>

/* Names that the library has for itself */
int cpu_map(void) { return 1; }
int fb_root(void) { return 2; }

int main(int argc, char **argv)
{
	struct v3npu_device *device;

	if (argc < 2 || v3npu_device_open(argv[1], &device)) {
		fprintf(stderr, "%s\n", v3npu_error());
		return 1;
	}
	v3npu_device_close(device);
	return cpu_map() + fb_root() != 3;
}
C
	# shellcheck disable=SC2046
	cc -o /tmp/app /tmp/app.c $(pkg-config --cflags --libs v3npu) &&
		cc -o /tmp/app-static /tmp/app.c $(pkg-config --cflags v3npu) -l:libv3npu.a \
			$(pkg-config --libs libdrm libzip zlib) -lXNNPACK -lpthreadpool -lm -pthread &&
		as_user /tmp/app accel && as_user /tmp/app-static accel && ldd /tmp/app | grep -q 'libv3npu.so.1 =>'
}

builds_an_example()
{
	# shellcheck disable=SC2046
	cc -o /tmp/threads /usr/share/doc/v3npu-doc/examples/threads.c -pthread \
		$(pkg-config --cflags --libs v3npu) &&
		as_user /tmp/threads /srv/v3npu/data/smallnet.tflite accel
}

builds_a_detector()
{
	source=/usr/share/doc/v3npu-doc/examples/detect.c
	# shellcheck disable=SC2046
	cc -o /tmp/detect $source $(pkg-config --cflags --libs v3npu-vision) &&
		cc -o /tmp/detect-static $source -l:libv3npu-vision.a -l:libv3npu.a \
			$(pkg-config --cflags --libs v3npu-vision libdrm libzip zlib libjpeg libpng jansson) \
			-lXNNPACK -lpthreadpool -lm -pthread &&
		ldd /tmp/detect | grep -q 'libv3npu-vision.so.1 =>' || return 1
	for program in detect detect-static; do
		as_user /tmp/$program /srv/v3npu/data/smallnet.tflite /srv/v3npu/data/smallnet.png accel \
			/tmp/$program.png | grep -q 'red disc' && [ -s /tmp/$program.png ] || return 1
	done
}

show_their_apis_alone()
{
	for library in libv3npu libv3npu-vision; do
		path=$(ldconfig -p | awk -v name=$library.so.1 '$1 == name { print $NF; exit }')
		nm -D --defined-only "$path" >$log.nm && grep -q ' v3npu_' $log.nm || return 1
		awk '$3 !~ /^(v3npu_[a-z_]*@@)?V3NPU(_VISION)?_1$/' $log.nm | grep . && return 1
	done
	true
}

has_man_pages()
{
	for page in v3run.1 v3compile.1 v3quant.1 v3crc.1 v3npu.4 libv3npu.3 libv3npu-vision.3; do
		ls /usr/share/man/man"${page##*.}"/"$page".gz || return 1
	done
}

completes()
{
	bash -c '. /usr/share/bash-completion/bash_completion
		. /usr/share/bash-completion/completions/v3run
		COMP_WORDS=(v3run --js) COMP_CWORD=1 COMP_LINE="v3run --js" COMP_POINT=10
		_v3npu v3run --js v3run; [ "${COMPREPLY[*]}" = --json ]'
}

versions_agree()
{
	version=$(dpkg-query -W -f '${Version}' v3npu-tools) &&
		v3run --version | grep -qF "$version" && [ "$(modinfo -F version v3npu)" = "$version" ]
}

leaves_nothing()
{
	rmmod v3npu &&
		apt-get -y purge $packages && {
		find / -xdev \( -path /proc -o -path /sys -o -path /srv -o -path /tmp -o -path /var/log -o \
			-path /var/lib/apt -o -path /home -o -path /var/cache \) -prune -o -path /etc/systemd -prune -o -name '*v3npu*' -print -o \
			-name 'v3run*' -print | grep . && return 1
		! find /lib/modules -name '*v3npu*' | grep .
	}
}

packages=$(cd /srv/v3npu/deb && for f in *.deb; do echo "${f%%_*}"; done)
check "apt installs the packages" quietly apt-get -y install /srv/v3npu/deb/*.deb
check "dkms has built and installed the module for $(uname -r)" quietly \
	sh -c "dkms status v3npu | grep -q \"$(uname -r).*installed\""
check "the module is signed" quietly sh -c 'modinfo -F sig_id v3npu | grep -q PKCS'
check "it loads" quietly modprobe v3npu
udevadm settle
check "there is a device, of group render" quietly sh -c '[ "$(stat -c %G /dev/accel/accel0)" = render ]'
check "a user of group render finds the disc in a picture" quietly finds_a_disc
check "others are told that they may not" quietly refuses_others
check "a program is built with pkg-config, and runs" quietly builds_a_program
check "an example is built, and runs" quietly builds_an_example
check "a program that finds objects in pictures is, too" quietly builds_a_detector
check "the libraries show their interfaces and nothing else" quietly show_their_apis_alone
check "there are man pages" quietly has_man_pages
check "bash completes options" quietly completes
check "the versions agree" quietly versions_agree
check "the kernel has no complaint" quietly sh -c '! dmesg | grep -E "WARNING: |BUG: |Oops|Call Trace"'
check "apt purge leaves nothing" quietly leaves_nothing
echo "1..$number"
