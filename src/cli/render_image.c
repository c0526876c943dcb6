/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an image is, says and shows, and who vouches for it, as text. */
#include "render_image.h"

#include "format.h"
#include "json.h"
#include "render.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE         1024 /* bytes of a line that is put together */
#define VALUES_MAX   8    /* of one claim on a line */
#define FAMILIES_MAX 6
#define FACT_INDENT  14 /* as render_fact() has it */
#define FAMILY_WIDTH 14
#define SEGMENTS_MAX 16
#define MEMBER_WIDTH 48

/** Appends to a line; what does not fit is left out. */
__attribute__((format(printf, 2, 3))) static void add(char line[LINE], const char *format, ...)
{
    size_t used = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line + used, LINE - used, format, arguments);
    va_end(arguments);
}

/* ---- the file ---- */

static void show_size(struct cli *cli, const struct ub_image_info *info)
{
    char text[LINE] = "";
    char file[FORMAT_TEXT];
    char length[FORMAT_TEXT];
    (void)format_grouped(file, info->file_size);
    (void)format_grouped(length, info->length);
    if (info->packed[0] != '\0') {
        add(text, "%s bytes packed, %s bytes of firmware", file, length);
    } else {
        add(text, "%s bytes in the file, %s of them firmware", file, length);
    }
    render_fact(cli, "size", text);
}

static void add_id(char line[LINE], uint16_t id)
{
    if (id == 0xffff) {
        add(line, "any");
    } else {
        add(line, "%04x", id);
    }
}

static void show_ids(struct cli *cli, const struct ub_image_info *info)
{
    char text[LINE] = "";
    if (!info->has_ids) {
        return;
    }
    add_id(text, info->vid);
    add(text, ":");
    add_id(text, info->pid);
    add(text, ", release ");
    add_id(text, info->bcdDevice);
    render_fact(cli, "for", text);
}

static void show_segments(struct cli *cli, const struct ub_image *image, size_t count)
{
    struct ub_image_segment segment;
    struct term_stream *out = &cli->term.out;
    char number[FORMAT_TEXT];
    (void)snprintf(number, sizeof(number), "%zu", count);
    render_fact(cli, "segments", number);
    for (size_t i = 0; ub_image_segment(image, i, &segment); i++) {
        char range[FORMAT_TEXT];
        char length[FORMAT_TEXT];
        char alt[FORMAT_TEXT] = "";
        if (i == SEGMENTS_MAX && !cli->verbose) {
            term_print(out, TERM_DIM, "    and %zu more: --verbose\n", count - i);
            break;
        }
        if (segment.alt >= 0) {
            (void)snprintf(alt, sizeof(alt), "alternate setting %d  ", segment.alt);
        }
        term_print(out, TERM_PLAIN, "    %s%s  %s bytes\n", alt,
                   segment.has_address ? format_range(range, segment.address, segment.length)
                                       : "no address",
                   format_grouped(length, segment.length));
    }
}

/* ---- what it says of itself ---- */

static const char *const claim_titles[] = {
    [UB_CLAIM_TARGET] = "target",        [UB_CLAIM_UF2_FAMILY] = "UF2 family",
    [UB_CLAIM_MACHINE] = "machine",      [UB_CLAIM_ENTRY] = "entry",
    [UB_CLAIM_PREFIX] = "prefix",        [UB_CLAIM_CHIP] = "chip",
    [UB_CLAIM_VERSION] = "version",      [UB_CLAIM_PRODUCT] = "product",
    [UB_CLAIM_VENDOR] = "vendor",        [UB_CLAIM_MODEL] = "model",
    [UB_CLAIM_REVISION] = "revision",    [UB_CLAIM_MARKET] = "market",
    [UB_CLAIM_FAMILY] = "family",        [UB_CLAIM_GUID] = "guid",
    [UB_CLAIM_MIN_VERSION] = "replaces", [UB_CLAIM_MIN_LOADER] = "bootloader",
};
#define CLAIM_KINDS (sizeof(claim_titles) / sizeof(claim_titles[0]))

