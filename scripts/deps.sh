#!/usr/bin/env bash
# What build and tests need: Go, and the modules of go.mod in its cache. Nothing to do the second time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
go=${GO:-go}

if ! command -v "$go" >/dev/null; then
	echo "deps: there is no '$go' in PATH: install Go $(awk '$1 == "go" {print $2}' go.mod) or later (https://go.dev/dl)" >&2
	exit 1
fi
echo "deps: $("$go" version)"
"$go" mod download
