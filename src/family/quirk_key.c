/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _POSIX_C_SOURCE 200809L /* strdup */
#include "family/quirk_key.h"

#include "base/text.h"
#include "loader/memory_map.h"

#include <stdlib.h>
#include <string.h>

#define HABIT(member)  offsetof(struct ub_quirk_effect, habits.member)
#define EFFECT(member) offsetof(struct ub_quirk_effect, member)
#define WIDTH(member)  (uint8_t)sizeof(((struct ub_quirk_effect *)NULL)->member)

#define FLAG(name_, text_)                                                                         \
    {                                                                                              \
        .shown = {.name = #name_, .value = "true or false", .text = (text_)},                      \
        .kind = UB_QUIRK_FLAG, .width = WIDTH(habits.name_), .most = 1, .offset = HABIT(name_)     \
    }
#define NUMBER(name_, unit_, least_, most_, text_)                                                 \
    {                                                                                              \
        .shown = {.name = #name_, .value = unit_ " from " #least_ " to " #most_, .text = (text_)}, \
        .kind = UB_QUIRK_NUMBER, .width = WIDTH(habits.name_), .least = (least_), .most = (most_), \
        .offset = HABIT(name_)                                                                     \
    }

static const char *const modes[] = {"said", "dfu", "runtime", "none", NULL};
static const char *const prefixes[] = {"none", "lpc", NULL};

static const struct ub_quirk_change_key keys[] = {
    /* how patient */
    NUMBER(erase_deadline_ms, "milliseconds", 1, 600000, "how long one sector's erase may take"),
    NUMBER(erase_all_deadline_ms, "milliseconds", 1, 600000,
           "how long the erase of all its memory may take, however little it asks for"),
    NUMBER(write_deadline_ms, "milliseconds", 1, 600000, "how long one block may take"),
    NUMBER(manifest_deadline_ms, "milliseconds", 1, 1800000,
           "how long it may take in the firmware after the last block"),
    NUMBER(poll_max_ms, "milliseconds", 1, 16777215, "a longer poll time is refused as absurd"),
    /* when it may be asked */
    FLAG(naks_while_busy, "it answers nothing while it works, so that questions may be on their "
                          "way before its operation is over"),
    FLAG(poll_early, "it bears questions before its poll time is over"),
    FLAG(poll_fixed, "its poll times mean nothing: poll_fixed_ms is used instead"),
    {.shown = {.name = "poll_fixed_ms",
               .value = "milliseconds from 0 to 120000",
               .text = "the poll time used instead of its own; sets poll_fixed"},
     .kind = UB_QUIRK_NUMBER,
     .width = WIDTH(habits.poll_fixed_ms),
     .most = 120000,
     .offset = HABIT(poll_fixed_ms),
     .sets = true,
     .flag = HABIT(poll_fixed)},
    NUMBER(erase_typical_us, "microseconds", 0, 600000000,
           "what the erase of its smallest sector takes; 0: not known"),
    NUMBER(write_typical_us, "microseconds", 0, 600000000,
           "what programming one KiB takes; 0: not known"),
    /* its memory */
    NUMBER(erased_value, "a byte", 0, 255, "what its erased memory reads as"),
    NUMBER(program_unit, "bytes", 0, 4096, "how many bytes it programs at once; 0: not known"),
    FLAG(write_once, "a unit may be programmed once between erases (ECC)"),
    FLAG(erase_unproved, "an erase that it reports may not have happened"),
    /* what it says of itself */
    {.shown = {.name = "bcdDFUVersion",
               .value = "1.0, 1.01, 1.1 or 1.1a, or such a number as 0x0110; 0: as it says",
               .text = "the release of DFU that it speaks, whatever its descriptor says"},
     .kind = UB_QUIRK_VERSION,
     .width = WIDTH(habits.bcdDFUVersion),
     .most = UINT16_MAX,
     .offset = HABIT(bcdDFUVersion)},
    NUMBER(transfer_size_max, "bytes", 0, 4096,
           "the largest block that it takes, whatever it claims; 0: as it says"),
    FLAG(descriptor_mute, "it never answers when asked for its functional descriptor"),
    {.shown = {.name = "memory_map",
               .value = "a map such as @Flash /0x08000000/04*016Kg, \"\": as it says",
               .text = "its memory map, instead of the name of its first alternate setting"},
     .kind = UB_QUIRK_MAP,
     .width = WIDTH(habits.memory_map),
     .offset = HABIT(memory_map)},
    NUMBER(first_block, "a block number", 0, 65535,
           "the number with which the firmware begins where a block's number is its place; plain "
           "DFU only"),
    FLAG(whole_blocks, "it takes whole blocks only, and refuses to be read beyond its end; plain "
                       "DFU only"),
    /* what it can do */
    FLAG(no_upload, "what it gives when it is read is not what it holds"),
    FLAG(no_erase_all, "it has no command to erase all its memory"),
    FLAG(upload_to_run, "it starts its firmware only after a block has been read"),
    FLAG(free_by_clear, "stuck in dfuDNBUSY it is freed by DFU_CLRSTATUS twice"),
    FLAG(has_leave_address, "it leaves only with the address pointer at leave_address"),
    {.shown = {.name = "leave_address",
               .value = "an address from 0 to 0xffffffff",
               .text = "the address pointer that makes it leave; sets has_leave_address"},
     .kind = UB_QUIRK_NUMBER,
     .width = WIDTH(habits.leave_address),
     .most = UINT32_MAX,
     .offset = HABIT(leave_address),
     .sets = true,
     .flag = HABIT(has_leave_address)},
    FLAG(no_leave_reset, "a bus reset does not start its firmware, or harms it"),
    /* recognition and the procedure */
    {.shown = {.name = "mode",
               .value = "said, dfu, runtime or none",
               .text = "the mode that it is in, whatever its interface says; none: its DFU "
                       "interface is none"},
     .kind = UB_QUIRK_WORD,
     .width = WIDTH(mode),
     .offset = EFFECT(mode),
     .words = modes},
    {.shown = {.name = "prefix",
               .value = "none or lpc",
               .text = "what an image for it has to begin with"},
     .kind = UB_QUIRK_WORD,
     .width = WIDTH(prefix),
     .offset = EFFECT(prefix),
     .words = prefixes},
    {.shown = {.name = "serial_bytes",
               .value = "true or false",
               .text = "its serial number is sent as bytes, not as UTF-16"},
     .kind = UB_QUIRK_FLAG,
     .width = WIDTH(serial_bytes),
     .most = 1,
     .offset = EFFECT(serial_bytes)},
    {.shown = {.name = "return_deadline_ms",
               .value = "milliseconds from 0 to 1800000",
               .text = "how long it may stay away when it changes between firmware and "
                       "bootloader; 0: as long as any device"},
     .kind = UB_QUIRK_NUMBER,
     .width = WIDTH(return_deadline_ms),
     .most = 1800000,
     .offset = EFFECT(return_deadline_ms)},
};
#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

const struct ub_quirk_change_key *ub_quirk_change_at(size_t index)
{
    return index < KEY_COUNT ? &keys[index] : NULL;
}

const struct ub_quirk_change_key *ub_quirk_change_named(const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].shown.name, name) == 0)
            return &keys[i];
    return NULL;
}

