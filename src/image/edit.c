/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One image made of others: moved, cropped, merged, filled. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "image/image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/** What is being made, and of what. */
struct editing {
    const struct ub_image *const *images;
    size_t count;
    const struct ub_edit *edit;
    uint64_t crop_end; /**< behind the last byte that is kept */
    int alt_of_none;   /**< where pieces go that name no alternate setting */
    struct ub_image *to;
    struct ub_error *err;
};

/** *to = address + offset; false if there is no such address. */
static bool move(uint64_t address, int64_t offset, uint64_t *to)
{
    if (offset >= 0)
        return ub_add_u64(address, (uint64_t)offset, to);
    uint64_t back = UINT64_C(0) - (uint64_t)offset; /* also right for the least number */
    *to = address - back;
    return address >= back;
}

/** Where a segment goes; checks that all of it can be there. */
static enum ub_code place(const struct editing *e, const struct ub_image *image,
                          const struct ub_segment *s, bool *has_address, uint64_t *address)
{
    uint64_t from = s->has_address ? s->address : e->edit->at;
    uint64_t end;
    *has_address = s->has_address || e->edit->has_at;
    if (!*has_address && e->edit->offset != 0)
        return ub_fail(e->err, UB_IMG_NO_ADDRESS,
                       "%s: does not say where its bytes go, so it cannot be moved from there",
                       image->name);
    if (!*has_address) {
        *address = 0;
        return UB_OK;
    }
    if (!move(from, e->edit->offset, address) || !ub_add_u64(*address, s->length, &end))
        return ub_fail(e->err, UB_IMG_EDIT,
                       "%s: 0x%08" PRIx64 " to 0x%08" PRIx64 " moved by %" PRId64
                       " would leave the addresses there are",
                       image->name, from, from + s->length - 1, e->edit->offset);
    return UB_OK;
}

/** Adds what is wanted of a segment, where it is wanted. */
static enum ub_code add_segment(const struct editing *e, const struct ub_image *image,
                                const struct ub_segment *s)
{
    bool has_address;
    uint64_t address;
    enum ub_code code = place(e, image, s, &has_address, &address);
    if (code || (e->edit->has_alt && s->alt != e->edit->alt))
        return code;
    uint64_t from = e->edit->crop_length > 0 && address < e->edit->crop_from ? e->edit->crop_from
                                                                             : address;
    uint64_t end = address + s->length < e->crop_end ? address + s->length : e->crop_end;
    if (from >= end)
        return UB_OK;
    int alt = s->alt == UB_IMAGE_ALT_NONE ? e->alt_of_none : s->alt;
    return ub_image_add(e->to, alt, has_address, has_address ? from : 0, s->data + (from - address),
                        (size_t)(end - from), e->err);
}

static enum ub_code add_segments(const struct editing *e)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < e->count; i++)
        for (size_t j = 0; !code && j < e->images[i]->segment_count; j++)
            code = add_segment(e, e->images[i], &e->images[i]->segments[j]);
    if (code || e->to->segment_count > 0)
        return code;
    if (e->edit->crop_length > 0)
        return ub_fail(e->err, UB_IMG_EDIT,
                       "%s: nothing of it lies in 0x%08" PRIx64 " to 0x%08" PRIx64, e->to->name,
                       e->edit->crop_from, e->crop_end - 1);
    return ub_fail(e->err, UB_IMG_EDIT, "%s: nothing would be left of it", e->to->name);
}

/** Only one image may leave open where it goes, and only if it is alone or told. */
static enum ub_code check_addresses(const struct editing *e)
{
    size_t without = 0;
    const struct ub_image *last = NULL;
    uint64_t lowest = UINT64_MAX;
    for (size_t i = 0; i < e->count; i++) {
        const struct ub_segment *s = e->images[i]->segments;
        bool open = e->images[i]->segment_count > 0 && !s->has_address;
        without += open ? 1 : 0;
        last = open ? e->images[i] : last;
        for (size_t j = 0; j < e->images[i]->segment_count; j++)
            lowest = s[j].address < lowest ? s[j].address : lowest;
    }
    if (without > 1 || (without == 1 && e->count > 1 && !e->edit->has_at))
        return ub_fail(e->err, UB_IMG_NO_ADDRESS,
                       without > 1 ? "%s: is one of several that do not say where their bytes go"
                                   : "%s: does not say where its bytes go",
                       last->name);
    if (without == 0 && e->edit->has_at && lowest != e->edit->at)
        return ub_fail(e->err, UB_IMG_ADDRESS_CONFLICT,
                       "%s: begins at 0x%08" PRIx64 " by itself, not at 0x%08" PRIx64,
                       e->images[0]->name, lowest, e->edit->at);
    return UB_OK;
}

/** Files that name no alternate setting merged with one that does are for the same one. */
static enum ub_code choose_alt(struct editing *e)
{
    bool none = false;
    int named = UB_IMAGE_ALT_NONE;
    bool several = false;
    for (size_t i = 0; i < e->count; i++) {
        for (size_t j = 0; j < e->images[i]->segment_count; j++) {
            int alt = e->images[i]->segments[j].alt;
            none = none || alt == UB_IMAGE_ALT_NONE;
            several = several ||
                      (alt != UB_IMAGE_ALT_NONE && named != UB_IMAGE_ALT_NONE && alt != named);
            named = alt != UB_IMAGE_ALT_NONE ? alt : named;
        }
    }
    e->alt_of_none = named;
    if (none && several)
        return ub_fail(e->err, UB_IMG_EDIT,
                       "%s: names several alternate settings, and what is merged with it none",
                       e->images[0]->name);
    return UB_OK;
}

