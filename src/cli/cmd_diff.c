/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* `image diff`: where two images differ. */
#include "cli.h"
#include "fault.h"
#include "format.h"
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEEK         16u /* bytes of each side that are shown of a difference */
#define RANGES_SHOWN 64

/** The two images. */
struct pair {
    const char *names[2];
    struct ub_image *images[2];
    size_t counts[2]; /**< of segments */
    const char *family;
};

/** Some bytes of an image, as far as it has them. */
struct peek {
    uint8_t bytes[PEEK];
    bool there[PEEK];
    size_t length;
};

static size_t count_segments(const struct ub_image *image)
{
    struct ub_image_info info;
    ub_image_info(image, &info);
    return info.segment_count;
}

/** The first segment from `from` on, up to `end`, that is for a higher alternate setting than
 * `alt`, or for that one and ends behind `address`. */
static size_t find(const struct ub_image *image, size_t from, size_t end, int alt, uint64_t address)
{
    while (from < end) {
        struct ub_image_segment s;
        size_t middle = from + (end - from) / 2;
        bool there = ub_image_segment(image, middle, &s);
        bool before = there && (s.alt < alt || (s.alt == alt && s.address <= address &&
                                                address - s.address >= s.length));
        if (before) {
            from = middle + 1;
        } else {
            end = middle;
        }
    }
    return from;
}

/** Fills in what one alternate setting of the image has at `address`. */
static void peek_at(const struct ub_image *image, size_t count, int alt, uint64_t address,
                    struct peek *peek)
{
    struct ub_image_segment s;
    for (size_t i = find(image, 0, count, alt, address);
         i < count && ub_image_segment(image, i, &s) && s.alt == alt &&
         (s.address <= address || s.address - address < peek->length);
         i++) {
        for (size_t j = 0; j < peek->length; j++) {
            uint64_t at = address + j;
            if (at >= s.address && at - s.address < s.length) {
                peek->bytes[j] = s.data[at - s.address];
                peek->there[j] = true;
            }
        }
    }
}

/** The first bytes of a difference, as one of the images has them. */
static struct peek peek_into(const struct pair *pair, int which, const struct ub_difference *d)
{
    const struct ub_image *image = pair->images[which];
    size_t count = pair->counts[which];
    struct ub_image_segment s;
    struct peek peek;
    memset(&peek, 0, sizeof(peek));
    uint64_t left = d->length - (d->first_at - d->address);
    peek.length = left < PEEK ? (size_t)left : PEEK;
    if (d->alt >= 0) {
        peek_at(image, count, d->alt, d->first_at, &peek);
        return peek;
    }
    /* Where alternate settings play no part, any of them may have it. */
    for (size_t i = 0; i < count && ub_image_segment(image, i, &s);) {
        peek_at(image, count, s.alt, d->first_at, &peek);
        i = find(image, i, count, s.alt, UINT64_MAX);
    }
    return peek;
}

/* ---- for programs ---- */

static json_t *json_of_peek(const struct peek *peek)
{
    char text[2 * PEEK + 1] = "";
    for (size_t i = 0; i < peek->length; i++) {
        (void)snprintf(text + 2 * i, 3, peek->there[i] ? "%02x" : "--", peek->bytes[i]);
    }
    return json_string(text);
}

static void put_difference(struct cli *cli, const struct pair *pair, const struct ub_difference *d)
{
    struct peek first = peek_into(pair, 0, d);
    struct peek second = peek_into(pair, 1, d);
    json_t *object = json_object();
    (void)json_object_set_new(object, "alt", d->alt >= 0 ? json_integer(d->alt) : json_null());
    (void)json_object_set_new(object, "address",
                              d->has_address ? json_of_number(d->address) : json_null());
    (void)json_object_set_new(object, "offset",
                              d->has_address ? json_null() : json_of_number(d->address));
    json_add_number(object, "length", d->length);
    json_add_number(object, "differing", d->differing);
    json_add_text(object, "only", d->only_first ? "first" : (d->only_second ? "second" : NULL));
    json_add_number(object, "from", d->first_at - d->address);
    (void)json_object_set_new(object, "first", json_of_peek(&first));
    (void)json_object_set_new(object, "second", json_of_peek(&second));
    json_line(cli, "difference", object);
}

/* ---- for a person ---- */

static void show_peek(struct cli *cli, const char *name, const struct peek *mine,
                      const struct peek *other)
{
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_DIM, "    ");
    for (size_t i = 0; i < mine->length; i++) {
        bool same = mine->there[i] && other->there[i] && mine->bytes[i] == other->bytes[i];
        char text[8];
        (void)snprintf(text, sizeof(text), mine->there[i] ? "%02x " : "-- ", mine->bytes[i]);
        term_print(out, same ? TERM_DIM : TERM_PLAIN, "%s", text);
    }
    term_print(out, TERM_DIM, "%*s %s\n", (int)(3 * (PEEK - mine->length)), "", name);
}

