#!/bin/bash
# Fetch and unpack Debian's kernel, once, and build the initramfs that boots it for the kernel tier.
#
# usage: prepare.sh [--refresh]
#
# Prints the folder that holds `vmlinux`, `initramfs.cpio` and `release`. Nothing is installed: the
# kernel package is unpacked under UNBRICK_CACHE (default: ${XDG_CACHE_HOME:-~/.cache}/unbrick).
# --refresh asks the package archive for its present kernel even where one is cached.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${UNBRICK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/unbrick}/kernel

# What the guest cannot do without; what these depend on is found in the modules themselves.
# cdc-acm binds virtual devices that have a serial port beside their DFU interface.
modules=(virtio_pci 9p 9pnet_virtio overlay vhci-hcd cdc-acm usbmon)

die()
{
    echo "prepare.sh: $*" >&2
    exit 1
}

need()
{
    command -v "$1" >/dev/null || die "needs '$1': apt-get install $2"
}

# The newest kernel package, which linux-image-amd64 depends on.
newest_package()
{
    apt-cache depends linux-image-amd64 2>/dev/null |
        awk '/Depends: *linux-image-[0-9].*-amd64$/ { print $2; exit }'
}

# Leave the kernel package in $cache and print its path.
fetch_deb()
{
    local name deb
    name=$(newest_package)
    if [[ -z $name && $(id -u) -eq 0 ]]; then
        apt-get -qq update >&2 || true
        name=$(newest_package)
    fi
    [[ -n $name ]] || die "the package lists know no linux-image-amd64: run 'apt-get update'" \
        "(this tier needs Debian's package archive)"
    rm -rf "$cache/download"
    mkdir "$cache/download"
    # As root, apt drops to a user who may not write here; saying root keeps its warning away.
    (cd "$cache/download" && apt-get -qq -o APT::Sandbox::User=root download "$name" >&2) ||
        die "cannot download $name"
    rm -f "$cache"/linux-image-*.deb
    mv "$cache/download"/linux-image-*.deb "$cache/"
    rmdir "$cache/download"
    deb=$(echo "$cache"/linux-image-*.deb)
    echo "$deb"
}

# The kernel without its decompressor: QEMU boots it by its PVH note, which under software emulation
# saves the second or so that unpacking it in the guest takes.
extract_vmlinux()
{
    local image=$1 out=$2 offset
    while IFS=: read -r offset _; do
        # The payload is followed by other parts of the image, so xz complains after writing it.
        tail -c "+$((offset + 1))" "$image" | xz -dc >"$out" 2>/dev/null || true
        if [[ $(head -c 4 "$out" | tr -d '\177') == ELF ]]; then
            return 0
        fi
    done < <(grep -abo $'\xfd7zXZ' "$image")
    # Another compression: boot the image as it is.
    cp "$image" "$out"
}

# Path, below the modules folder, of the module named $1; '-' and '_' are the same in module names.
module_path()
{
    local pattern=${1//[-_]/[-_]}
    grep -E "/$pattern\\.ko(\\.xz|\\.zst)?\$" "$tree/modules.order" | sed -E 's/\.ko\..*/.ko/' |
        head -n 1
}

# Append to the list `order` the paths of module $1 and, before it, of all it needs. The package has
# no modules.dep (its installation makes that), but each module carries its dependencies.
add_module()
{
    local path dependency
    path=$(module_path "$1")
    if [[ -z $path ]]; then
        grep -qE "/${1//[-_]/[-_]}\\.ko\$" "$tree/modules.builtin" && return
        die "this kernel has no module '$1'"
    fi
    [[ " ${order[*]} " != *" $path "* ]] || return 0
    plain_module "$path"
    for dependency in $(tr '\0' '\n' <"$tree/$path" | sed -n 's/^depends=//p' | tr , ' '); do
        add_module "$dependency"
    done
    order+=("$path")
}

# Decompress module $1 in place where the package compresses modules.
plain_module()
{
    if [[ -e $tree/$1.xz ]]; then
        xz -d "$tree/$1.xz"
    elif [[ -e $tree/$1.zst ]]; then
        zstd -q -d --rm "$tree/$1.zst"
    fi
}

build_initramfs()
{
    local out=$1 root=$2 path name
    local order=()
    mkdir -p "$root/bin" "$root/modules" "$root/proc" "$root/dev" "$root/host" "$root/new"
    cp "$(command -v busybox)" "$root/bin/busybox"
    cp "$here/init" "$root/init"
    chmod 755 "$root/init"
    for name in "${modules[@]}"; do
        add_module "$name"
    done
    for path in "${order[@]}"; do
        cp "$tree/$path" "$root/modules/"
        echo "${path##*/}"
    done >"$root/modules/order"
    (cd "$root" && find . | sort | cpio -o -H newc --quiet) >"$out"
}

# Everything about one kernel goes into a scratch folder, which gets its name when it is whole.
build()
{
    local deb=$1 target=$2
    local work tree
    work=$(mktemp -d "$cache/build.XXXXXX")
    # shellcheck disable=SC2064 # the folder's name as it is now
    trap "rm -rf '$work'" EXIT
    dpkg-deb -x "$deb" "$work/package"
    tree=$(echo "$work"/package/lib/modules/*)
    # Debian 13 and later have the modules under /usr.
    [[ -d $tree ]] || tree=$(echo "$work"/package/usr/lib/modules/*)
    [[ -d $tree ]] || die "$(basename "$deb") holds no modules"
    mkdir "$work/out"
    extract_vmlinux "$(echo "$work"/package/boot/vmlinuz-*)" "$work/out/vmlinux"
    build_initramfs "$work/out/initramfs.cpio" "$work/root"
    basename "$tree" >"$work/out/release"
    rm -rf "$target"
    mv "$work/out" "$target"
    rm -rf "$work"
    trap - EXIT
}

main()
{
    local refresh=no deb key target
    case ${1-} in
        '') ;;
        --refresh) refresh=yes ;;
        *) die "usage: prepare.sh [--refresh]" ;;
    esac
    mkdir -p "$cache"
    # Two test runs may prepare at the same time.
    exec 9>"$cache/lock"
    flock -w 300 9 || die "another run has been preparing in $cache for 300 s"
    rm -rf "$cache"/build.*
    deb=$(echo "$cache"/linux-image-*.deb)
    if [[ ! -f $deb || $refresh == yes ]]; then
        need apt-get apt
        deb=$(fetch_deb)
    fi
    key=$(cat "$here/prepare.sh" "$here/init" <(echo "${deb##*/}") | sha256sum | cut -c 1-16)
    target=$cache/$key
    if [[ ! -e $target/release ]]; then
        need dpkg-deb dpkg
        need busybox busybox-static
        need cpio cpio
        need xz xz-utils
        # Of the kernels built earlier none will be used again.
        find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name 'build.*' -mtime +7 \
            -exec rm -rf {} +
        build "$deb" "$target"
    fi
    echo "$target"
}

main "$@"