static void add_claim(char line[LINE], const struct ub_claim *claim)
{
    switch (claim->kind) {
    case UB_CLAIM_TARGET:
        add(line, "%" PRIu64 "%s%s", claim->number, claim->text[0] != '\0' ? " " : "", claim->text);
        break;
    case UB_CLAIM_UF2_FAMILY:
        add(line, "0x%08" PRIx64 "%s%s", claim->number, claim->text[0] != '\0' ? " " : "",
            claim->text);
        break;
    case UB_CLAIM_ENTRY:
        add(line, "0x%08" PRIx64, claim->number);
        break;
    case UB_CLAIM_PREFIX:
        add(line, "%s", claim->text);
        if (strcmp(claim->text, "ti") == 0) {
            add(line, " for 0x%08" PRIx64, claim->number);
        }
        break;
    case UB_CLAIM_MIN_VERSION:
    case UB_CLAIM_MIN_LOADER:
        add(line, "%s or later", claim->text);
        break;
    default:
        add(line, "%s", claim->text);
        break;
    }
}

/** All claims of one kind on a line, and who says so: "X2, X3 (manifest)". */
static void show_claims_of(struct cli *cli, const struct ub_image *image, enum ub_claim_kind kind)
{
    struct ub_claim claim;
    char text[LINE] = "";
    const char *source = NULL;
    size_t count = 0;
    for (size_t i = 0; ub_image_claim(image, i, &claim); i++) {
        if (claim.kind != kind || count++ >= VALUES_MAX) {
            continue;
        }
        if (source != NULL && strcmp(source, claim.source) != 0) {
            add(text, " (%s)", source);
        }
        add(text, "%s", source != NULL ? ", " : "");
        add_claim(text, &claim);
        source = claim.source;
    }
    if (count > VALUES_MAX) {
        add(text, ", and %zu more", count - VALUES_MAX);
    }
    if (count > 0) {
        add(text, " (%s)", source);
        render_fact(cli, claim_titles[kind], text);
    }
}

/* ---- what its bytes show ---- */

static void show_blank(struct cli *cli, const struct ub_image_facts *facts, uint64_t length)
{
    char text[LINE] = "";
    char blank[FORMAT_TEXT];
    if (facts->blank > 0 && length > 0) {
        uint64_t share = facts->blank > UINT64_MAX / 100 ? 100 : facts->blank * 100 / length;
        add(text, "%s bytes (%" PRIu64 " %%) are erased memory's, 0xff",
            format_grouped(blank, facts->blank), share);
        render_fact(cli, "blank", text);
    }
    if (facts->dense) {
        text[0] = '\0';
        add(text, "%u.%02u of 8 bits a byte: no code looks like that; compressed or encrypted",
            facts->entropy / 100, facts->entropy % 100);
        render_styled_fact(cli, TERM_WARN, "density", text);
    }
}

static void show_vectors(struct cli *cli, const struct ub_image_facts *facts)
{
    char text[LINE] = "";
    if (!facts->has_vectors) {
        return;
    }
    add(text, "at 0x%08" PRIx64 ": stack 0x%08" PRIx32 ", starts at 0x%08" PRIx32 ", %s",
        facts->vectors_at, facts->stack, facts->reset,
        facts->reset_inside ? "inside the image" : "which is not in the image");
    render_styled_fact(cli, facts->reset_inside ? TERM_PLAIN : TERM_WARN, "vectors", text);
}

static const char *self_text(enum ub_self_check check)
{
    switch (check) {
    case UB_SELF_RIGHT:
        return "its own hash is right";
    case UB_SELF_WRONG:
        return "its own hash is wrong: the image is damaged";
    case UB_SELF_NONE:
        break;
    }
    return "without a hash of its own";
}

