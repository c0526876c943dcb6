/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading UF2 files. Blocks may stand in any order, and those of several chips in one file. */
#include "image/uf2.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "image/formats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FAMILIES_MAX 64u
/* The family of what goes to any partition of an RP2350, and of the block that picotool puts in
 * front because of that chip's erratum E10: a tag in it says that it is to be ignored. */
#define RP2_ABSOLUTE   0xe48bff57u
#define RP2_IGNORE_TAG 0x9957e304u

/** A file being read. */
struct uf2 {
    const uint8_t *bytes;
    size_t count; /**< blocks in the file */
    struct ub_image *image;
    struct ub_error *err;
    uint32_t families[FAMILIES_MAX]; /**< found in blocks for flash */
    size_t family_count;
    size_t without_family; /**< blocks for flash that name none */
    size_t remarks;        /**< blocks that are not for flash */
    size_t ignored;        /**< blocks with RP2_IGNORE_TAG */
    size_t blocks;         /**< all but `ignored` */
    uint32_t common;       /**< how many blocks there are, as the first of them says */
    bool one_count;        /**< all of them say so, and it is so */
    bool has_family;       /**< take the blocks of `family` only */
    uint32_t family;
};

bool ub_uf2_take(const uint8_t *bytes, struct ub_uf2_block *block)
{
    struct ub_cursor c = ub_cursor(bytes, UB_UF2_BLOCK);
    uint32_t start0 = ub_take_u32le(&c);
    uint32_t start1 = ub_take_u32le(&c);
    block->flags = ub_take_u32le(&c);
    block->address = ub_take_u32le(&c);
    block->size = ub_take_u32le(&c);
    block->number = ub_take_u32le(&c);
    block->count = ub_take_u32le(&c);
    block->family = ub_take_u32le(&c);
    block->data = ub_take_bytes(&c, UB_UF2_DATA);
    return start0 == UB_UF2_START0 && start1 == UB_UF2_START1 && ub_take_u32le(&c) == UB_UF2_END;
}

/** One mark is enough, and that of the second block: a damaged UF2 file is no firmware as raw
 * bytes. */
static bool probe(const uint8_t *bytes, size_t length)
{
    struct ub_cursor c = ub_cursor(bytes, length);
    struct ub_uf2_block second;
    uint32_t start0 = ub_take_u32le(&c);
    uint32_t start1 = ub_take_u32le(&c);
    return start0 == UB_UF2_START0 || start1 == UB_UF2_START1 ||
           (length >= 2 * UB_UF2_BLOCK && ub_uf2_take(bytes + UB_UF2_BLOCK, &second));
}

/** Block number `index` of the file, which has been checked by check_block(). */
static struct ub_uf2_block block_at(const struct uf2 *u, size_t index)
{
    struct ub_uf2_block block = {0};
    (void)ub_uf2_take(u->bytes + index * UB_UF2_BLOCK, &block);
    return block;
}

/** RP2350 datasheet, erratum E10. */
static bool is_ignored(const struct ub_uf2_block *block)
{
    struct ub_cursor c = ub_cursor(block->data + UB_UF2_PAYLOAD, 4);
    return (block->flags & UB_UF2_HAS_FAMILY) && block->family == RP2_ABSOLUTE &&
           block->size == UB_UF2_PAYLOAD && block->number == 0 && block->count == 2 &&
           ub_all_bytes(block->data, UB_UF2_PAYLOAD, 0xef) &&
           (!(block->flags & UB_UF2_HAS_TAGS) || ub_take_u32le(&c) == RP2_IGNORE_TAG);
}

static bool is_remark(const struct ub_uf2_block *block)
{
    return block->flags & UB_UF2_NOT_FLASH;
}

/** True if the block's content is part of the image. */
static bool is_wanted(const struct uf2 *u, const struct ub_uf2_block *block)
{
    bool named = block->flags & UB_UF2_HAS_FAMILY;
    return !is_remark(block) && !is_ignored(block) && named == u->has_family &&
           (!named || block->family == u->family);
}

static bool wanted_at(const struct uf2 *u, size_t index)
{
    struct ub_uf2_block block = block_at(u, index);
    return is_wanted(u, &block);
}

static enum ub_code note_family(struct uf2 *u, const struct ub_uf2_block *block)
{
    if (!(block->flags & UB_UF2_HAS_FAMILY)) {
        u->without_family++;
        return UB_OK;
    }
    for (size_t i = 0; i < u->family_count; i++)
        if (u->families[i] == block->family)
            return UB_OK;
    if (u->family_count == FAMILIES_MAX)
        return ub_fail(u->err, UB_IMG_UF2, "%s: is for more than %u families of chips",
                       u->image->name, FAMILIES_MAX);
    u->families[u->family_count++] = block->family;
    return UB_OK;
}

