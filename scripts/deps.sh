#!/usr/bin/env bash
# What build and tests need: Go, the modules of go.mod in its cache, and the real servers of scripts/packages.txt (Debian).
# Nothing to do the second time. PACKAGES=no leaves the servers out (`make build` does): then tests against them cannot run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
go=${GO:-go}

if ! command -v "$go" >/dev/null; then
	echo "deps: there is no '$go' in PATH: install Go $(awk '$1 == "go" {print $2}' go.mod) or later (https://go.dev/dl)" >&2
	exit 1
fi
echo "deps: $("$go" version)"
"$go" mod download
[[ ${PACKAGES:-yes} == no ]] && exit 0

if ! command -v dpkg-query >/dev/null; then
	echo "deps: this is no Debian: install by hand what scripts/packages.txt lists, for the tests against real servers" >&2
	exit 1
fi
missing=()
while read -r package; do
	[[ $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) == "install ok installed" ]] || missing+=("$package")
done < <(sed 's/#.*//; s/[[:space:]]*$//; /^$/d' scripts/packages.txt)
if ((${#missing[@]} == 0)); then
	echo "deps: the real servers are installed"
	exit 0
fi
if ((EUID != 0)); then
	echo "deps: run once as root, for the tests against real servers: apt-get install -y --no-install-recommends ${missing[*]}" >&2
	exit 1
fi
echo "deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive

# No server may start because it was installed: the tests start their own, on loopback and in namespaces of their own. A policy
# that is already there stays.
policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi
log=$(mktemp)
apt() { apt-get -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@" >"$log" 2>&1 || { tail -20 "$log" >&2; return 1; }; }
apt install -y --no-install-recommends "${missing[@]}" || { apt update && apt install -y --no-install-recommends "${missing[@]}"; }
rm -f "$log"
