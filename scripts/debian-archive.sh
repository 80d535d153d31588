# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by what makes a Debian of its own with mmdebstrap: the archives, and how to reach
# them, are those of this machine's apt.

# debian_archive [SUFFIX]: print the address of the archive of Debian's releases, or of those with
# a name that ends in SUFFIX, such as -security; nothing if apt knows none.
debian_archive()
{
	apt-get indextargets --format '$(SITE) $(RELEASE)' 'Created-By: Packages' 'Origin: Debian' |
		awk -v suffix="${1-}" '(suffix == "" ? $2 !~ /-/ : $2 ~ suffix "$") { print $1; exit }'
}

# debian_options: print the lines of apt's configuration that say how archives are reached.
debian_options()
{
	apt-config dump Acquire | grep -iE '^Acquire::(https?::|Check-Valid-Until|Retries)' || true
}
