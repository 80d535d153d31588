# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by tests that are shell scripts, of the host and of the guest: one test a
# call of check, numbered.

# explain: what helps to find out why a test failed, as comments; scripts define their own.
explain()
{
	:
}

# quietly COMMAND...: run a command, whose output is comments, and only if it fails.
quietly()
{
	output=$(mktemp)
	"$@" >"$output" 2>&1
	status=$?
	[ $status = 0 ] || tail -n 40 "$output" | cut -c1-300 | sed 's/^/# /'
	rm -f "$output"
	return $status
}

# What is between a test's number and its description.
mark="- "
number=0
# check DESCRIPTION COMMAND...: one test, passed if the command succeeds.
check()
{
	number=$((number + 1))
	description=$1
	shift
	if "$@"; then
		echo "ok $number $mark$description"
	else
		explain
		echo "not ok $number $mark$description"
	fi
}
