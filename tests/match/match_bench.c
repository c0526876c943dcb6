/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "match_bench.h"

#include <string.h>

#define WORDS_MAX 4096u

void match_open(struct match_bench *bench, const char *family, uint64_t address,
                const uint32_t *words, size_t count)
{
    uint8_t bytes[4 * WORDS_MAX];
    memset(bench, 0, sizeof(*bench));
    assert_true(count <= WORDS_MAX);
    for (size_t i = 0; i < count; i++)
        ub_put_u32le(bytes + 4 * i, words[i]);
    assert_int_equal(ub_image_new("test.bin", &bench->image, NULL), UB_OK);
    assert_int_equal(ub_image_add(bench->image, UB_IMAGE_ALT_NONE, address != 0, address, bytes,
                                  4 * count, NULL),
                     UB_OK);
    assert_int_equal(ub_image_finish(bench->image, NULL), UB_OK);
    bench->facts.has_vectors = count >= 4 && (words[1] & 1u);
    bench->facts.vectors_at = address;
    const struct ub_family *known = family ? ub_family_named(family) : NULL;
    assert_true(known || !family);
    bench->region = (struct ub_region){.kind = UB_REGION_FLASH, .name = "Internal Flash"};
    if (known && known->layout) {
        bench->region.runs = known->layout;
        bench->region.run_count = known->layout_count;
    }
    bench->what = (struct ub_match_case){
        .image = bench->image,
        .facts = &bench->facts,
        .family = known,
        .where = "the device at 1-4",
        .dfu = {.known = true,
                .vid = known ? known->vid : 0x1209,
                .pid = known ? known->pid : 0x0002,
                .bcdDevice = 0x2200,
                .manufacturer = "Bench",
                .product = "Bench (DFU)"},
        .regions = &bench->region,
        .region_count = bench->region.run_count && bench->region.runs[0].count ? 1 : 0,
        .addressed = known && known->vid != 0,
        .options = &bench->options,
    };
}

void match_open_table(struct match_bench *bench, const char *family, uint64_t address,
                      uint32_t stack, uint32_t reset)
{
    uint32_t words[64] = {stack, reset};
    for (size_t i = 2; i < 64; i++)
        words[i] = i < 4 ? reset + 4 : 0x46c046c0;
    match_open(bench, family, address, words, 64);
}

void match_close(struct match_bench *bench)
{
    ub_image_close(bench->image);
}

void match_claim(struct match_bench *bench, enum ub_claim_kind kind, const char *source,
                 uint64_t number, uint64_t detail, const char *text)
{
    assert_int_equal(ub_image_add_claim(bench->image, kind, source, number, detail, text, NULL),
                     UB_OK);
}

const char *match_says(struct match_bench *bench, const char *name)
{
    static const char *const weights[] = {
        [UB_FINDING_FOR] = "for", [UB_FINDING_WEAK] = "weak", [UB_FINDING_AGAINST] = "against"};
    ub_match_decide(&bench->what, &bench->match);
    for (size_t i = 0; i < bench->match.count; i++)
        if (strcmp(bench->match.entries[i].finding.name, name) == 0)
            return weights[bench->match.entries[i].finding.weight];
    return "none";
}

void match_expect(struct match_bench *bench, const char *name, const char *expected)
{
    const char *says = match_says(bench, name);
    if (strcmp(says, expected) == 0)
        return;
    for (size_t i = 0; i < bench->match.count; i++)
        print_error("%d %s: %s\n", (int)bench->match.entries[i].finding.weight,
                    bench->match.entries[i].finding.name, bench->match.entries[i].finding.text);
    fail_msg("%s is %s, not %s", name, says, expected);
}
