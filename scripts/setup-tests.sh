#!/usr/bin/env bash
# Installs what some tests need and can do without: qemu-user, which runs programs for arm64 so that they leave arm64
# cores, delve, which dumps programs, and Chromium, which opens the web viewer. Those tests say that they did not run
# where it is missing, so this never fails: without root, without a network, or on a system without apt, dnf or apk there
# is nothing to do here.
#
# Tests with programs for Windows need wine, a MinGW compiler and delve for Windows, which are not installed here:
#   apt-get install wine64 gcc-mingw-w64-x86-64; GOOS=windows go install github.com/go-delve/delve/cmd/dlv@v1.27.2
set -uo pipefail
cd "$(dirname "$0")/.." || exit 0

DELVE=github.com/go-delve/delve/cmd/dlv@v1.27.2

has() { for name in "$@"; do if command -v "$name" > /dev/null; then return 0; fi; done; return 1; }

# Seconds that anything may take: with a registry that does not answer it is given up.
MOST=200

# Compiled as the tests' programs are, so that these find a part of the standard library compiled.
install_delve() {
  if has dlv || ! has go; then return; fi
  if [ -x "$(go env GOPATH)/bin/dlv" ]; then return; fi
  CGO_ENABLED=0 GOGC=400 timeout -k 5 "$MOST" go install -trimpath "$DELVE" > /dev/null 2>&1 ||
    echo 'delve could not be installed: tests with its dumps will not run' >&2
}

# The Go versions that tests build with, which `go` downloads.
get_go() {
  if ! has go; then return; fi
  for version in $(sed -n "/GO_VERSIONS = \[/,/\]/s/^ *'\([0-9.]*\)',/\1/p" test/oracle/toolchain.ts); do
    GOTOOLCHAIN=go$version timeout -k 5 "$MOST" go version > /dev/null 2>&1 || {
      echo "Go $version could not be had: tests with it may not run" >&2
      return
    }
  done
}

root=()
if [ "$(id -u)" -ne 0 ]; then root=(sudo -n); fi
install() { # names of the package for apt, dnf and apk
  if has apt-get; then
    "${root[@]}" apt-get update -qq && "${root[@]}" apt-get install -y -qq --no-install-recommends "$1"
  elif has dnf; then
    "${root[@]}" dnf install -y -q "$2"
  elif has apk; then
    "${root[@]}" apk add -q "$3"
  else
    return 1
  fi
}
try() { # what it is for, then as install
  DEBIAN_FRONTEND=noninteractive timeout -k 5 "$MOST" bash -c "$(declare -p root); $(declare -f has install); install ${*:2}" \
    > /dev/null 2>&1 || echo "$2 could not be installed: tests $1 will not run" >&2
}

get_go &
install_delve &
if [ "$(uname -m)" != aarch64 ] && ! has qemu-aarch64-static qemu-aarch64; then
  try 'with arm64 programs' qemu-user-static qemu-user-static-aarch64 qemu-aarch64
fi
if ! has chromium chromium-browser google-chrome-stable google-chrome; then
  try 'of the web viewer in a browser' chromium chromium chromium
fi
wait
exit 0
