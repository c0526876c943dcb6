/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/memory_map.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS_END (UINT64_C(1) << 32) /* DfuSe addresses have 32 bits */
#define KIB         1024u
#define RIGHTS_MASK 7u

/* True if `name` contains `word`, without regard to case. */
static bool mentions(const char *name, const char *word)
{
    size_t length = strlen(word);
    char part[UB_STRING_TEXT];
    for (; strlen(name) >= length; name++) {
        (void)ub_print(part, sizeof(part), "%.*s", (int)length, name);
        if (ub_same_word(part, word))
            return true;
    }
    return false;
}

/* Where the parser stands. `text` is NUL-terminated. */
struct reader {
    const char *text;
    size_t at;
    struct ub_memory_map *map;
    struct ub_error *err;
};

static enum ub_code fail_at(const struct reader *reader, const char *what)
{
    (void)ub_fail(reader->err, UB_DFU_MEMORY_MAP, "%s, at character %zu of the memory map", what,
                  reader->at + 1);
    return ub_wrap(reader->err, UB_DFU_MEMORY_MAP, "\"%.200s\"", reader->text);
}

static void note(const struct reader *reader, const char *what)
{
    if (reader->map->oddity[0] == 0)
        (void)ub_print(reader->map->oddity, sizeof(reader->map->oddity),
                       "the memory map of \"%.100s\" %s", reader->map->name, what);
}

static char peek(const struct reader *reader)
{
    return reader->text[reader->at];
}

static void skip_spaces(struct reader *reader)
{
    while (peek(reader) == ' ')
        reader->at++;
}

static bool take(struct reader *reader, char c)
{
    if (peek(reader) != c)
        return false;
    reader->at++;
    return true;
}

