#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# One door to everything: builds, tests, demonstrations. Each verb first installs what it needs (Debian, Ubuntu).
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
# The distribution's own tools come first: meson and its Python modules are installed for /usr/bin/python3.
export PATH="/usr/bin:/bin:/usr/sbin:/sbin:$PATH"
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

usage()
{
    cat <<'END'
usage: ./do VERB

  demo       the whole job on real firmware against a virtual STM32F405, in real time
  build      build/unbrick and the library
  quick      unit tests and fuzz corpora, under a minute
  test       everything: both compilers, sanitizers, all tests, leak check, kernel tier
  kernel     the kernel tier alone: real kernel in QEMU, real libusb, dfu-util, fwupd [CASE...]
  bench      how fast, beside dfu-util
  lint       formatter, clang-tidy, house rules, shellcheck
  fuzz       every parser under libFuzzer [SECONDS each, default 60] [NAME]
  coverage   which lines the tests reach
  install    install under PREFIX (default /usr/local)
  setup      install the packages that all verbs need, and nothing else
  clean      remove the build folders
END
}

verb=${1-}
[[ $# -gt 0 ]] && shift
case $verb in
    demo)
        need build demo
        build
        exec scripts/demo.sh "$@"
        ;;
    build)
        need build
        build
        echo "built build/unbrick"
        ;;
    quick)
        need build quick
        build
        exec meson test -C build --suite quick --no-rebuild --print-errorlogs "$@"
        ;;
    test)
        need build demo quick test kernel
        exec scripts/test.sh "$@"
        ;;
    kernel)
        need build kernel
        build
        exec tests/kernel/run.sh build "$@"
        ;;
    bench)
        need build kernel bench
        build
        exec scripts/bench.sh "$@"
        ;;
    lint)
        need build lint
        exec scripts/lint.sh "$@"
        ;;
    fuzz)
        need build fuzz
        exec scripts/fuzz.sh "$@"
        ;;
    coverage)
        need build quick coverage
        exec scripts/coverage.sh "$@"
        ;;
    install)
        need build
        configure build -Dprefix="${PREFIX:-/usr/local}"
        build
        exec meson install -C build --no-rebuild "$@"
        ;;
    setup) need build demo quick test kernel lint fuzz coverage ;;
    clean) rm -rf build build-asan build-clang build-fuzz build-coverage ;;
    '' | help | -h | --help) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac
