/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How an image falls into parts: segments, or banks of a family's flash. */
#include "base/error.h"
#include "family/sectors.h"
#include "image/image.h"

#include <stdlib.h>

/** The parts so far. */
struct parts {
    struct ub_image_part *items; /**< owned */
    size_t count;
    size_t capacity;
    bool in_bank; /**< the last one lies in `bank` */
    struct ub_family_span bank;
};

static enum ub_code add(struct parts *parts, const struct ub_segment *s, uint64_t address,
                        uint64_t length, struct ub_error *err)
{
    if (parts->count == parts->capacity) {
        size_t capacity = parts->capacity ? 2 * parts->capacity : 16;
        struct ub_image_part *moved = realloc(parts->items, capacity * sizeof(*moved));
        if (!moved)
            return ub_fail_memory(err);
        parts->items = moved;
        parts->capacity = capacity;
    }
    parts->items[parts->count++] = (struct ub_image_part){
        .alt = s->alt,
        .has_address = s->has_address,
        .address = address,
        .length = length,
    };
    return UB_OK;
}

/** Adds the segment cut at the ends of banks; pieces in one bank are one part. */
static enum ub_code add_by_bank(struct parts *parts, const struct ub_family *family,
                                const struct ub_segment *s, struct ub_error *err)
{
    uint64_t address = s->address;
    uint64_t end = s->address + s->length;
    enum ub_code code = UB_OK;
    while (!code && address < end) {
        struct ub_family_span bank = {.address = address, .length = s->length};
        bool in_bank = s->has_address && ub_family_bank(family, address, &bank);
        uint64_t left = bank.length - (address - bank.address);
        uint64_t length = end - address < left ? end - address : left;
        struct ub_image_part *last = parts->count > 0 ? &parts->items[parts->count - 1] : NULL;
        if (in_bank && last && parts->in_bank && parts->bank.address == bank.address &&
            last->alt == s->alt)
            last->length = address + length - last->address;
        else
            code = add(parts, s, address, length, err);
        parts->in_bank = in_bank;
        if (in_bank)
            parts->bank = bank;
        address += length;
    }
    return code;
}

enum ub_code ub_image_parts(const struct ub_image *image, const char *family,
                            struct ub_image_part **out, size_t *count, struct ub_error *err)
{
    struct parts parts = {0};
    const struct ub_family *known = NULL;
    enum ub_code code = UB_OK;
    *out = NULL;
    *count = 0;
    if (family)
        code = ub_family_with_sectors(family, &known, err);
    for (size_t i = 0; !code && i < image->segment_count; i++) {
        const struct ub_segment *s = &image->segments[i];
        code = known ? add_by_bank(&parts, known, s, err)
                     : add(&parts, s, s->address, s->length, err);
    }
    if (code) {
        free(parts.items);
        return code;
    }
    *out = parts.items;
    *count = parts.count;
    return UB_OK;
}
