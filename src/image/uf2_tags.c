/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a UF2 block holds beside its content (microsoft/uf2, README.md, "MD5 checksum" and
 * "Extension tags"). */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "image/uf2.h"

#include <inttypes.h>
#include <string.h>

#define TAG_HEADER      4u
#define TAG_VERSION     0x9fc7bcu
#define TAG_DESCRIPTION 0x650d9du
#define TAG_DEVICE      0xc8a729u
#define TAG_LAST        0xffffffu

/** Where tags end in `data`: before the MD5 sum, if there is one. */
static size_t room_for_tags(const struct ub_uf2_block *block)
{
    return block->flags & UB_UF2_HAS_MD5 ? UB_UF2_DATA - UB_UF2_MD5 : UB_UF2_DATA;
}

/** The sum is for bootloaders that skip what they have; here it only has to make sense. */
static enum ub_code check_md5(const struct ub_uf2_block *block, size_t offset,
                              const struct ub_image *image, struct ub_error *err)
{
    struct ub_cursor c = ub_cursor(block->data + UB_UF2_DATA - UB_UF2_MD5, UB_UF2_MD5);
    uint32_t address = ub_take_u32le(&c);
    uint32_t length = ub_take_u32le(&c);
    if ((uint64_t)address + length > UINT64_C(0x100000000))
        return ub_fail(err, UB_IMG_UF2,
                       "%s: byte %zu: an MD5 sum of %" PRIu32 " bytes at 0x%08" PRIx32
                       " that run past 0xffffffff",
                       image->name, offset + UB_UF2_HEADER + UB_UF2_DATA - UB_UF2_MD5, length,
                       address);
    return UB_OK;
}

/** A device's number has 32 or 64 bits. */
static enum ub_code claim_device(struct ub_image *image, const uint8_t *bytes, size_t length,
                                 struct ub_error *err)
{
    struct ub_cursor c = ub_cursor(bytes, length);
    uint64_t low = ub_take_u32le(&c);
    uint64_t high = length >= 8 ? ub_take_u32le(&c) : 0;
    uint64_t number = low | high << 32;
    char text[32];
    if (c.failed)
        return UB_OK;
    (void)ub_print(text, sizeof(text), "0x%0*" PRIx64, length >= 8 ? 16 : 8, number);
    return ub_image_add_claim(image, UB_CLAIM_PRODUCT, "UF2 device type", number, 0, text, err);
}

static enum ub_code claim_text(struct ub_image *image, enum ub_claim_kind kind, const uint8_t *text,
                               size_t length, struct ub_error *err)
{
    char printable[UB_STRING_TEXT];
    ub_print_stranger(printable, sizeof(printable), (const char *)text, length);
    if (!printable[0])
        return UB_OK;
    return ub_image_add_claim(image, kind, "UF2 tag", 0, 0, printable, err);
}

static enum ub_code claim_tag(struct ub_uf2_tags *tags, struct ub_image *image, uint32_t type,
                              const uint8_t *bytes, size_t length, struct ub_error *err)
{
    if (type != TAG_VERSION && type != TAG_DESCRIPTION && type != TAG_DEVICE)
        return UB_OK; /* page size, digests of all sorts, others' own tags */
    /* each is compared with the claims that there are: there has to be an end of it */
    if (tags->count == UB_UF2_TAGS_MAX)
        return UB_OK;
    tags->count++;
    if (type == TAG_VERSION)
        return claim_text(image, UB_CLAIM_VERSION, bytes, length, err);
    if (type == TAG_DESCRIPTION)
        return claim_text(image, UB_CLAIM_PRODUCT, bytes, length, err);
    return claim_device(image, bytes, length, err);
}

/** Is the room for tags filled as that of the block before, which was right? */
static bool is_repeated(struct ub_uf2_tags *tags, const uint8_t *bytes, size_t length)
{
    const bool same = tags->last && tags->last_length == length &&
                      memcmp(tags->last, bytes, length) == 0;
    tags->last = bytes;
    tags->last_length = length;
    return same;
}

enum ub_code ub_uf2_take_tags(const struct ub_uf2_block *block, size_t offset,
                              struct ub_uf2_tags *tags, struct ub_image *image,
                              struct ub_error *err)
{
    size_t room = room_for_tags(block);
    size_t at = (block->size + 3u) & ~(size_t)3;
    enum ub_code code = UB_OK;
    if (block->flags & UB_UF2_HAS_MD5)
        code = check_md5(block, offset, image, err);
    if (!(block->flags & UB_UF2_HAS_TAGS))
        return code;
    if (!code && at < room && is_repeated(tags, block->data + at, room - at))
        return UB_OK;
    while (!code && at < room) {
        struct ub_cursor c = ub_cursor(block->data + at, room - at);
        uint32_t head = ub_take_u32le(&c);
        size_t length = head & 0xff;
        uint32_t type = head >> 8;
        if (c.failed || type == TAG_LAST || (length == 0 && type == 0))
            return UB_OK;
        if (length < TAG_HEADER || length > room - at)
            return ub_fail(err, UB_IMG_UF2,
                           "%s: byte %zu: an extension tag of %zu bytes, where 4 to %zu fit",
                           image->name, offset + UB_UF2_HEADER + at, length, room - at);
        code = claim_tag(tags, image, type, block->data + at + TAG_HEADER, length - TAG_HEADER,
                         err);
        at += (length + 3u) & ~(size_t)3;
    }
    return code;
}
