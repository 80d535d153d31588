# SPDX-License-Identifier: MIT
#
# What the tests of this directory have in common; for sh. They set top and call plan last.

out=$top/build/upstream
mkdir -p "$out"
. "$top/tests/tap.sh"
# Python's modules are of the distribution's packages, and so for its own python3.
PATH=/usr/bin:$PATH

# Who commits, so that no test depends on the machine's own git. Hooks are not for these trees.
export GIT_AUTHOR_NAME="V3NPU developers" GIT_AUTHOR_EMAIL=v3npu@example.org
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=gc.auto GIT_CONFIG_VALUE_0=0
export GIT_CONFIG_KEY_1=core.hooksPath GIT_CONFIG_VALUE_1=/dev/null
# A tree of its own is what git finds, or none
export GIT_CEILING_DIRECTORIES=$top/build

explain()
{
	failed=1
}

# A test that could not even begin ends the program.
must()
{
	failed=
	check "$@"
	[ -z "$failed" ] || {
		plan
		exit 1
	}
}

plan()
{
	echo "1..$number"
}

# base TREE PATH...: a git repository of the tree with these paths in it, as branch base, to which
# the tree goes back; what else is there is not git's.
base()
{
	cd "$1" || return
	shift
	if [ -e .git ]; then
		git am --abort 2>/dev/null
		git checkout -q -f -B applied base
	else
		git init -q . && git add -f -- "$@" && git commit -q -m "the tree as it is" &&
			git branch -M base && git checkout -q -B applied
	fi
}

# make_series NAME TREE: the series, made in a copy of what git has of the tree, as
# build/upstream/NAME-patches.
make_series()
{
	copy=$out/$1-series
	rm -rf "$copy" "$out/$1-patches"
	git clone -q -b base "$2" "$copy" && "$top/scripts/upstream/$1" "$copy" &&
		git -C "$copy" format-patch -q -o "$out/$1-patches" origin/base
}

# Whether the entry in MAINTAINERS, in the tree after all patches, covers each file of the series
all_maintained()
{
	git diff --name-only --diff-filter=A base applied | while read -r path; do
		awk -v path="$path" '
			/^F:/ { found = found || path == $2 || ($2 ~ /\/$/ && index(path, $2) == 1) }
			/^[^:]*V3NPU$/ { inside = 1 }
			inside && /^$/ { exit }
			!inside { found = 0 }
			END { exit !found }' MAINTAINERS || echo "$path"
	done | grep . && return 1
	return 0
}
