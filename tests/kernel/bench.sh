# Functions for the cases that measure; sourced behind lib.sh. They hand over lines
# `measure MODEL/JOB/WHO MILLISECONDS ms`, which scripts/bench_table.py reads. WHO is a tool, or `limit`:
# what chip and wire of the device took while unbrick did the job, as the virtual device reports it.
# Whatever unbrick writes it also reads back.
# shellcheck shell=bash

export UNBRICK_VAULT=$PWD/vault

# Runs a command that must end with status 0, and sets `took` to its milliseconds.
timed()
{
    local start
    start=$(now_ms)
    expect_status 0 "$@"
    took=$(($(now_ms) - start))
}

# A device MODEL whose flash is the file `flash.state`, which holds the file $2 at first.
insert()
{
    rm -f report.json
    [[ -z ${2-} ]] || rm -f flash.state
    attach "$1,state=flash.state,report=report.json${2:+,content=$2}"
}

# Pulls the device out, and sets `limit` to the milliseconds that its chip and its wire took.
remove()
{
    local text
    unplug "$PORT"
    wait_until 5 test -s report.json || fail "the device left no report"
    text=$(<report.json)
    [[ $text =~ \"limit_us\":\ ([0-9]+) ]] || fail "no limit in: $text"
    limit=$((BASH_REMATCH[1] / 1000))
}

# The file $1: $2 random bytes that begin with a vector table, so that no tool doubts that it is
# firmware.
firmware()
{
    {
        printf '\x00\x10\x00\x20\x01\x01\x00\x08'
        head -c "$(($2 - 8))" /dev/urandom
    } >"$1"
}

# Does the device's flash hold file $1 from offset $2 on?
holds()
{
    cmp -s -n "$(stat -c %s "$1")" -i "0:$2" "$1" flash.state
}

# What dfu-util takes to write file $2 to a MODEL with `old.bin`, and to read it back: sets `wrote`
# and `read_back`. Its options stand in the array DFU_UTIL, the place behind -s in WHERE.
by_dfu_util()
{
    insert "$1" old.bin
    timed dfu-util "${DFU_UTIL[@]}" ${WHERE:+-s "$WHERE"} -D "$2"
    wrote=$took
    holds "$2" "$OFFSET" || fail "dfu-util wrote something else"
    rm -f back.bin
    timed dfu-util "${DFU_UTIL[@]}" ${WHERE:+-s "${WHERE%%:*}:$(stat -c %s "$2")"} -U back.bin
    read_back=$took
    cmp -n "$(stat -c %s "$2")" "$2" back.bin || fail "dfu-util read something else"
    remove
}

# What unbrick takes to write file $2 to a MODEL that holds file $3 (nothing: what it holds already),
# with the options that follow; everything is read back. Sets `took` and `limit`.
by_unbrick()
{
    local model=$1 image=$2 content=$3
    insert "$model" "$content"
    timed "$UNBRICK" flash "$image" ${AT:+--at "$AT"} --yes --no-backup --stay "${@:4}"
    holds "$image" "$OFFSET" || fail "unbrick wrote something else"
    remove
}

# May the job have taken what it took? $1 of unbrick, $2 of what it is measured by, at most $3 %.
within()
{
    (($1 * 100 <= $2 * $3))
}

# The whole comparison for one model. What it may take is checked at the end, when all is measured.
#
#   MODEL       the virtual device; SIZE bytes are written from OFFSET in its flash on
#   DFU_UTIL    options of dfu-util, WHERE what stands behind its -s; AT unbrick's --at
#   MOST_LIMIT  most that a verified write may take, in % of the limit; empty: any
#   MOST_PEER   most that it may take in % of dfu-util's time, which reads nothing back; empty: any
#   MOST_CHANGE the same for a change of 4 KiB; empty: any
# shellcheck disable=SC2153 # the case sets them
compare_tools()
{
    local before
    firmware new.bin "$SIZE"
    "$UNBRICK" sim --help >/dev/null # so that the program is in the page cache
    head -c "$FLASH" /dev/urandom >old.bin

    step "$MODEL: write $SIZE bytes, read them back"
    write_whole
    if ! good_write; then
        step "once more: what else the computer does may have come in between"
        write_whole
    fi
    measure "$MODEL/write/size" "$SIZE" B
    measure "$MODEL/write/dfu-util" "$peer" ms
    measure "$MODEL/write/unbrick" "$whole" ms
    measure "$MODEL/write/limit" "$whole_limit" ms
    measure "$MODEL/write-verified/dfu-util" "$((peer + peer_read))" ms
    measure "$MODEL/write-verified/unbrick" "$whole" ms
    measure "$MODEL/write-verified/limit" "$whole_limit" ms

    # dfu-util has no way to write a part of what changed: it writes all of it again, as above.
    step "$MODEL: 4 KiB of it changed"
    before=$(stat -c %s new.bin)
    cp new.bin changed.bin
    head -c 4096 /dev/urandom |
        dd of=changed.bin bs=4096 seek="$((before / 8192))" conv=notrunc status=none
    by_unbrick "$MODEL" changed.bin new-flash.bin
    measure "$MODEL/change/dfu-util" "$peer" ms
    measure "$MODEL/change/unbrick" "$took" ms
    measure "$MODEL/change/limit" "$limit" ms
    change=$took

    step "$MODEL: read all of it"
    insert "$MODEL" old.bin
    timed "$UNBRICK" backup --read-once --yes
    remove
    measure "$MODEL/backup/unbrick" "$took" ms
    measure "$MODEL/backup/limit" "$limit" ms
    read_all_by_dfu_util

    good_write || fail "a verified write took $whole ms; the limit is $whole_limit ms, dfu-util took $peer ms"
    [[ -z ${MOST_CHANGE-} ]] || within "$change" "$peer" "$MOST_CHANGE" ||
        fail "a change of 4 KiB took $change ms, dfu-util $peer ms for all of it"
}

# Both tools write all of it; sets `peer`, `peer_read`, `whole` and `whole_limit`.
write_whole()
{
    by_dfu_util "$MODEL" new.bin
    peer=$wrote
    peer_read=$read_back
    by_unbrick "$MODEL" new.bin old.bin --whole
    whole=$took
    whole_limit=$limit
    cp flash.state new-flash.bin
}

good_write()
{
    { [[ -z ${MOST_LIMIT-} ]] || within "$whole" "$whole_limit" "$MOST_LIMIT"; } &&
        { [[ -z ${MOST_PEER-} ]] || within "$whole" "$peer" "$MOST_PEER"; }
}

# What dfu-util takes to read what unbrick's backup reads: every memory.
read_all_by_dfu_util()
{
    local sum=0 i
    insert "$MODEL" old.bin
    for ((i = 0; i < ${#READS[@]}; i += 2)); do
        rm -f back.bin
        timed dfu-util "${DFU_UTIL[@]::2}" -a "${READS[i]}" ${READS[i + 1]:+-s "${READS[i + 1]}"} -U back.bin
        sum=$((sum + took))
    done
    remove
    measure "$MODEL/backup/dfu-util" "$sum" ms
}
