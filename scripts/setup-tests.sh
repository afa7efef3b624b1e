#!/usr/bin/env bash
# Installs what some tests need and can do without: qemu-user, which runs programs for arm64 so that they leave arm64
# cores, and delve, which dumps programs. Those tests say that they did not run where it is missing, so this never fails:
# without root, without a network, or on a system without apt, dnf or apk there is nothing to do here.
#
# Tests with programs for Windows need wine, a MinGW compiler and delve for Windows, which are not installed here:
#   apt-get install wine64 gcc-mingw-w64-x86-64; GOOS=windows go install github.com/go-delve/delve/cmd/dlv@v1.27.2
set -uo pipefail

DELVE=github.com/go-delve/delve/cmd/dlv@v1.27.2

install_delve() {
  if command -v dlv > /dev/null || ! command -v go > /dev/null; then return; fi
  if [ -x "$(go env GOPATH)/bin/dlv" ]; then return; fi
  timeout 300 go install "$DELVE" > /dev/null 2>&1 ||
    echo 'delve could not be installed: tests with its dumps will not run' >&2
}
install_delve

for emulator in qemu-aarch64-static qemu-aarch64; do
  if command -v "$emulator" > /dev/null; then exit 0; fi
done
if [ "$(uname -m)" = aarch64 ]; then exit 0; fi

root=()
if [ "$(id -u)" -ne 0 ]; then root=(sudo -n); fi
install() {
  if command -v apt-get > /dev/null; then
    "${root[@]}" apt-get update -qq && "${root[@]}" apt-get install -y -qq --no-install-recommends qemu-user-static
  elif command -v dnf > /dev/null; then
    "${root[@]}" dnf install -y -q qemu-user-static-aarch64
  elif command -v apk > /dev/null; then
    "${root[@]}" apk add -q qemu-aarch64
  else
    return 1
  fi
}
DEBIAN_FRONTEND=noninteractive timeout 180 bash -c "$(declare -p root); $(declare -f install); install" > /dev/null 2>&1 ||
  echo 'qemu-user could not be installed: tests with arm64 programs will not run' >&2
exit 0
