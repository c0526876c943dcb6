/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/match.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "match/accept.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MCUBOOT_MAGIC UINT32_C(0x96f3b83d)

/** Where a finding of the row goes: behind the others, in the place of one that is weaker, or, if
 * there are enough that say no less, nowhere (NULL). */
static struct ub_match_entry *place_for(struct ub_match *out, const struct ub_match_row *row,
                                        enum ub_weight weight)
{
    struct ub_match_entry *last = NULL;
    struct ub_match_entry *weakest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < out->count; i++) {
        struct ub_match_entry *entry = &out->entries[i];
        if (entry->row != row)
            continue;
        count++;
        last = entry;
        if (!weakest || entry->finding.weight <= weakest->finding.weight)
            weakest = entry;
    }
    if (count < UB_MATCH_OF_ROW) { /* each row has so many places of its own: rows.c */
        out->entries[out->count].more = 0;
        return &out->entries[out->count++];
    }
    last->more++;
    return weakest->finding.weight < weight ? weakest : NULL;
}

void ub_match_say(struct ub_match *out, const struct ub_match_case *what,
                  const struct ub_match_row *row, enum ub_weight weight, const char *format, ...)
{
    struct ub_match_entry *entry = place_for(out, row, weight);
    if (!entry)
        return;
    const bool against = weight != UB_FINDING_FOR;
    va_list arguments;
    entry->row = row;
    entry->finding = (struct ub_finding){.weight = weight, .name = row->name};
    entry->finding.acceptable = against && row->meaning != NULL;
    entry->finding.accepted = entry->finding.acceptable && what->options &&
                              ub_is_accepted(what->options, row->name);
    va_start(arguments, format);
    (void)vsnprintf(entry->finding.text, sizeof(entry->finding.text), format, arguments);
    va_end(arguments);
}

/** Says how many findings of a row are not told. */
static void tell_rest(struct ub_match *match)
{
    for (size_t i = 0; i < match->count; i++) {
        struct ub_match_entry *entry = &match->entries[i];
        char more[32];
        if (!entry->more)
            continue;
        (void)ub_print(more, sizeof(more), " (and %zu more)", entry->more);
        entry->finding.text[sizeof(entry->finding.text) - sizeof(more)] = '\0'; /* has to fit */
        (void)ub_append(entry->finding.text, sizeof(entry->finding.text), "%s", more);
    }
}

/** Against, weak, for: each in the order of the rows. */
static void sort(struct ub_match *match)
{
    for (size_t i = 1; i < match->count; i++)
        for (size_t j = i;
             j > 0 && match->entries[j - 1].finding.weight < match->entries[j].finding.weight;
             j--) {
            struct ub_match_entry moved = match->entries[j];
            match->entries[j] = match->entries[j - 1];
            match->entries[j - 1] = moved;
        }
}

void ub_match_decide(const struct ub_match_case *what, struct ub_match *out)
{
    memset(out, 0, sizeof(*out));
    for (const struct ub_match_row *row = ub_match_rows; row->name; row++)
        if (row->look && !(what->comparing && row->of_writing))
            row->look(row, what, out);
    tell_rest(out);
    sort(out);
}

static bool refuses(const struct ub_finding *finding)
{
    return finding->weight == UB_FINDING_AGAINST && finding->acceptable && !finding->accepted;
}

enum ub_code ub_match_contradiction(const struct ub_match *match, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    size_t left = 0;
    for (size_t i = 0; i < match->count; i++)
        left += refuses(&match->entries[i].finding);
    for (size_t i = 0; i < match->count; i++) {
        const struct ub_finding *finding = &match->entries[i].finding;
        if (!refuses(finding))
            continue;
        left--;
        if (!code)
            code = ub_fail(err, match->entries[i].row->code, "%.190s (named by --accept %s)",
                           finding->text, finding->name);
        else if (err && err->depth == UB_ERROR_DEPTH - 1 && left)
            return ub_wrap(err, code, "and %zu more: unbrick image check", left + 1);
        else
            (void)ub_wrap(err, code, "and %.180s (named by --accept %s)", finding->text,
                          finding->name);
    }
    return code;
}

static bool is_impossible(const struct ub_match_entry *entry)
{
    return entry->finding.weight == UB_FINDING_AGAINST && !entry->finding.acceptable;
}

enum ub_code ub_match_impossible(const struct ub_match *match, struct ub_error *err)
{
    if (match->placement.code) {
        if (err)
            *err = match->placement;
        return match->placement.code;
    }
    for (size_t i = 0; i < match->count; i++)
        if (is_impossible(&match->entries[i]))
            return ub_fail(err, match->entries[i].row->code, "%s", match->entries[i].finding.text);
    return UB_OK;
}

static const struct ub_match_row *row_named(const char *name)
{
    const struct ub_match_row *row = ub_match_rows;
    while (row->name && strcmp(row->name, name) != 0)
        row++;
    return row;
}

void ub_match_add_placement(struct ub_match *match)
{
    static const struct ub_match_case nothing;
    const struct ub_match_row *row = row_named("outside");
    size_t kept = 0;
    for (size_t i = 0; i < match->count; i++)
        if (match->entries[i].row != row)
            match->entries[kept++] = match->entries[i];
    match->count = kept;
    ub_match_say(match, &nothing, row, UB_FINDING_AGAINST, "%s", match->placement.message);
    sort(match);
}

size_t ub_match_count(const struct ub_match *match, enum ub_weight weight)
{
    size_t count = 0;
    for (size_t i = 0; i < match->count; i++)
        count += match->entries[i].finding.weight == weight && !match->entries[i].finding.accepted;
    return count;
}

/** The next entry from `index` on that speaks for it with words no earlier one has; count if there
 * is none. */
static size_t next_reason(const struct ub_match *match, size_t index)
{
    for (; index < match->count; index++) {
        const struct ub_match_entry *entry = &match->entries[index];
        bool seen = entry->finding.weight != UB_FINDING_FOR || !entry->row->by;
        for (size_t i = 0; !seen && i < index; i++)
            seen = match->entries[i].finding.weight == UB_FINDING_FOR &&
                   match->entries[i].row == entry->row;
        if (!seen)
            break;
    }
    return index;
}

bool ub_match_reasons(const struct ub_match *match, char *to, size_t size)
{
    size_t index = next_reason(match, 0);
    if (size)
        to[0] = '\0';
    for (bool first = true; index < match->count; first = false) {
        const size_t next = next_reason(match, index + 1);
        (void)ub_append(to, size, "%s%s",
                        first                 ? ""
                        : next < match->count ? ", "
                                              : " and ",
                        match->entries[index].row->by);
        index = next;
    }
    return size && to[0];
}

bool ub_match_mcuboot_version(const uint8_t *bytes, size_t length, char *to, size_t size)
{
    struct ub_cursor cursor = ub_cursor(bytes, length);
    const uint32_t magic = ub_take_u32le(&cursor);
    (void)ub_take_bytes(&cursor, 16); /* load address, sizes, flags */
    const unsigned major = ub_take_u8(&cursor);
    const unsigned minor = ub_take_u8(&cursor);
    const unsigned revision = ub_take_u16le(&cursor);
    const uint32_t build = ub_take_u32le(&cursor);
    return !cursor.failed && magic == MCUBOOT_MAGIC &&
           ub_print(to, size, "%u.%u.%u+%" PRIu32, major, minor, revision, build);
}