static void show_headers(struct cli *cli, const struct ub_image_facts *facts)
{
    char text[LINE] = "";
    if (facts->mcuboot) {
        add(text, "%s; %s", self_text(facts->mcuboot_hash),
            facts->mcuboot_unsigned ? "not signed for the bootloader"
                                    : "carries a signature for the bootloader");
        render_styled_fact(cli, facts->mcuboot_hash == UB_SELF_WRONG ? TERM_BAD : TERM_PLAIN,
                           "MCUboot", text);
    }
    if (facts->esp) {
        render_styled_fact(cli, facts->esp_hash == UB_SELF_WRONG ? TERM_BAD : TERM_PLAIN,
                           "Espressif", self_text(facts->esp_hash));
    }
}

static void show_texts(struct cli *cli, const struct ub_image_facts *facts)
{
    char text[LINE] = "";
    for (size_t i = 0; i < facts->version_count && i < UB_FACT_VERSIONS; i++) {
        add(text, "%s\"%s\"", i > 0 ? ", " : "", facts->versions[i]);
    }
    if (text[0] != '\0') {
        render_fact(cli, "texts", text);
    }
}

static void show_marks(struct cli *cli, const struct ub_image_facts *facts)
{
    char text[LINE] = "";
    if (facts->has_usb_ids) {
        add(text, "%04x:%04x, release %x.%02x (a USB device descriptor in it)", facts->usb_vid,
            facts->usb_pid, (unsigned)(facts->usb_bcdDevice >> 8),
            (unsigned)(facts->usb_bcdDevice & 0xff));
        render_fact(cli, "shows as", text);
    }
    if (facts->build_id[0] != '\0') {
        render_fact(cli, "build id", facts->build_id);
    }
}

/* ---- who vouches for it ---- */

static void add_signer(char line[LINE], const struct ub_trust *trust)
{
    static const char *const origins[] = {
        [UB_KEY_NONE] = "",
        [UB_KEY_GIVEN] = ", trusted for this once",
        [UB_KEY_USER] = ", from your store",
        [UB_KEY_SITE] = ", from the site's store",
    };
    add(line, "signed by %s", trust->by);
    if (trust->key_id[0] != '\0') {
        add(line, " (key %s%s)", trust->key_id, origins[trust->origin]);
    }
    if (trust->manifest) {
        add(line, ", with a manifest");
    }
    if (trust->first_use) {
        add(line, "; the key is kept from now on");
    }
}

static enum term_style add_trust(char line[LINE], const struct ub_trust *trust)
{
    switch (trust->level) {
    case UB_TRUST_SIGNED:
        add_signer(line, trust);
        return TERM_GOOD;
    case UB_TRUST_GIVEN:
        add(line, "it has the digest that was given");
        return TERM_GOOD;
    case UB_TRUST_DIGEST:
        add(line, "whole, says %s; nobody signed it", trust->by);
        return TERM_PLAIN;
    case UB_TRUST_NONE:
        break;
    }
    if (trust->unknown_key) {
        add(line, "signed by key %s, which is not trusted: nothing was checked by it",
            trust->key_id);
        return TERM_WARN;
    }
    if (trust->inside_only) {
        add(line,
            "only the firmware inside is signed (MCUboot): nobody signed where the file puts it");
        return TERM_WARN;
    }
    add(line, "nobody vouches for it");
    return TERM_PLAIN;
}

void render_trust(struct cli *cli, const struct ub_image *image)
{
    struct ub_trust trust;
    char text[LINE] = "";
    ub_image_trust(image, &trust);
    enum term_style style = add_trust(text, &trust);
    render_styled_fact(cli, style, "trust", text);
    bool usual = strncmp(trust.comment, "timestamp:", strlen("timestamp:")) == 0;
    if (trust.comment[0] != '\0' &&
        (!usual || cli->verbose)) { /* minisign's own says nothing new */
        render_fact(cli, "comment", trust.comment);
    }
    if (trust.expired) {
        render_styled_fact(cli, TERM_WARN, "expired",
                           "the manifest's time is over, or has not begun");
    }
    if (trust.rolled_back) {
        render_styled_fact(cli, TERM_WARN, "older",
                           "a newer version for this model was seen on this computer before");
    }
}

/* ---- where it can belong ---- */