static bool is_digit(char c, unsigned base)
{
    return (c >= '0' && c <= '9') ||
           (base == 16 && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
}

static bool number(struct reader *reader, unsigned base, uint64_t max, uint64_t *value)
{
    const char *start = reader->text + reader->at;
    size_t length = 0;
    while (is_digit(start[length], base))
        length++;
    if (!ub_parse_digits(start, length, base, max, value))
        return false;
    reader->at += length;
    return true;
}

/* Every address seen in the field is hexadecimal with "0x"; without it, it is decimal. */
static enum ub_code parse_address(struct reader *reader, uint64_t *address)
{
    unsigned base = 10;
    skip_spaces(reader);
    if (peek(reader) == '0' &&
        (reader->text[reader->at + 1] == 'x' || reader->text[reader->at + 1] == 'X')) {
        reader->at += 2;
        base = 16;
    }
    if (!number(reader, base, UINT32_MAX, address))
        return fail_at(reader, "an address is missing or too large");
    skip_spaces(reader);
    return UB_OK;
}

/* The unit: ' ' or 'B' bytes, 'K' KiB, 'M' MiB. Some F7 maps leave it out ("528e"). */
static unsigned parse_unit(struct reader *reader)
{
    char c = peek(reader);
    unsigned unit = 1;
    if (c == 'k' || c == 'm')
        note(reader, "writes its units in lower case");
    if (c == 'K' || c == 'k')
        unit = KIB;
    else if (c == 'M' || c == 'm')
        unit = KIB * KIB;
    else if (c != 'B' && c != ' ') {
        if (c != 0)
            note(reader, "has a size without unit, taken as bytes");
        return unit;
    }
    reader->at++;
    return unit;
}

/* The type letter: 'a' is 1 (read), 'b' 2 (erase), 'd' 4 (write), and sums of these up to 'g'. */
static enum ub_code parse_rights(struct reader *reader, unsigned *rights)
{
    skip_spaces(reader);
    char c = peek(reader);
    if (c >= 'a' && c <= 'g') {
        *rights = (unsigned)c & RIGHTS_MASK;
        reader->at++;
        return UB_OK;
    }
    /* The "Device Feature" of STM32F405 and its kin; dfu-util takes it for 'e' too. */
    if ((c == 0 || c == ',' || c == '/') && mentions(reader->map->name, "feature")) {
        *rights = UB_CAN_READ | UB_CAN_WRITE;
        note(reader, "does not say what may be done to it, taken as read and write");
        return UB_OK;
    }
    return fail_at(reader, "a type letter from a to g is missing");
}

/* COUNT*SIZE[unit]type */
static enum ub_code parse_sectors(struct reader *reader, uint64_t *address)
{
    uint64_t count;
    uint64_t size;
    uint64_t length;
    uint64_t end;
    unsigned rights = 0;
    skip_spaces(reader);
    if (!number(reader, 10, UINT32_MAX, &count) || count == 0)
        return fail_at(reader, "a number of sectors is missing, zero or too large");
    skip_spaces(reader);
    if (!take(reader, '*'))
        return fail_at(reader, "'*' is missing between the number and the size of sectors");
    skip_spaces(reader);
    if (!number(reader, 10, UINT32_MAX, &size) || size == 0)
        return fail_at(reader, "a sector size is missing, zero or too large");
    size *= parse_unit(reader);
    enum ub_code code = parse_rights(reader, &rights);
    if (code)
        return code;
    if (size > UINT32_MAX || !ub_mul_u64(size, count, &length) ||
        !ub_add_u64(*address, length, &end) || end > ADDRESS_END)
        return fail_at(reader, "the sectors reach beyond the end of the address space");
    struct ub_memory_map *map = reader->map;
    map->sector_count += count;
    if (map->sector_count > UB_MEMORY_MAP_SECTORS)
        return fail_at(reader, "there are more sectors than any device has");
    if (map->run_count == UB_MEMORY_MAP_RUNS)
        return fail_at(reader, "there are more runs of sectors than any device has");
    map->runs[map->run_count++] = (struct ub_sector_run){
        .address = *address, .size = (uint32_t)size, .count = (uint32_t)count, .rights = rights};
    map->rights |= rights;
    *address = end;
    return UB_OK;
}

/* ADDRESS/SECTORS{,SECTORS} */
static enum ub_code parse_zone(struct reader *reader)
{
    uint64_t address;
    enum ub_code code = parse_address(reader, &address);
    if (code)
        return code;
    if (!take(reader, '/'))
        return fail_at(reader, "'/' is missing behind an address");
    do {
        code = parse_sectors(reader, &address);
        skip_spaces(reader);
    } while (!code && take(reader, ','));
    return code;
}

static int by_address(const void *a, const void *b)
{
    const struct ub_sector_run *left = a;
    const struct ub_sector_run *right = b;
    return (left->address > right->address) - (left->address < right->address);
}

static enum ub_code sort_runs(const struct reader *reader)
{
    struct ub_memory_map *map = reader->map;
    qsort(map->runs, map->run_count, sizeof(map->runs[0]), by_address);
    for (size_t i = 1; i < map->run_count; i++) {
        const struct ub_sector_run *before = &map->runs[i - 1];
        uint64_t end = before->address + (uint64_t)before->size * before->count;
        if (end > map->runs[i].address)
            return fail_at(reader, "sectors overlap");
    }
    return UB_OK;
}

/* The one-way places first: a name that mentions both is dangerous. */
enum ub_region_kind ub_memory_kind(const char *name, unsigned rights)
{
    if (mentions(name, "option") || mentions(name, "fuse"))
        return UB_REGION_OPTION;
    if (mentions(name, "otp") || mentions(name, "one-time") || mentions(name, "one time"))
        return UB_REGION_OTP;
    if (mentions(name, "feature"))
        return UB_REGION_OTHER;
    if (mentions(name, "flash"))
        return UB_REGION_FLASH;
    return (rights & UB_CAN_ERASE) ? UB_REGION_FLASH : UB_REGION_OTHER;
}

bool ub_memory_map_is(const char *text)
{
    return text[0] == '@';
}

enum ub_code ub_memory_map_parse(const char *text, struct ub_memory_map *out, struct ub_error *err)
{
    struct reader reader = {.text = text, .map = out, .err = err};
    memset(out, 0, sizeof(*out));
    if (!take(&reader, '@'))
        return fail_at(&reader, "the map does not begin with '@'");
    while (peek(&reader) != '/' && peek(&reader) != 0)
        reader.at++;
    ub_print_stranger(out->name, sizeof(out->name), text + 1, reader.at - 1);
    if (!take(&reader, '/'))
        return fail_at(&reader, "the map holds a name and no memory");
    enum ub_code code;
    do
        code = parse_zone(&reader);
    while (!code && take(&reader, '/'));
    if (!code && peek(&reader) != 0)
        code = fail_at(&reader, "there is something that does not belong there");
    if (!code)
        code = sort_runs(&reader);
    out->kind = ub_memory_kind(out->name, out->rights);
    return code;
}
