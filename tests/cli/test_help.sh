#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every verb helps with two examples, and help is the same by both ways to it.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

verbs=(list info enter leave flash plan verify backup restore erase "image info" "vault list" "vault show" "vault check"
    sim explain version help)
for verb in "${verbs[@]}"; do
    read -ra words <<<"$verb"
    expect 0 "${words[@]}" --help
    says out "^unbrick $verb"
    examples=$(sed -n '/^Examples$/,$p' out | grep -cE "^  .*unbrick .*$verb|^  unbrick --version")
    check "$verb has two examples ($examples)" test "$examples" -ge 2
    cp out by_option
    expect 0 help "${words[@]}"
    check "unbrick help $verb is the same" cmp out by_option
done

expect 0 help
for verb in "${verbs[@]}"; do says out "^  $verb"; done
expect 0 --help
cp out by_option
expect 0 help
check "unbrick help is unbrick --help" cmp out by_option
for group in image vault; do
    expect 0 "$group" --help
    says out "^unbrick $group VERB"
done
for topic in device sim-keys quirks status json environment; do
    expect 0 help "$topic"
    check "topic $topic says something" test -s out
done
expect 0 help
check "hidden verbs stay hidden" bash -c '! grep -q __ out'
check "help fits into 80 columns" bash -c '! grep -qE "^.{81}" out'
expect 0 --version
says out '^unbrick [0-9]+\.[0-9]+\.[0-9]+$'

# The keys of virtual devices that help knows are those that the bench takes.
run help sim-keys
sed -nE 's/^  ([a-z]+)(=.*)?( .*|$)/\1/p' out | sort >known
run --sim stm32f405,nonsense=1 info
sed -nE 's/.*it has (.*)/\1/p' err | tr -d ' ' | tr ',' '\n' | sort >taken
check "there are keys" test "$(wc -l <taken)" -ge 10
cp taken out
diff known taken >err
check "help knows every key and no other" cmp known taken
finish