/** The ids of all that name some, which may not contradict each other. */
static enum ub_code take_ids(const struct editing *e)
{
    struct ub_image *to = e->to;
    for (size_t i = 0; i < e->count; i++) {
        const struct ub_image *image = e->images[i];
        if (!image->has_ids)
            continue;
        if (!to->has_ids) {
            to->has_ids = true;
            to->vid = image->vid;
            to->pid = image->pid;
            to->bcdDevice = image->bcdDevice;
            continue;
        }
        if (image->vid != to->vid || image->pid != to->pid)
            return ub_fail(e->err, UB_IMG_EDIT,
                           "%s: is for %04x:%04x, and what it is merged with for %04x:%04x",
                           image->name, image->vid, image->pid, to->vid, to->pid);
        if (image->bcdDevice != to->bcdDevice)
            to->bcdDevice = UB_IMAGE_ID_ANY;
    }
    return UB_OK;
}

static bool has_claim(const struct ub_image *image, const struct ub_claim *claim)
{
    for (size_t i = 0; i < image->claim_count; i++) {
        const struct ub_claim *c = &image->claims[i];
        if (c->kind == claim->kind && c->number == claim->number && c->detail == claim->detail &&
            strcmp(c->text, claim->text) == 0)
            return true;
    }
    return false;
}

/** The start address moves with the code, and goes with it if it is not kept. */
static bool follow(const struct editing *e, struct ub_claim *claim)
{
    if (claim->kind != UB_CLAIM_ENTRY)
        return true;
    if (e->edit->offset != 0)
        claim->detail = 0; /* CS:IP has no one form of it */
    return move(claim->number, e->edit->offset, &claim->number) &&
           (e->edit->crop_length == 0 ||
            (claim->number >= e->edit->crop_from && claim->number < e->crop_end));
}

static enum ub_code take_claims(const struct editing *e)
{
    enum ub_code code = UB_OK;
    const struct ub_image *first = e->images[0];
    for (size_t i = 0; !code && i < first->claim_count; i++) {
        struct ub_claim claim = first->claims[i];
        bool shared = true;
        for (size_t j = 1; shared && j < e->count; j++)
            shared = has_claim(e->images[j], &claim);
        if (shared && follow(e, &claim))
            code = ub_image_add_claim(e->to, claim.kind, claim.source, claim.number, claim.detail,
                                      claim.text, e->err);
    }
    return code;
}

/** Adds a piece for each gap between two of one alternate setting. */
static enum ub_code fill_gaps(const struct editing *e)
{
    enum ub_code code = UB_OK;
    size_t count = e->to->segment_count;
    uint64_t room = UB_IMAGE_FILE_MAX;
    for (size_t i = 0; !code && i + 1 < count; i++) {
        const struct ub_segment *s = &e->to->segments[i];
        if (s->alt != s[1].alt)
            continue;
        uint64_t from = s->address + s->length;
        uint64_t gap = s[1].address - from;
        if (gap > room)
            return ub_fail(e->err, UB_IMG_TOO_LARGE,
                           "%s: the gap from 0x%08" PRIx64 " to 0x%08" PRIx64
                           " is too wide to be filled",
                           e->to->name, from, s[1].address - 1);
        room -= gap;
        uint8_t *data = malloc((size_t)gap);
        if (!data)
            return ub_fail_memory(e->err);
        memset(data, e->edit->fill, (size_t)gap);
        code = ub_image_adopt(e->to, s->alt, true, from, data, (size_t)gap, e->err);
    }
    return code ? code : ub_image_finish(e->to, e->err);
}

static enum ub_code run(struct editing *e)
{
    enum ub_code code = check_addresses(e);
    if (!code)
        code = choose_alt(e);
    if (!code)
        code = take_ids(e);
    if (!code)
        code = add_segments(e);
    if (!code)
        code = take_claims(e);
    if (!code)
        code = ub_image_finish(e->to, e->err);
    if (!code && e->edit->has_fill)
        code = fill_gaps(e);
    return code;
}

enum ub_code ub_image_edit(const struct ub_image *const *images, size_t count,
                           const struct ub_edit *edit, struct ub_image **out, struct ub_error *err)
{
    struct editing e = {
        .images = images,
        .count = count,
        .edit = edit,
        .crop_end = UINT64_MAX,
        .err = err,
    };
    *out = NULL;
    if (count == 0)
        return ub_fail(err, UB_IMG_EDIT, "no image was given");
    if (edit->crop_length > 0 && !ub_add_u64(edit->crop_from, edit->crop_length, &e.crop_end))
        return ub_fail(err, UB_IMG_EDIT,
                       "%s: a range of %" PRIu64 " bytes from 0x%08" PRIx64
                       " on leaves the addresses there are",
                       images[0]->name, edit->crop_length, edit->crop_from);
    enum ub_code code = ub_image_new(images[0]->name, &e.to, err);
    if (code)
        return code;
    e.to->format = images[0]->format;
    if (count == 1)
        (void)ub_print(e.to->target_name, sizeof(e.to->target_name), "%s", images[0]->target_name);
    code = run(&e);
    if (code) {
        ub_image_close(e.to);
        return code;
    }
    *out = e.to;
    return UB_OK;
}