/** Checks what has to be right whichever chip the block is for, and notes what it is. */
static enum ub_code check_block(struct uf2 *u, size_t index)
{
    size_t at = index * UB_UF2_BLOCK;
    struct ub_uf2_block block;
    if (!ub_uf2_take(u->bytes + at, &block))
        return ub_fail(u->err, UB_IMG_UF2,
                       "%s: byte %zu: block %zu of %zu does not have the marks of UF2",
                       u->image->name, at, index + 1, u->count);
    if (block.flags & UB_UF2_CONTAINER)
        return ub_fail(u->err, UB_IMG_UF2,
                       "%s: byte %zu: holds files for the file system of a device that runs, not "
                       "firmware for a bootloader",
                       u->image->name, at);
    if (is_ignored(&block)) {
        u->ignored++;
        return UB_OK;
    }
    if (u->blocks++ == 0)
        u->common = block.count;
    u->one_count = u->one_count && block.count == u->common;
    if (is_remark(&block)) {
        u->remarks++;
        return UB_OK;
    }
    uint32_t room = block.flags & UB_UF2_HAS_MD5 ? UB_UF2_DATA - UB_UF2_MD5 : UB_UF2_DATA;
    if (block.size == 0 || block.size > room)
        return ub_fail(u->err, UB_IMG_UF2,
                       "%s: byte %zu: a block with %" PRIu32 " bytes of content; 1 to %" PRIu32
                       " have room in it",
                       u->image->name, at + 16, block.size, room);
    if ((uint64_t)block.address + block.size > UINT64_C(0x100000000))
        return ub_fail(u->err, UB_IMG_UF2,
                       "%s: byte %zu: %" PRIu32 " bytes at 0x%08" PRIx32 " run past 0xffffffff",
                       u->image->name, at + 12, block.size, block.address);
    return note_family(u, &block);
}

/** The error that the file is for several chips. */
static enum ub_code fail_several(const struct uf2 *u, const char *member)
{
    char list[160] = "";
    for (size_t i = 0; i < u->family_count; i++) {
        const char *name = ub_uf2_family_name(u->families[i]);
        char item[48];
        (void)ub_print(item, sizeof(item), "%s0x%08" PRIx32 "%s%s", i ? ", " : "", u->families[i],
                       name ? " " : "", name ? name : "");
        if (strlen(list) + strlen(item) + sizeof(", ...") > sizeof(list)) {
            (void)ub_append(list, sizeof(list), ", ...");
            break;
        }
        (void)ub_append(list, sizeof(list), "%s", item);
    }
    if (member)
        return ub_fail(u->err, UB_IMG_NONE_INSIDE, "%s: is not for %.40s; it is for %s",
                       u->image->name, member, list);
    return ub_fail(u->err, UB_IMG_SEVERAL, "%s: is for %zu families of chips: %s", u->image->name,
                   u->family_count, list);
}

/** Which family's blocks are meant. `member` may be a family, and may be a file in an archive out
 * of which this one came. */
static enum ub_code choose_family(struct uf2 *u, const char *member)
{
    uint32_t wanted = 0;
    bool given = member && ub_uf2_family_id(member, &wanted);
    if (u->without_family && u->family_count)
        return ub_fail(
            u->err, UB_IMG_UF2,
            "%s: %zu blocks do not say for which family of chips they are, and others do",
            u->image->name, u->without_family);
    if (u->family_count == 0)
        return UB_OK;
    u->has_family = true;
    u->family = given ? wanted : u->families[0];
    for (size_t i = 0; given && i < u->family_count; i++)
        if (u->families[i] == wanted)
            return UB_OK;
    if (given)
        return fail_several(u, member);
    return u->family_count == 1 ? UB_OK : fail_several(u, NULL);
}

static enum ub_code fail_count(const struct uf2 *u, size_t index, const struct ub_uf2_block *block,
                               const char *what)
{
    return ub_fail(u->err, UB_IMG_UF2, "%s: byte %zu: block number %" PRIu32 " of %" PRIu32 " %s",
                   u->image->name, index * UB_UF2_BLOCK + 20, block->number, block->count, what);
}

/** Marks the block's number in `seen`, which has a bit for each of `total` blocks. */
static enum ub_code mark_block(const struct uf2 *u, size_t index, uint32_t total, uint8_t *seen)
{
    struct ub_uf2_block block = block_at(u, index);
    bool wanted = is_wanted(u, &block);
    /* Blocks that are not taken have their share of the numbers: remarks, and those for other
     * chips where the whole file has one numbering. */
    if (!wanted && (is_ignored(&block) || !(is_remark(&block) || u->one_count)))
        return UB_OK;
    if (block.count != total || block.number >= total)
        return wanted ? fail_count(u, index, &block,
                                   block.count == total ? "does not exist"
                                                        : "contradicts the blocks before it, which "
                                                          "count otherwise: two files in one")
                      : UB_OK;
    uint8_t bit = (uint8_t)(1u << block.number % 8);
    if (seen[block.number / 8] & bit && (wanted || u->one_count))
        return fail_count(u, index, &block, "is there twice");
    seen[block.number / 8] |= bit;
    return UB_OK;
}

