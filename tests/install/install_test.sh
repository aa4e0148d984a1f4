#!/usr/bin/env bash
# Installs the build tree into an empty folder, moves the folder, and builds and runs a small program against it as
# others would: through find_package, and through pkg-config.
#   install_test.sh BUILD_FOLDER C++_COMPILER [COMPILER_FLAG...]
set -euo pipefail
build=$1 compiler=$2
shift 2
flags=("$@")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/first" >"$work/install.log"
# Nothing in the tree may remember where it was installed to.
mv "$work/first" "$work/moved"

echo "find_package:"
cmake -S "$here/consumer" -B "$work/consumer" -DCMAKE_PREFIX_PATH="$work/moved" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="${flags[*]}" >"$work/configure.log"
cmake --build "$work/consumer" >"$work/build.log" || { cat "$work/build.log"; exit 1; }
"$work/consumer/consumer"

echo "pkg-config:"
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/moved" -name clipkit.pc)")
static=()
[ -z "$(find "$work/moved" -name libclipkit.a)" ] || static=(--static)
# shellcheck disable=SC2046  # the output is a list of flags
"$compiler" -std=c++20 "${flags[@]}" "$here/consumer/main.cpp" -o "$work/by_pkg_config" \
  $(pkg-config --cflags --libs "${static[@]}" clipkit)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir clipkit) "$work/by_pkg_config"

library=$(find "$work/moved" -name 'libclipkit.so' -o -name libclipkit.a)
for pair in mpi:libmpi hdf5:libhdf5 ffmpeg:libavformat; do
  name=clipkit_${pair%:*}.so links=${pair#*:}
  [ -e "$build/$name" ] || continue
  echo "module $name:"
  module=$(find "$work/moved" -name "$name")
  [ "$(dirname "$module")" = "$(dirname "$library")" ] || { echo "$name is not beside the library"; exit 1; }
  # Not through a pipe, which fails where grep ends before ldd has written all.
  grep -q "$links" <<<"$(ldd "$module")" || { echo "$name does not link $links"; exit 1; }
done

echo "program:"
"$work/moved/bin/clipkit" --version
