#!/usr/bin/env bash
# The program loads what a classification needs and nothing more; above all no libcurl, which `pull` opens by itself.
#   loads_test.sh PROGRAM
set -euo pipefail
# libre2 serves the rules of `data filter`, liblbfgs `eval probe`; they are small and add no measurable time to a start. libOpenCL is what Debian's oneDNN asks for.
needed='^(linux-vdso|libclipkit|libdnnl|libOpenCL|libgomp|libomp|libhwy|libjpeg|libpng16|libz|libwebp|libgif|libre2|liblbfgs|libstdc\+\+|libgcc_s|libm|libc|/lib64/ld-linux-x86-64)\.so'
loaded=$(ldd "$1" | awk '{print $1}')
extra=$(grep -vE "$needed" <<<"$loaded" || true)
if [ -n "$extra" ]; then
  echo "$1 loads more than it needs: ${extra//$'\n'/ }"
  exit 1
fi
echo "$1 loads ${loaded//$'\n'/ }"
