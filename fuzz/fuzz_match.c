/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any claims, facts, label and device: the decision is total. What speaks against an image refuses
 * it; naming one contradiction removes exactly that one; naming all of them leaves no refusal. */
#include "base/bytes.h"
#include "match/match.h"
#include "trust/manifest.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 40u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

/** A text of at most TEXT_MAX - 1 bytes behind its length. */
static void take_text(struct ub_cursor *from, char text[TEXT_MAX])
{
    struct ub_cursor part = ub_take_cursor(from, ub_take_u8(from) % TEXT_MAX);
    size_t length = 0;
    while (part.left)
        text[length++] = (char)ub_take_u8(&part);
    text[length] = '\0';
}

static struct ub_match_mode take_mode(struct ub_cursor *from, const char *text)
{
    const uint16_t vid = ub_take_u16le(from);
    return (struct ub_match_mode){
        .known = ub_take_u8(from) & 1u,
        .vid = vid,
        .pid = ub_take_u16le(from),
        .bcdDevice = ub_take_u16le(from),
        .manufacturer = text,
        .product = text,
    };
}

static void take_facts(struct ub_cursor *from, struct ub_image_facts *facts)
{
    const unsigned flags = ub_take_u8(from);
    *facts = (struct ub_image_facts){
        .has_vectors = flags & 1u,
        .dense = flags & 2u,
        .mcuboot = flags & 4u,
        .mcuboot_unsigned = flags & 8u,
        .esp = flags & 16u,
        .has_usb_ids = flags & 32u,
        .mcuboot_hash = (enum ub_self_check)(flags >> 6),
        .esp_hash = (enum ub_self_check)(ub_take_u8(from) % 3),
        .vectors_at = ub_take_u32le(from),
        .usb_vid = ub_take_u16le(from),
        .usb_pid = ub_take_u16le(from),
    };
}

/** Segments at addresses that may be the same: each is behind the one before. */
static void take_segments(struct ub_cursor *from, struct ub_image *image)
{
    const unsigned count = ub_take_u8(from) % 4;
    const bool addresses = ub_take_u8(from) & 1u;
    for (unsigned i = 0; i < count; i++) {
        const uint64_t address = ub_take_u32le(from);
        struct ub_cursor part = ub_take_cursor(from, ub_take_u8(from));
        must(ub_image_add(image, i && !addresses ? (int)i : UB_IMAGE_ALT_NONE, addresses, address,
                          part.at, part.left, NULL) == UB_OK);
    }
}

static void take_claims(struct ub_cursor *from, struct ub_image *image)
{
    const char *const sources[] = {UB_MANIFEST_SOURCE, ub_metainfo_source, "its header"};
    char text[TEXT_MAX];
    for (unsigned count = ub_take_u8(from) % 16; count > 0; count--) {
        const enum ub_claim_kind kind = (enum ub_claim_kind)(ub_take_u8(from) %
                                                             (UB_CLAIM_VERSION_FORMAT + 1));
        const char *source = sources[ub_take_u8(from) % 3];
        const uint64_t number = ub_take_u32le(from);
        const uint64_t detail = ub_take_u32le(from);
        take_text(from, text);
        must(ub_image_add_claim(image, kind, source, number, detail, text, NULL) == UB_OK);
    }
}

static bool refuses(const struct ub_finding *finding)
{
    return finding->weight == UB_FINDING_AGAINST && finding->acceptable && !finding->accepted;
}

static size_t check_order(const struct ub_match *match)
{
    size_t refusing = 0;
    must(match->count <= UB_MATCH_MAX);
    for (size_t i = 0; i < match->count; i++) {
        const struct ub_finding *finding = &match->entries[i].finding;
        must(i == 0 || match->entries[i - 1].finding.weight >= finding->weight);
        must(finding->text[0] && memchr(finding->text, '\0', sizeof(finding->text)));
        must(finding->weight != UB_FINDING_FOR || !finding->acceptable);
        refusing += refuses(finding);
    }
    return refusing;
}