static bool read_flag(const char *text, uint64_t *number)
{
    *number = strcmp(text, "true") == 0;
    return *number || strcmp(text, "false") == 0;
}

/* "1.1a" is 0x011a, "1.1" is 0x0110 (DFU 1.1 section 4.1.3: binary-coded decimal). */
static bool read_release(const char *text, uint64_t *number)
{
    const char *dot = strchr(text, '.');
    if (!dot)
        return ub_parse_number(text, UINT16_MAX, number);
    uint64_t major = 0;
    uint64_t minor = 0;
    size_t digits = strlen(dot + 1);
    if (digits > 2 || !ub_parse_digits(text, (size_t)(dot - text), 16, UINT8_MAX, &major) ||
        !ub_parse_digits(dot + 1, digits, 16, UINT8_MAX, &minor))
        return false;
    *number = major << 8 | (digits == 1 ? minor << 4 : minor);
    return true;
}

/* Only what there is: DFU 1.0, the 1.01 that some devices write for 1.1, 1.1, and DfuSe's 1.1a. */
static bool read_version(const char *text, uint64_t *number)
{
    return read_release(text, number) && (*number == 0 || *number == 0x0100 || *number == 0x0101 ||
                                          *number == 0x0110 || *number == 0x011a);
}

static bool read_word(const char *const *words, const char *text, uint64_t *number)
{
    for (*number = 0; words[*number]; (*number)++)
        if (strcmp(words[*number], text) == 0)
            return true;
    return false;
}

/* Read here, so that a slip in a person's map is not taken for a defect of the device. */
static bool read_map(const char *text)
{
    struct ub_memory_map map;
    return strlen(text) <= UB_QUIRK_TEXT_MAX &&
           (!text[0] || ub_memory_map_parse(text, &map, NULL) == UB_OK);
}

static bool read_number(const struct ub_quirk_change_key *key, const char *text, uint64_t *number)
{
    switch (key->kind) {
    case UB_QUIRK_FLAG:
        return read_flag(text, number);
    case UB_QUIRK_NUMBER:
        return ub_parse_number(text, key->most, number) && *number >= key->least;
    case UB_QUIRK_VERSION:
        return read_version(text, number);
    case UB_QUIRK_WORD:
        return read_word(key->words, text, number);
    case UB_QUIRK_MAP:
        break;
    }
    *number = 0;
    return read_map(text);
}

bool ub_quirk_value_read(const struct ub_quirk_change_key *key, const char *text,
                         struct ub_quirk_value *out, bool *memory)
{
    *memory = false;
    *out = (struct ub_quirk_value){.key = key};
    if (!read_number(key, text, &out->number))
        return false;
    out->text = strdup(text);
    *memory = out->text == NULL;
    return !*memory;
}

static void put(uint8_t *to, uint8_t width, uint64_t number)
{
    const uint8_t one = (uint8_t)number;
    const uint16_t two = (uint16_t)number;
    const uint32_t four = (uint32_t)number;
    switch (width) {
    case sizeof(one):
        *to = one;
        break;
    case sizeof(two):
        memcpy(to, &two, sizeof(two));
        break;
    case sizeof(four):
        memcpy(to, &four, sizeof(four));
        break;
    default:
        memcpy(to, &number, sizeof(number));
        break;
    }
}

void ub_quirk_value_apply(const struct ub_quirk_value *value, struct ub_quirk_effect *effect)
{
    const struct ub_quirk_change_key *key = value->key;
    uint8_t *base = (uint8_t *)effect;
    const bool set = true;
    if (key->kind == UB_QUIRK_MAP) {
        const char *text = value->text[0] ? value->text : NULL;
        memcpy(base + key->offset, &text, sizeof(text));
    } else if (key->kind == UB_QUIRK_FLAG) {
        const bool flag = value->number != 0;
        memcpy(base + key->offset, &flag, sizeof(flag));
    } else {
        put(base + key->offset, key->width, value->number);
    }
    if (key->sets)
        memcpy(base + key->flag, &set, sizeof(set));
}
