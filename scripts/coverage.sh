#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Which lines the tests reach: a table here, pages in build-coverage/report/index.html.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
. scripts/lib.sh

CC=gcc configure build-coverage -Db_coverage=true -Dbuildtype=debug
compile build-coverage
find build-coverage -name '*.gcda' -delete
meson test -C build-coverage --num-processes "$(nproc)" >build-coverage/tests.log 2>&1 ||
    { tail -n 30 build-coverage/tests.log && echo "some tests failed; what follows is what the others reach"; }
mkdir -p build-coverage/report
gcovr --root . --filter 'src/' --exclude-unreachable-branches --html-details build-coverage/report/index.html \
    --print-summary --txt build-coverage/report/table.txt build-coverage
cat build-coverage/report/table.txt
echo "build-coverage/report/index.html"
