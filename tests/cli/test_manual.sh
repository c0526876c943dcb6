#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Manual pages: one for each verb and group, clean in mandoc, saying what help says.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect 0 __generate man man1
pages=(unbrick unbrick-list unbrick-info unbrick-enter unbrick-leave unbrick-flash unbrick-plan unbrick-verify
    unbrick-backup unbrick-restore unbrick-erase unbrick-image unbrick-key unbrick-vault unbrick-sim unbrick-explain
    unbrick-version unbrick-help)
check "a page for each verb and group and no other" test "$(find man1 -type f | wc -l)" = "${#pages[@]}"
if ! command -v mandoc >/dev/null; then
    echo "mandoc is missing: the pages were not checked"
    finish
fi
for page in "${pages[@]}"; do
    # Pages that are not installed yet cannot be found: that one style remark is expected.
    mandoc -T lint "man1/$page.1" 2>&1 | grep -v 'referenced manual not found' >out
    : >err
    check "$page.1 is clean" test ! -s out
    mandoc -T utf8 "man1/$page.1" | col -b >out
    says out '^EXIT STATUS$'
    says out '^EXAMPLES$'
done
mandoc -T utf8 man1/unbrick-flash.1 | col -b >out
for option in --at --dry-run --no-backup --erase-all --write-option-bytes; do says out "$option"; done
expect 10 __generate man /dev/null/man1
finish
