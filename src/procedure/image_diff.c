/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where two images differ, by bytes or by a family's sectors. */
#include "base/error.h"
#include "family/sectors.h"
#include "image/compare.h"

#include <stdlib.h>

/** A comparison by sectors. */
struct by_sector {
    const struct ub_family *family;
    struct ub_differences *list;
    bool open;                   /**< the two below are of the sector at hand */
    struct ub_difference sector; /**< its `differing` may be 0 */
    bool in_first;               /**< the first image has a byte in it */
    bool in_second;
};

/** Tells of the sector at hand, if it differs. */
static enum ub_code close_sector(struct by_sector *b, struct ub_error *err)
{
    bool differs = b->open && b->sector.differing > 0;
    b->open = false;
    b->sector.only_first = !b->in_second;
    b->sector.only_second = !b->in_first;
    return differs ? ub_differences_add(b->list, &b->sector, err) : UB_OK;
}

/** Makes the sector that has the stretch's first byte the one at hand. *length is how much of the
 * stretch is in it; *inside is false where there is no sector, up to the next one. */
static enum ub_code enter_sector(struct by_sector *b, const struct ub_common *c, uint64_t *length,
                                 bool *inside, struct ub_error *err)
{
    struct ub_family_span span = {.address = c->address, .length = c->length};
    *inside = c->has_address && ub_family_sector(b->family, c->address, &span);
    uint64_t left = span.length - (c->address - span.address);
    *length = c->length < left ? c->length : left;
    if (*inside && b->open && b->sector.address == span.address && b->sector.alt == c->alt)
        return UB_OK;
    enum ub_code code = close_sector(b, err);
    b->open = *inside;
    b->in_first = b->in_second = false;
    b->sector = (struct ub_difference){
        .alt = c->alt,
        .has_address = true,
        .address = span.address,
        .length = span.length,
    };
    return code;
}

static enum ub_code take_by_sector(struct by_sector *b, struct ub_common c, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    while (!code && c.length > 0) {
        struct ub_common part = c;
        bool inside;
        code = enter_sector(b, &c, &part.length, &inside, err);
        if (!code && !inside)
            code = ub_differences_take(b->list, &part, err);
        if (inside) {
            uint64_t first;
            uint64_t differing = ub_compare_count(&part, &first);
            if (b->sector.differing == 0)
                b->sector.first_at = part.address + first;
            b->sector.differing += differing;
            b->in_first = b->in_first || part.first;
            b->in_second = b->in_second || part.second;
        }
        c.address += part.length;
        c.length -= part.length;
        c.first = c.first ? c.first + part.length : NULL;
        c.second = c.second ? c.second + part.length : NULL;
    }
    return code;
}

enum ub_code ub_image_diff(const struct ub_image *first, const struct ub_image *second,
                           const char *family, struct ub_difference **out, size_t *count,
                           struct ub_error *err)
{
    struct ub_differences list = {0};
    struct by_sector by_sector = {.list = &list};
    struct ub_compare compare = {0};
    struct ub_common common;
    enum ub_code code = UB_OK;
    *out = NULL;
    *count = 0;
    if (family)
        code = ub_family_with_sectors(family, &by_sector.family, err);
    if (!code)
        code = ub_compare_begin(&compare, first, second, err);
    while (!code && ub_compare_next(&compare, &common))
        code = family ? take_by_sector(&by_sector, common, err)
                      : ub_differences_take(&list, &common, err);
    if (!code && family)
        code = close_sector(&by_sector, err);
    ub_compare_end(&compare);
    if (code) {
        free(list.items);
        return code;
    }
    *out = list.items;
    *count = list.count;
    return UB_OK;
}