size_t render_families(struct cli *cli, const struct ub_image *image)
{
    char why[UB_ERROR_TEXT];
    const char *family = NULL;
    struct term_stream *out = &cli->term.out;
    size_t count = 0;
    for (; (family = ub_image_family(image, count, why, sizeof(why))) != NULL; count++) {
        if (count >= FAMILIES_MAX && !cli->verbose) {
            continue;
        }
        term_print(out, TERM_PLAIN, "  ");
        term_pad(out, TERM_DIM, count == 0 ? "families" : "", FACT_INDENT - 2);
        term_pad(out, TERM_BOLD, family, FAMILY_WIDTH);
        term_wrap(out, TERM_PLAIN, FACT_INDENT + FAMILY_WIDTH, term_text_columns(out), why);
        term_print(out, TERM_PLAIN, "\n");
    }
    if (count > FAMILIES_MAX && !cli->verbose) {
        term_print(out, TERM_DIM, "%*sand %zu more: --verbose\n", FACT_INDENT, "",
                   count - FAMILIES_MAX);
    }
    return count;
}

void render_image(struct cli *cli, const char *file, const struct ub_image *image,
                  const struct ub_error *trouble)
{
    struct ub_image_info info;
    struct ub_image_facts facts;
    char text[LINE] = "";
    if (cli->json) {
        json_line(cli, "image", json_of_image(file, image, trouble));
        return;
    }
    ub_image_info(image, &info);
    ub_image_facts(image, &facts);
    term_print(&cli->term.out, TERM_BOLD, "%s\n", file);
    add(text, "%s%s%s", info.format_title, info.packed[0] != '\0' ? ", packed in " : "",
        info.packed);
    render_fact(cli, "format", text);
    if (info.member[0] != '\0') {
        render_fact(cli, "member", info.member);
    }
    if (info.note[0] != '\0') {
        render_fact(cli, "note", info.note);
    }
    show_size(cli, &info);
    render_fact(cli, "sha256", format_sha256(text, info.sha256));
    show_ids(cli, &info);
    for (size_t kind = 0; kind < CLAIM_KINDS; kind++) {
        show_claims_of(cli, image, (enum ub_claim_kind)kind);
    }
    show_segments(cli, image, info.segment_count);
    show_blank(cli, &facts, info.length);
    show_vectors(cli, &facts);
    show_headers(cli, &facts);
    show_texts(cli, &facts);
    show_marks(cli, &facts);
    if (trouble != NULL) {
        render_styled_fact(cli, TERM_BAD, "trust", trouble->message);
    } else {
        render_trust(cli, image);
    }
    if (render_families(cli, image) == 0) {
        render_fact(cli, "families", "none that is known");
    }
}

/* ---- archives ---- */

void render_members(struct cli *cli, const char *file, const struct ub_member *members,
                    size_t count)
{
    struct term_stream *out = &cli->term.out;
    if (cli->json) {
        json_t *object = json_object();
        json_add_text(object, "file", file);
        (void)json_object_set_new(object, "members", json_of_members(members, count));
        json_line(cli, "archive", object);
        return;
    }
    size_t images = 0;
    size_t width = 0;
    for (size_t i = 0; i < count; i++) {
        size_t own = term_width(members[i].path);
        images += members[i].firmware ? 1U : 0U;
        width = own > width && own <= MEMBER_WIDTH ? own : width;
    }
    term_print(out, TERM_BOLD, "%s\n", file);
    char text[LINE] = "";
    add(text, "an archive of %zu file%s, %zu of them firmware%s", count, count == 1 ? "" : "s",
        images, images > 1 ? ": choose one with --member" : "");
    render_fact(cli, "format", text);
    for (size_t i = 0; i < count; i++) {
        char length[FORMAT_TEXT];
        term_print(out, TERM_PLAIN, "    ");
        term_pad(out, members[i].firmware ? TERM_BOLD : TERM_PLAIN, members[i].path, width);
        term_print(out, TERM_PLAIN, "  %11s bytes  %s\n", format_grouped(length, members[i].length),
                   members[i].what);
    }
}
