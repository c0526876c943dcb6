#!/bin/bash
# Run the kernel tier: boot Debian's kernel in QEMU with the host's own root (read-only) and run in it
# every case of tests/kernel/cases against virtual devices on the kernel's virtual USB host; those
# marked `# only named` only when they are named.
#
# usage: run.sh BUILD_DIR [CASE...]
#
# environment:
#   UNBRICK_CACHE         where the kernel is kept (see prepare.sh)
#   KERNEL_LOGS           folder for logs, emptied first; default BUILD_DIR/kernel-tier
#   MEASURES              file to which the `measure NAME VALUE UNIT` lines of the cases are appended
#   KERNEL_DEADLINE       seconds for the whole run; default 900
#   KERNEL_BOOT_DEADLINE  seconds until the guest must be up; default 90
#   KERNEL_CASE_LIMIT     seconds for a case that sets no `# limit: N` itself; default 120
#   KERNEL_SMP            virtual CPUs; default 1, the fastest for a control transfer (see README.md)
#   KERNEL_APPEND         more of the kernel's command line
set -euo pipefail
export LC_ALL=C.UTF-8

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)

passed=0
failed=0
skipped=0
qemu_pid=

die()
{
    echo "kernel tier: $*" >&2
    echo "kernel: $passed passed, $((failed + 1)) failed"
    exit 1
}

# shellcheck disable=SC2317 # called by trap
cleanup()
{
    if [[ -n $qemu_pid ]]; then
        kill -KILL "$qemu_pid" 2>/dev/null || true
    fi
}

# Set `cases` to the names of the cases to run, in order.
select_cases()
{
    local name
    if (($# == 0)); then
        # Those that only measure, and take long over it, run only when they are named.
        mapfile -t cases < <(find "$here/cases" -name '*.sh' -exec grep -L '^# only named$' {} + |
            sed 's|.*/||; s/\.sh$//' | sort)
    fi
    for name; do
        name=$(basename "$name" .sh)
        [[ -f $here/cases/$name.sh ]] || die "there is no case '$name'"
        cases+=("$name")
    done
    ((${#cases[@]} > 0)) || die "there are no cases"
}

# Start the VM with its second serial port as file descriptor 3 and its console in a file.
start_vm()
{
    local kernel=$1
    local line=(console=ttyS0 quiet panic=-1 oops=panic)
    # Under emulation the mitigations only cost time, and so does every look at the emulated HPET,
    # which the kernel prefers unless told to trust the cycle counter. Translated code is found again
    # by its address: without fixed addresses each start of a program takes twice as long.
    line+=(mitigations=off tsc=reliable clocksource=tsc norandmaps)
    # shellcheck disable=SC2206 # several words
    line+=(${KERNEL_APPEND-})
    local options=(
        -nodefaults -no-user-config -no-reboot -display none -vga none -nic none
        -accel "tcg,thread=multi" -cpu max -smp "${KERNEL_SMP:-1}" -m 1024
        -kernel "$kernel/vmlinux" -initrd "$kernel/initramfs.cpio" -append "${line[*]}"
        -serial "file:${logs//,/,,}/console.log"
        -chardev "stdio,id=lines,signal=off" -serial chardev:lines
        -virtfs "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap"
        -virtfs "local,path=${logs//,/,,},mount_tag=results,security_model=none,multidevs=remap"
    )
    coproc VM { exec qemu-system-x86_64 "${options[@]}" </dev/null 2>"$logs/qemu.log"; }
    qemu_pid=$VM_PID
    # The shell need not say when it was killed.
    disown "$qemu_pid"
    exec 3<&"${VM[0]}"
}

show_log()
{
    echo "--- end of $1.log ---"
    tail -n 40 "$logs/$1.log" 2>/dev/null || true
    echo "---"
}

# Fail with what is known of a VM that did not do what it should: $1 says what, `now` in which case.
vm_failed()
{
    kill -KILL "$qemu_pid" 2>/dev/null || true
    if [[ -n $now ]]; then
        echo "not ok $now ($1)"
        show_log "$now"
    fi
    echo "--- end of the console ---"
    grep -aE 'Kernel panic|BUG:|Oops' "$logs/console.log" | tr -d '\r' || true
    tail -n 15 "$logs/console.log" 2>/dev/null | tr -d '\r' || true
    if [[ -s $logs/qemu.log ]]; then
        echo "--- qemu ---"
        tail -n 10 "$logs/qemu.log"
    fi
    echo "---"
    die "$1, during ${now:-the boot or between cases} (logs: $logs)"
}

# One case has ended: $1 name, $2 status, $3 milliseconds.
report()
{
    local name=$1 status=$2 ms=$3 took reason
    took=$(printf '%d.%d s' $((ms / 1000)) $((ms % 1000 / 100)))
    if [[ -n ${MEASURES-} ]]; then
        grep -h '^measure ' "$logs/$name.log" | cut -d ' ' -f 2- >>"$MEASURES" || true
    fi
    case $status in
        0)
            passed=$((passed + 1))
            echo "ok $name ($took)"
            return
            ;;
        77)
            reason=$(sed -n 's/^skip \(.\)/\1/p' "$logs/$name.log" | tail -n 1)
            if [[ -n $reason ]]; then
                skipped=$((skipped + 1))
                echo "skip $name: $reason"
                return
            fi
            reason="skipped without a reason"
            ;;
        124 | 137) reason="did not end in time, $took" ;;
        oops) reason="the kernel reported an error: $name.dmesg" ;;
        *) reason="status $status, $took" ;;
    esac
    failed=$((failed + 1))
    echo "not ok $name ($reason)"
    show_log "$name"
    if [[ $status == oops ]]; then
        tail -n 40 "$logs/$name.dmesg"
    fi
}

