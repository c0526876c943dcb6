#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Completion scripts: right in their shell's grammar, and bash completes what the table has.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

expect 0 __generate bash
cp out unbrick.bash
expect 0 __generate zsh
cp out _unbrick
expect 0 __generate fish
cp out unbrick.fish
expect 2 __generate tcsh
check "bash reads it" bash -n unbrick.bash
if command -v shellcheck >/dev/null; then check "shellcheck finds nothing" shellcheck -s bash unbrick.bash; fi
if command -v zsh >/dev/null; then check "zsh reads it" zsh -n _unbrick; fi
if command -v fish >/dev/null; then check "fish reads it" fish --no-execute unbrick.fish; fi

# complete LINE...: what bash offers for the last word, into out.
complete_line()
{
    PATH="$(dirname "$unbrick"):$PATH" bash --norc -c '
        . ./unbrick.bash
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        _unbrick
        printf "%s\n" "${COMPREPLY[@]}"' _ "$@" >out 2>err
}
complete_line unbrick fl
says out '^flash$'
complete_line unbrick vault ''
says out '^check$'
complete_line unbrick flash --er
says out '^--erase-all$'
complete_line unbrick info --er
check "info is not offered what it does not take" bash -c '! grep -q erase out'
complete_line unbrick sim st
says out '^stm32f405$'
complete_line unbrick --sim stm
says out '^stm32f405$'
complete_line unbrick explain UB-DFU-01
says out '^UB-DFU-012$'
touch firmware.hex
complete_line unbrick flash firm
says out '^firmware.hex$'
complete_line unbrick --sim stm32f405 help sta
says out '^status$'
complete_line unbrick image ch
says out '^check$'
complete_line unbrick flash firmware.hex --accept other-mo
says out '^other-model$'
complete_line unbrick image check firmware.hex --family stm32f40
says out '^stm32f405$'
complete_line unbrick image convert firmware.hex --format ih
says out '^ihex$'
: >none
expect 0 key new acme --password-file none
expect 0 key add acme.pub
complete_line unbrick key remove ''
says out '^acme$'
complete_line unbrick image sign firmware.hex --secret-key acm
says out '^acme.key$'
expect 0 "$sim" __words devices
says out '^port=1-1$'
finish