static void check_refusal(const struct ub_match *match, size_t refusing)
{
    struct ub_error err = {.code = UB_OK};
    const enum ub_code code = ub_match_contradiction(match, &err);
    must((code != UB_OK) == (refusing > 0) && err.code == code);
    must(code == UB_OK || strstr(err.message, "(named by --accept "));
    must(ub_match_contradiction(match, NULL) == code);
}

/** Names one contradiction after the other, and looks at what that changes. */
static void name_them(struct ub_match_case *what, const struct ub_match *before)
{
    struct ub_match *match = malloc(sizeof(*match));
    const char *names[UB_MATCH_MAX];
    struct ub_flash_options options = {.accept = names};
    must(match != NULL);
    what->options = &options;
    for (size_t i = 0; i < before->count; i++) {
        const char *name = before->entries[i].finding.name;
        if (!refuses(&before->entries[i].finding))
            continue;
        names[0] = name;
        options.accept_count = 1;
        ub_match_decide(what, match);
        must(match->count == before->count);
        for (size_t j = 0; j < match->count; j++) {
            const struct ub_finding *finding = &match->entries[j].finding;
            must(strcmp(finding->text, before->entries[j].finding.text) == 0);
            must(finding->accepted == (finding->acceptable && strcmp(finding->name, name) == 0));
        }
        check_refusal(match, check_order(match));
    }
    options.accept_count = 0;
    for (size_t i = 0; i < before->count; i++)
        names[options.accept_count++] = before->entries[i].finding.name;
    ub_match_decide(what, match);
    must(check_order(match) == 0 && ub_match_contradiction(match, NULL) == UB_OK);
    free(match);
}

static void decide(struct ub_cursor *from, struct ub_image *image)
{
    static const struct ub_flash_options none;
    struct ub_image_facts facts;
    char text[TEXT_MAX];
    char label[TEXT_MAX];
    const struct ub_family *family = ub_family_at(ub_take_u8(from) % 40);
    const unsigned flags = ub_take_u8(from);
    struct ub_sector_run run = {.address = 0x08000000, .size = 0x1000, .count = 64, .rights = 7};
    take_text(from, text);
    take_text(from, label);
    take_facts(from, &facts);
    const struct ub_region regions[2] = {
        {.kind = UB_REGION_FLASH, .name = "Internal Flash", .runs = &run, .run_count = 1},
        {.kind = UB_REGION_OPTION, .alt = 1, .name = "Option Bytes"}};
    struct ub_match_case what = {
        .image = image,
        .facts = &facts,
        .family = family,
        .where = "the device",
        .family_only = flags & 1u,
        .dfu = take_mode(from, text),
        .runtime = take_mode(from, text),
        .regions = regions,
        .region_count = flags & 2u ? 2 : 0,
        .addressed = flags & 4u,
        .takes_lpc_prefix = flags & 8u,
        .running = flags & 16u ? text : NULL,
        .has_at = flags & 32u,
        .at = ub_take_u32le(from),
        .options = flags & 64u ? &none : NULL,
        .comparing = flags & 128u,
    };
    if (ub_label_parse(label, &what.label, NULL) != UB_OK)
        (void)ub_label_parse(NULL, &what.label, NULL);
    struct ub_match *match = malloc(sizeof(*match));
    must(match != NULL);
    ub_match_decide(&what, match);
    check_refusal(match, check_order(match));
    char line[UB_ERROR_TEXT];
    must(ub_match_reasons(match, line, sizeof(line)) || line[0] == '\0');
    name_them(&what, match);
    free(match);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_cursor from = ub_cursor(data, size);
    struct ub_image *image = NULL;
    must(ub_image_new("fuzz", &image, NULL) == UB_OK);
    image->has_ids = ub_take_u8(&from) & 1u;
    image->vid = ub_take_u16le(&from);
    image->pid = ub_take_u16le(&from);
    image->bcdDevice = ub_take_u16le(&from);
    image->trust.expired = ub_take_u8(&from) & 1u;
    image->trust.rolled_back = ub_take_u8(&from) & 1u;
    take_segments(&from, image);
    take_claims(&from, image);
    const enum ub_code code = ub_image_finish(image, NULL); /* two may overlap, or there is none */
    if (code == UB_OK)
        decide(&from, image);
    ub_image_close(image);
    return 0;
}
