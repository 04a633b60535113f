# Sourced by the scripts beside it: finds what the build needs and installs what is missing.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "error: $*"
  exit 1
}

# The newest LLVM development package that the distribution has and that is new enough (15: opaque pointers).
llvm_package() {
  local version
  for version in 22 21 20 19 18 17 16 15; do
    if apt-cache show "llvm-$version-dev" >/dev/null 2>&1; then
      echo "llvm-$version-dev"
      return
    fi
  done
  echo "llvm-dev"
}

has_llvm() { compgen -G '/usr/lib/llvm-1[5-9]/include/llvm-c/Core.h' >/dev/null \
  || compgen -G '/usr/lib/llvm-[2-9][0-9]/include/llvm-c/Core.h' >/dev/null \
  || { [ -n "${LLVM_PREFIX:-}" ] && [ -f "$LLVM_PREFIX/include/llvm-c/Core.h" ]; }; }

has_header() { [ -f "/usr/include/$1" ] || [ -f "/usr/include/$(uname -m)-linux-gnu/$1" ]; }

# Prints the packages that are missing, one a line.
missing_packages() {
  has_llvm || llvm_package
  has_header cblas.h || has_header openblas/cblas.h || echo libopenblas-dev
  has_header zlib.h || echo zlib1g-dev
  has_header nettle/sha2.h || echo nettle-dev
  has_header png.h || echo libpng-dev
  has_header turbojpeg.h || echo libturbojpeg0-dev
  has_header curl/curl.h || echo libcurl4-openssl-dev
  has_header sqlite3.h || echo libsqlite3-dev
  has_header cairo/cairo.h || echo libcairo2-dev
  ldconfig -p 2>/dev/null | grep -q 'libgomp\.so\.1' || echo libgomp1
  command -v pkg-config >/dev/null || echo pkg-config
  command -v ld >/dev/null || command -v ld.lld >/dev/null || echo binutils
  [ -d /usr/share/fonts/truetype/dejavu ] || echo fonts-dejavu-core
}

# Installs what is missing, with sudo where that is needed; where it cannot, names what to install.
ensure_packages() {
  command -v swift >/dev/null || fail "swift is not on the PATH: install Swift 6 or later (https://www.swift.org/install)"
  local missing runner=()
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086
  set -- $missing
  command -v apt-get >/dev/null || fail "these packages are missing (Debian's names): $*"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || fail "packages are missing; run: sudo apt-get install $*"
    runner=(sudo)
  fi
  say "installing $*"
  if ! apt-cache show "$1" >/dev/null 2>&1; then "${runner[@]}" apt-get update -qq || true; fi
  # The list may only now say which LLVM there is.
  missing=$(missing_packages)
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive "${runner[@]}" apt-get install -y -qq --no-install-recommends $missing >/dev/null \
    || fail "could not install packages; run: sudo apt-get install $(echo $missing)"
}

# `swift` with the manifest read anew: it looks for LLVM, and SwiftPM would remember that there was none.
build() { swift build -c release --manifest-cache none "$@"; }
