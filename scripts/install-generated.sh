#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# For `meson install`: the command writes its own manual pages and completion, out of the one table that also drives
# its parsing. install-generated.sh UNBRICK MANDIR DATADIR
set -euo pipefail
top=${MESON_INSTALL_DESTDIR_PREFIX:?}

mkdir -p "$top/$2/man1"
"$1" __generate man "$top/$2/man1" >/dev/null

# Puts what the command prints for shell $1 into file $2.
completion()
{
    mkdir -p "$(dirname "$2")"
    "$unbrick" __generate "$1" >"$2"
}

unbrick=$1
completion bash "$top/$3/bash-completion/completions/unbrick"
completion zsh "$top/$3/zsh/site-functions/_unbrick"
completion fish "$top/$3/fish/vendor_completions.d/unbrick.fish"
