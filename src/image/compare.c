/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/compare.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 256u /* equal memory is passed over in steps of this */

static int order(const void *left, const void *right)
{
    const struct ub_compared *a = left;
    const struct ub_compared *b = right;
    if (a->alt != b->alt)
        return a->alt < b->alt ? -1 : 1;
    return a->address < b->address ? -1 : a->address > b->address;
}

static bool has_addresses(const struct ub_image *image)
{
    return image->segment_count > 0 && image->segments[0].has_address;
}

static bool names_alt(const struct ub_image *image)
{
    for (size_t i = 0; i < image->segment_count; i++)
        if (image->segments[i].alt != UB_IMAGE_ALT_NONE)
            return true;
    return false;
}

static uint64_t lowest(const struct ub_image *image)
{
    uint64_t address = UINT64_MAX;
    for (size_t i = 0; i < image->segment_count; i++)
        if (image->segments[i].address < address)
            address = image->segments[i].address;
    return image->segment_count > 0 ? address : 0;
}

/** Lays one image out for the comparison, beginning at `base` if it has no addresses. */
static enum ub_code lay_out(struct ub_compare *c, int which, const struct ub_image *image,
                            uint64_t base, bool ignore_alt, struct ub_error *err)
{
    size_t count = image->segment_count;
    struct ub_compared *pieces = calloc(count ? count : 1, sizeof(*pieces));
    c->pieces[which] = pieces;
    if (!pieces)
        return ub_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct ub_segment *s = &image->segments[i];
        pieces[i] = (struct ub_compared){
            .alt = ignore_alt ? UB_IMAGE_ALT_NONE : s->alt,
            .address = s->has_address || base > UINT64_MAX - s->length ? s->address : base,
            .data = s->data,
            .length = s->length,
        };
    }
    c->count[which] = count;
    if (ignore_alt)
        qsort(pieces, count, sizeof(*pieces), order);
    return UB_OK;
}

/** True if no two pieces of the image want the same addresses, whatever their alternate setting. */
static bool one_memory(const struct ub_compare *c, int which)
{
    const struct ub_compared *p = c->pieces[which];
    for (size_t i = 1; i < c->count[which]; i++)
        if (p[i].address - p[i - 1].address < p[i - 1].length)
            return false;
    return true;
}

enum ub_code ub_compare_begin(struct ub_compare *compare, const struct ub_image *first,
                              const struct ub_image *second, struct ub_error *err)
{
    *compare = (struct ub_compare){.has_address = has_addresses(first) || has_addresses(second)};
    bool ignore = names_alt(first) != names_alt(second);
    for (;;) {
        enum ub_code code = lay_out(compare, 0, first, lowest(second), ignore, err);
        if (!code)
            code = lay_out(compare, 1, second, lowest(first), ignore, err);
        if (code || !ignore || (one_memory(compare, 0) && one_memory(compare, 1)))
            return code;
        /* Two memories at one address: which of them the other image is for cannot be known. */
        ignore = false;
        ub_compare_end(compare);
    }
}

void ub_compare_end(struct ub_compare *compare)
{
    for (int i = 0; i < 2; i++) {
        free(compare->pieces[i]);
        compare->pieces[i] = NULL;
        compare->count[i] = 0;
    }
}

/** The rest of the piece at hand; false if there is none. */
static bool rest(const struct ub_compare *c, int which, struct ub_compared *out)
{
    if (c->at[which] >= c->count[which])
        return false;
    const struct ub_compared *p = &c->pieces[which][c->at[which]];
    uint64_t done = c->done[which];
    *out = (struct ub_compared){
        .alt = p->alt,
        .address = p->address + done,
        .data = p->data + done,
        .length = p->length - (size_t)done,
    };
    return true;
}

static void advance(struct ub_compare *c, int which, uint64_t by)
{
    c->done[which] += by;
    if (c->done[which] == c->pieces[which][c->at[which]].length) {
        c->at[which]++;
        c->done[which] = 0;
    }
}