/** Every block has to be there, and once: a file that lost some in the middle looks whole else. */
static enum ub_code check_numbers(const struct uf2 *u)
{
    size_t first = 0;
    while (first < u->count && !wanted_at(u, first))
        first++;
    if (first == u->count)
        return UB_OK; /* nothing for flash: an empty image, which is refused as such */
    uint32_t total = block_at(u, first).count;
    if (total > u->count || total == 0)
        return ub_fail(u->err, UB_IMG_UF2,
                       "%s: byte %zu: counts %" PRIu32 " blocks, but the file has %zu: it is cut "
                       "short",
                       u->image->name, first * UB_UF2_BLOCK + 24, total, u->count);
    uint8_t *seen = calloc(total / 8 + 1, 1);
    if (!seen)
        return ub_fail_memory(u->err);
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < u->count; i++)
        code = mark_block(u, i, total, seen);
    for (uint32_t i = 0; !code && i < total; i++)
        if (!(seen[i / 8] & 1u << i % 8))
            code = ub_fail(u->err, UB_IMG_UF2,
                           "%s: block number %" PRIu32 " of %" PRIu32 " is missing", u->image->name,
                           i, total);
    free(seen);
    return code;
}

/** Adds the blocks from `index` on whose content joins up; *index is the one behind them. */
static enum ub_code add_run(const struct uf2 *u, size_t *index)
{
    struct ub_uf2_block first = block_at(u, *index);
    size_t length = 0;
    size_t end = *index;
    for (; end < u->count; end++) {
        struct ub_uf2_block block = block_at(u, end);
        if (!is_wanted(u, &block))
            continue;
        if (block.address != (uint64_t)first.address + length)
            break;
        length += block.size;
    }
    uint8_t *data = malloc(length ? length : 1); /* a wanted block has bytes */
    if (!data)
        return ub_fail_memory(u->err);
    size_t at = 0;
    for (size_t i = *index; i < end; i++) {
        struct ub_uf2_block block = block_at(u, i);
        if (!is_wanted(u, &block))
            continue;
        memcpy(data + at, block.data, block.size);
        at += block.size;
    }
    *index = end;
    return ub_image_adopt(u->image, UB_IMAGE_ALT_NONE, true, first.address, data, length, u->err);
}

static enum ub_code add_blocks(const struct uf2 *u)
{
    struct ub_uf2_tags tags = {0};
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < u->count;) {
        if (wanted_at(u, i))
            code = add_run(u, &i);
        else
            i++;
    }
    for (size_t i = 0; !code && i < u->count; i++) {
        struct ub_uf2_block block = block_at(u, i);
        if (is_wanted(u, &block))
            code = ub_uf2_take_tags(&block, i * UB_UF2_BLOCK, &tags, u->image, u->err);
    }
    return code;
}

/** Says what of the file was left out. */
static void note_rest(const struct uf2 *u)
{
    char *note = u->image->note;
    if (u->remarks)
        (void)ub_append(note, sizeof(u->image->note), "%zu blocks that are not for flash",
                        u->remarks);
    if (u->ignored)
        (void)ub_append(note, sizeof(u->image->note), "%s%zu block that RP2350 chips are to ignore",
                        note[0] ? ", " : "", u->ignored);
    if (u->family_count > 1)
        (void)ub_append(note, sizeof(u->image->note),
                        "%sthe blocks for %zu other families of chips", note[0] ? ", " : "",
                        u->family_count - 1);
}

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    struct uf2 u = {.bytes = bytes, .image = image, .err = err, .one_count = true};
    enum ub_code code = UB_OK;
    u.count = length / UB_UF2_BLOCK;
    if (length % UB_UF2_BLOCK)
        return ub_fail(err, UB_IMG_UF2,
                       "%s: is cut short: %zu bytes are no whole number of blocks of %zu",
                       image->name, length, UB_UF2_BLOCK);
    for (size_t i = 0; !code && i < u.count; i++)
        code = check_block(&u, i);
    u.one_count = u.one_count && u.common == u.blocks;
    if (!code)
        code = choose_family(&u, options->member);
    if (!code)
        code = check_numbers(&u);
    if (!code && u.has_family)
        code = ub_image_add_claim(image, UB_CLAIM_UF2_FAMILY, "UF2 family", u.family, 0,
                                  ub_uf2_family_name(u.family), err);
    if (!code)
        code = add_blocks(&u);
    if (!code)
        note_rest(&u);
    return code;
}

static const char *const endings[] = {".uf2", NULL};

const struct ub_format ub_format_uf2 = {
    .name = "uf2",
    .title = "UF2 file",
    .endings = endings,
    .keeps_addresses = true,
    .has_members = true,
    .probe = probe,
    .read = read,
    .write = ub_uf2_write,
};