# Follow the guest's lines until its last; any other end of the VM is a failure.
follow()
{
    local word a b c rest wait
    local deadline=$((SECONDS + ${KERNEL_DEADLINE:-900}))
    local until=$((SECONDS + ${KERNEL_BOOT_DEADLINE:-90}))
    local now=
    while true; do
        wait=$((until < deadline ? until - SECONDS : deadline - SECONDS))
        ((wait > 0)) || wait=1
        if ! read -r -t "$wait" -u 3 word a b c rest; then
            ((SECONDS < deadline)) || vm_failed "the whole run took too long"
            ((SECONDS < until)) || vm_failed "the VM did not answer in time"
            vm_failed "the VM ended by itself"
        fi
        rest=${rest%$'\r'} c=${c%$'\r'} b=${b%$'\r'} a=${a%$'\r'} word=${word%$'\r'}
        case $word in
            boot)
                echo "# Linux $(cat "$kernel/release"), up after $a s"
                until=$((SECONDS + 30))
                ;;
            start)
                now=$a
                # Time for the guest to end the case itself, and to clean up after it.
                until=$((SECONDS + b + 30))
                ;;
            result)
                now=
                report "$a" "$b" "$c"
                until=$((SECONDS + 30))
                ;;
            end) return ;;
            *) echo "# guest: $word $a $b $c $rest" ;;
        esac
    done
}

main()
{
    [[ $# -ge 1 && -d $1 ]] || die "usage: run.sh BUILD_DIR [CASE...]"
    local build kernel
    local cases=()
    build=$(cd "$1" && pwd)
    shift
    command -v qemu-system-x86_64 >/dev/null ||
        die "no qemu-system-x86_64: apt-get install qemu-system-x86"
    select_cases "$@"
    kernel=$("$here/prepare.sh") || die "no kernel to boot"
    logs=${KERNEL_LOGS:-$build/kernel-tier}
    rm -rf "$logs"
    mkdir -p "$logs"
    logs=$(cd "$logs" && pwd)
    printf '%s=%q\n' REPO "$repo" BUILD "$build" UNBRICK "$build/unbrick" \
        CASE_LIMIT "${KERNEL_CASE_LIMIT:-120}" CASES "${cases[*]}" >"$logs/config"
    trap cleanup EXIT
    trap 'exit 130' INT TERM
    start_vm "$kernel"
    follow
    # All is told, and what the guest wrote is on the host: no need to watch it shut down.
    local summary="kernel: $passed passed, $failed failed"
    ((skipped == 0)) || summary+=", $skipped skipped"
    echo "$summary"
    ((failed == 0 && passed > 0))
}

main "$@"