bool ub_compare_next(struct ub_compare *compare, struct ub_common *out)
{
    struct ub_compared piece[2];
    bool there[2];
    for (int i = 0; i < 2; i++)
        there[i] = rest(compare, i, &piece[i]);
    if (!there[0] && !there[1])
        return false;
    int which = !there[0] || (there[1] && order(&piece[1], &piece[0]) < 0) ? 1 : 0;
    bool both = there[0] && there[1] && order(&piece[0], &piece[1]) == 0;
    const struct ub_compared *mine = &piece[which];
    const struct ub_compared *other = &piece[1 - which];
    uint64_t length = mine->length;
    if (both && other->length < length)
        length = other->length;
    if (!both && there[1 - which] && other->alt == mine->alt &&
        other->address - mine->address < length)
        length = other->address - mine->address;
    *out = (struct ub_common){
        .alt = mine->alt,
        .has_address = compare->has_address,
        .address = mine->address,
        .length = length,
        .first = both || which == 0 ? piece[0].data : NULL,
        .second = both || which == 1 ? piece[1].data : NULL,
    };
    if (both || which == 0)
        advance(compare, 0, length);
    if (both || which == 1)
        advance(compare, 1, length);
    return true;
}

static enum ub_code append(struct ub_differences *list, const struct ub_difference *one,
                           struct ub_error *err)
{
    if (!list->items || list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 16;
        struct ub_difference *moved = realloc(list->items, capacity * sizeof(*moved));
        if (!moved)
            return ub_fail_memory(err);
        list->items = moved;
        list->capacity = capacity;
    }
    list->items[list->count++] = *one;
    return UB_OK;
}

enum ub_code ub_differences_add(struct ub_differences *list, const struct ub_difference *one,
                                struct ub_error *err)
{
    enum ub_code code = append(list, one, err);
    list->whole = list->count;
    return code;
}

/** Adds a range, or makes the last one longer if this one goes on with it. */
static enum ub_code add_range(struct ub_differences *list, const struct ub_difference *one,
                              uint64_t near, struct ub_error *err)
{
    struct ub_difference *last = list->count > list->whole ? &list->items[list->count - 1] : NULL;
    bool same = last && last->alt == one->alt && last->only_first == one->only_first &&
                last->only_second == one->only_second &&
                one->address - (last->address + last->length) < near;
    if (!same)
        return append(list, one, err);
    last->length = one->address + one->length - last->address;
    last->differing += one->differing;
    return UB_OK;
}

/** The first byte from `at` on that differs, or the stretch's length. */
static uint64_t find_different(const struct ub_common *c, uint64_t at)
{
    while (c->length - at >= BLOCK && memcmp(c->first + at, c->second + at, BLOCK) == 0)
        at += BLOCK;
    while (at < c->length && c->first[at] == c->second[at])
        at++;
    return at;
}

/** The first byte from `at` on that is the same, or the stretch's length. */
static uint64_t find_same(const struct ub_common *c, uint64_t at)
{
    while (at < c->length && c->first[at] != c->second[at])
        at++;
    return at;
}

enum ub_code ub_differences_take(struct ub_differences *list, const struct ub_common *common,
                                 struct ub_error *err)
{
    struct ub_difference one = {
        .alt = common->alt,
        .has_address = common->has_address,
        .address = common->address,
        .first_at = common->address,
        .length = common->length,
        .differing = common->length,
        .only_first = !common->second,
        .only_second = !common->first,
    };
    if (one.only_first || one.only_second)
        return add_range(list, &one, 1, err);
    enum ub_code code = UB_OK;
    uint64_t end = 0;
    for (uint64_t at = find_different(common, 0); !code && at < common->length;
         at = find_different(common, end)) {
        end = find_same(common, at);
        one.address = one.first_at = common->address + at;
        one.length = one.differing = end - at;
        code = add_range(list, &one, UB_COMPARE_NEAR, err);
    }
    return code;
}

uint64_t ub_compare_count(const struct ub_common *common, uint64_t *first)
{
    *first = 0;
    if (!common->first || !common->second)
        return common->length;
    uint64_t count = 0;
    uint64_t end = 0;
    for (uint64_t at = find_different(common, 0); at < common->length;
         at = find_different(common, end)) {
        end = find_same(common, at);
        *first = count == 0 ? at : *first;
        count += end - at;
    }
    return count;
}