static void show_difference(struct cli *cli, const struct pair *pair, const struct ub_difference *d)
{
    struct term_stream *out = &cli->term.out;
    char range[FORMAT_TEXT];
    char length[FORMAT_TEXT];
    char differing[FORMAT_TEXT];
    struct peek first = peek_into(pair, 0, d);
    struct peek second = peek_into(pair, 1, d);
    if (d->alt >= 0) {
        term_print(out, TERM_BOLD, "alternate setting %d  ", d->alt);
    }
    term_print(out, TERM_BOLD, "%s", format_range(range, d->address, d->length));
    if (d->only_first || d->only_second) {
        term_print(out, TERM_PLAIN, "  %s: %s bytes\n",
                   d->only_first ? "only in the first" : "only in the second",
                   format_grouped(differing, d->differing));
    } else {
        term_print(out, TERM_PLAIN, "  %s of %s bytes differ",
                   format_grouped(differing, d->differing), format_grouped(length, d->length));
        if (d->first_at != d->address) {
            term_print(out, TERM_PLAIN, ", from 0x%08" PRIx64 " on", d->first_at);
        }
        term_print(out, TERM_PLAIN, "\n");
    }
    if (!d->only_second) {
        show_peek(cli, pair->names[0], &first, &second);
    }
    if (!d->only_first) {
        show_peek(cli, pair->names[1], &second, &first);
    }
}

/* ---- both ---- */

static void sum_up(struct cli *cli, const struct pair *pair, size_t count, uint64_t differing)
{
    char bytes[FORMAT_TEXT];
    char number[FORMAT_TEXT];
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "first", pair->names[0]);
        json_add_text(object, "second", pair->names[1]);
        json_add_text(object, "family", pair->family);
        json_add_bool(object, "same", count == 0);
        json_add_number(object, "ranges", count);
        json_add_number(object, "differing", differing);
        json_line(cli, "comparison", object);
        return;
    }
    struct term_stream *out = &cli->term.out;
    term_print(out, TERM_PLAIN, " ");
    term_mark(out, count == 0 ? TERM_MARK_DONE : TERM_MARK_FAILED);
    if (count == 0) {
        term_print(out, TERM_PLAIN, " no difference\n");
    } else {
        term_print(out, TERM_PLAIN, " %s bytes differ in %s %s%s\n",
                   format_grouped(bytes, differing), format_grouped(number, count),
                   pair->family != NULL ? "sector" : "range", count == 1 ? "" : "s");
    }
}

static enum ub_code compare(struct cli *cli, const struct pair *pair, struct ub_error *err)
{
    struct ub_difference *found = NULL;
    size_t count = 0;
    uint64_t differing = 0;
    enum ub_code code = ub_image_diff(pair->images[0], pair->images[1], pair->family, &found,
                                      &count, err);
    if (code != UB_OK) {
        return code;
    }
    for (size_t i = 0; i < count; i++) {
        differing += found[i].differing;
        if (cli->json) {
            put_difference(cli, pair, &found[i]);
        } else if (!cli->quiet && (i < RANGES_SHOWN || cli->verbose)) {
            show_difference(cli, pair, &found[i]);
        }
    }
    if (!cli->json && !cli->quiet && !cli->verbose && count > RANGES_SHOWN) {
        term_print(&cli->term.out, TERM_DIM, "and %zu more: --verbose\n", count - RANGES_SHOWN);
    }
    free(found);
    sum_up(cli, pair, count, differing);
    if (count == 0) {
        return UB_OK;
    }
    cli->told = true;
    return cli_fail(err, UB_IMG_DIFFERENT, "%s and %s differ in %" PRIu64 " bytes", pair->names[0],
                    pair->names[1], differing);
}

static bool has_address(const struct ub_image *image)
{
    struct ub_image_segment s;
    return ub_image_segment(image, 0, &s) && s.has_address;
}

/** The lowest address there is in the image. */
static uint64_t lowest(const struct ub_image *image)
{
    struct ub_image_segment s;
    uint64_t address = UINT64_MAX;
    for (size_t i = 0; ub_image_segment(image, i, &s); i++) {
        address = s.address < address ? s.address : address;
    }
    return address;
}

/** An image without addresses goes to --at, else to where the other one begins. */
static enum ub_code place(const struct cli *cli, struct pair *pair, int which, struct ub_error *err)
{
    const char *at = cli->words.value[CLI_OPT_AT];
    struct ub_edit edit;
    struct ub_image *moved = NULL;
    const struct ub_image *image = pair->images[which];
    memset(&edit, 0, sizeof(edit));
    if (at != NULL && !cli_number(at, UINT64_MAX, &edit.at)) {
        return cli_fail(err, UB_USE_NUMBER,
                        "--at \"%s\" is not an address: write it like 0x08000000", at);
    }
    if (has_address(image) || (at == NULL && !has_address(pair->images[1 - which]))) {
        return UB_OK;
    }
    if (at == NULL) {
        edit.at = lowest(pair->images[1 - which]);
    }
    edit.has_at = true;
    enum ub_code code = ub_image_edit(&image, 1, &edit, &moved, err);
    if (code == UB_OK) {
        ub_image_close(pair->images[which]);
        pair->images[which] = moved;
    }
    return code;
}

enum ub_code cmd_image_diff(struct cli *cli, struct ub_error *err)
{
    struct pair pair;
    memset(&pair, 0, sizeof(pair));
    enum ub_code code = cli_single(&cli->words, CLI_OPT_FAMILY, &pair.family, err);
    for (int i = 0; code == UB_OK && i < 2; i++) {
        pair.names[i] = cli_argument(&cli->words, (size_t)i);
        code = cli_open_image(cli, pair.names[i], &pair.images[i], err);
    }
    for (int i = 0; code == UB_OK && i < 2; i++) {
        code = place(cli, &pair, i, err);
    }
    for (int i = 0; code == UB_OK && i < 2; i++) {
        pair.counts[i] = count_segments(pair.images[i]);
    }
    if (code == UB_OK) {
        code = compare(cli, &pair, err);
    }
    ub_image_close(pair.images[0]);
    ub_image_close(pair.images[1]);
    return code;
}
