#!/usr/bin/env bash
# Installs the Debian packages of the named groups:  scripts/install_packages.sh build [test] [mpi] [eval] [bench] [lint] [ci] [demo]
# A second call finds everything there and touches nothing. Works as root and, through sudo, as any other user.
set -euo pipefail

build=(g++ cmake ninja-build pkgconf nlohmann-json3-dev libdnnl-dev libhwy-dev
       libjpeg62-turbo-dev libpng-dev libwebp-dev libgif-dev zlib1g-dev libcurl4-openssl-dev libre2-dev
       liblbfgs-dev libopenblas0)
test=(libgtest-dev libgmock-dev libicu-dev python3)
mpi=(libopenmpi-dev openmpi-bin)
eval=(libhdf5-dev libavformat-dev libavcodec-dev libswscale-dev)
bench=(libbenchmark-dev)
lint=(clang clang-format clang-tidy)
ci=(clang libclang-rt-14-dev libomp-14-dev g++-aarch64-linux-gnu)
demo=(libfreetype-dev libharfbuzz-dev libpugixml-dev fonts-noto-color-emoji unicode-cldr-core unicode-data)

wanted=()
for group in "$@"; do
  case $group in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    mpi) wanted+=("${mpi[@]}") ;;
    eval) wanted+=("${eval[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    lint) wanted+=("${lint[@]}") ;;
    ci) wanted+=("${ci[@]}") ;;
    demo) wanted+=("${demo[@]}") ;;
    *)
      echo "install_packages.sh: unknown group \"$group\", expected build, test, mpi, eval, bench, lint, ci or demo" >&2
      exit 2
      ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
echo "Installing ${missing[*]}"

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "install_packages.sh: not root and there is no sudo; please have installed: ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@" </dev/null
}
update() {
  # Another vendor's source that does not answer is no reason to stop: Debian's own lists decide.
  apt update || echo "apt-get update did not reach every source; going on with the lists that are here" >&2
}
install() { apt install --yes --no-install-recommends "${missing[@]}" >/dev/null; }

# New lists are fetched only where the ones that are here do not know the packages, or name files that the mirror no
# longer has.
if ! apt-get --simulate install --no-install-recommends "${missing[@]}" >/dev/null 2>&1; then
  update
  install
elif ! install; then
  update
  install
fi
