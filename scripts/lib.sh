#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Functions of ./do and its scripts; to be sourced, from the top folder.

# The packages of a group, as Debian 12 names them.
packages_of()
{
    case $1 in
        build) echo gcc libc6-dev meson ninja-build pkg-config libusb-1.0-0-dev libsodium-dev libjansson-dev libyaml-dev libarchive-dev libexpat1-dev \
            libcurl4-openssl-dev libssl-dev python3-yaml ;;
        demo) echo firmware-tomu hackrf-firmware ;;
        quick) echo libcmocka-dev ;;
        test) echo clang valgrind libc6-dbg binutils dfu-util srecord mandoc shellcheck zsh fish minisign \
            signify-openbsd gcab zip p7zip-full zstd openssl firmware-tomu hackrf-firmware ubertooth-firmware \
            firmware-microbit-micropython nxt-firmware ;;
        bench) echo binutils srecord openssl ;;
        kernel) echo qemu-system-x86 busybox-static cpio xz-utils kmod udev iproute2 usbip dfu-util fwupd tshark ;;
        lint) echo clang clang-format clang-tidy shellcheck binutils python3-minimal ;;
        fuzz) echo clang llvm ;;
        coverage) echo gcovr ;;
        *) echo "no such group of packages: $1" >&2 && return 1 ;;
    esac
}

is_installed()
{
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root()
{
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "Installing packages needs root, and there is no sudo. As root, run:" >&2
        echo "    $*" >&2
        exit 2
    fi
}

apt_install()
{
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends "$@"
}

# Installs the packages given that are not there; once all are, this is instant and needs no network.
need_packages()
{
    local name missing=()
    for name; do
        is_installed "$name" || missing+=("$name")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    echo "Installing ${missing[*]}" >&2
    # The lists may be missing (a fresh system) or old (a package has moved on): then get them and try again.
    if ! apt_install "${missing[@]}" >/dev/null 2>&1; then
        as_root apt-get -qq update
        apt_install "${missing[@]}" >/dev/null
    fi
}

# Makes sure that the groups of packages given are there. Distributions without apt get a list.
need()
{
    local group packages=()
    [[ -z ${NO_INSTALL-} ]] || return 0
    for group; do
        # shellcheck disable=SC2207 # words are wanted
        packages+=($(packages_of "$group"))
    done
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        {
            echo "This is not Debian or one of its relatives, so please install what these packages of Debian hold:"
            printf '    %s\n' "${packages[@]}" | sort -u
            echo "and then run the same command again with NO_INSTALL=1 before it."
        } >&2
        exit 2
    fi
    need_packages "${packages[@]}"
    # The runtime of clang's sanitizers and fuzzer is a package of its own, named after clang's version.
    if [[ " $* " == *" fuzz "* ]]; then
        local version
        version=$(clang -dumpversion | cut -d. -f1)
        if apt-cache show "libclang-rt-$version-dev" >/dev/null 2>&1; then
            need_packages "libclang-rt-$version-dev"
        fi
    fi
}

# Makes or updates the build folder $1 with the meson options that follow; says nothing unless it fails.
configure()
{
    local folder=$1 log
    shift
    log=$(mktemp)
    if [[ ! -f $folder/build.ninja ]]; then
        rm -rf "$folder"
        meson setup "$folder" "$@" >"$log" 2>&1 || { tail -n 12 "$log" && rm -f "$log" && return 1; } >&2
    elif [[ $# -gt 0 ]]; then
        meson configure "$folder" "$@" >"$log" 2>&1 || { tail -n 12 "$log" && rm -f "$log" && return 1; } >&2
    fi
    rm -f "$log"
}

# Passes on what ninja says; on a terminal, a line that counts its steps goes to standard error.
counting()
{
    if [[ -t 2 ]]; then
        tee >(awk '/^\[[0-9]+\/[0-9]+\]/ { printf "\r  building %s ", $1; fflush() } END { printf "\r\033[K" }' >&2)
    else
        cat
    fi
}

# Builds folder $1; prints its warnings, or when it fails what the compiler had to say. A build that takes long says so.
compile()
{
    local log steps
    log=$(mktemp)
    steps=$(ninja -C "$1" -n "${@:2}" 2>/dev/null | grep -c '^\[' || true)
    [[ $steps -lt 50 ]] || echo "Building $1: $steps steps." >&2
    if ninja -C "$1" -j "$(nproc)" "${@:2}" 2>&1 | counting >"$log"; then
        grep -E 'warning:' "$log" >&2 || true
        rm -f "$log"
    else
        grep -vE '^\[[0-9]+/[0-9]+\] (Compiling|Linking|Generating)' "$log" >&2
        rm -f "$log"
        return 1
    fi
}

build()
{
    CC=${CC:-gcc} configure build && compile build
}

# Every file that belongs to the project and fits one of the patterns; without git, all that are there.
project_files()
{
    if [[ -e .git ]] && command -v git >/dev/null; then
        git -c safe.directory="$PWD" ls-files --cached --others --exclude-standard -- "$@" | sort -u |
            while read -r name; do [[ -f $name ]] && echo "$name"; done
    else
        local pattern
        for pattern; do
            find . -path './build*' -prune -o -type f -path "./$pattern" -printf '%P\n' -o -type f -name "$pattern" -printf '%P\n'
        done | sort -u
    fi
}

passed=0
failed=0
skipped=0

# Counts one check: ok NAME, not_ok NAME [WHY], skip NAME WHY.
ok() { passed=$((passed + 1)) && echo "ok      $1"; }
not_ok() { failed=$((failed + 1)) && echo "FAILED  $1${2:+: $2}"; }
skip() { skipped=$((skipped + 1)) && echo "skipped $1: $2"; }

# The closing line. Fails if anything failed or nothing ran.
summary()
{
    if [[ $skipped -gt 0 ]]; then
        echo "$passed passed, $failed failed, $skipped skipped"
    else
        echo "$passed passed, $failed failed"
    fi
    [[ $failed -eq 0 && $passed -gt 0 ]]
}
