#!/usr/bin/env bash
# Fetches Debian's arm64 packages of the libraries that clipkit is built with and unpacks them into build/sysroot-aarch64,
# for the preset aarch64. Nothing is installed and the system's own package lists stay as they are: apt works on a
# folder of its own here, so this needs neither root nor a foreign architecture in dpkg.
set -euo pipefail
cd "$(dirname "$0")/.."
sysroot=$PWD/build/sysroot-aarch64
[ ! -f "$sysroot/complete" ] || exit 0
rm -rf "$sysroot"
mkdir -p "$sysroot"/apt/{lists/partial,archives/partial}
: >"$sysroot/apt/status"

# Other vendors' sources are left aside: they need not have this architecture, and need not answer.
sources=/etc/apt/sources.list
[ -s "$sources" ] || sources=/etc/apt/sources.list.d/debian.sources
cp "$sources" "$sysroot/apt/"

apt() {
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o Dir::State="$sysroot/apt" \
    -o Dir::State::status="$sysroot/apt/status" -o Dir::State::lists="$sysroot/apt/lists" \
    -o Dir::Cache="$sysroot/apt" -o Dir::Cache::archives="$sysroot/apt/archives" \
    -o Dir::Etc::sourcelist="$sysroot/apt/$(basename "$sources")" -o Dir::Etc::sourceparts=/dev/null \
    -o APT::Sandbox::User= -o Debug::NoLocking=true -o APT::Keep-Downloaded-Packages=true "$@" </dev/null
}
apt update
apt install --yes --no-install-recommends --download-only \
  libdnnl-dev libhwy-dev libjpeg62-turbo-dev libpng-dev libwebp-dev libgif-dev zlib1g-dev libcurl4-openssl-dev \
  libre2-dev liblbfgs-dev

for package in "$sysroot"/apt/archives/*.deb; do
  case ${package##*/} in
    # The cross compiler has its own C and C++ libraries.
    libc6*_* | libc-* | linux-libc-dev_* | libgcc-s1_* | libstdc++6_* | libgomp1_* | libcrypt*_* | *-doc_* | gcc-*) ;;
    *) dpkg-deb --extract "$package" "$sysroot" ;;
  esac
done
# Links such as libz.so -> /lib/aarch64-linux-gnu/libz.so.1 mean the sysroot's /lib.
find "$sysroot" -type l -lname '/*' | while read -r link; do
  ln -sfn "$sysroot$(readlink "$link")" "$link"
done
rm -rf "$sysroot/apt"
touch "$sysroot/complete"
