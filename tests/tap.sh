# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by tests that are shell scripts: one test a call of check, numbered.

# explain: what helps to find out why a test failed, as comments; scripts define their own.
explain()
{
	:
}

number=0
# check DESCRIPTION COMMAND...: one test, passed if the command succeeds.
check()
{
	number=$((number + 1))
	description=$1
	shift
	if "$@"; then
		echo "ok $number - $description"
	else
		echo "not ok $number - $description"
		explain
	fi
}
