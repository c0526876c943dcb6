/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an image: what they show and what headers in them claim. The first byte says whether
 * the image has addresses, the second where it is cut in two. */
#include "image/image.h"
#include "inspect/claims.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_text(const char *text, size_t size)
{
    must(memchr(text, 0, size) != NULL);
    for (; *text; text++)
        must((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void check_facts(const struct ub_image *image, const struct ub_image_facts *facts)
{
    uint64_t length = 0;
    for (size_t i = 0; i < image->segment_count; i++)
        length += image->segments[i].length;
    must(facts->blank <= length && facts->entropy <= 800);
    must(facts->version_count <= UB_FACT_VERSIONS);
    for (size_t i = 0; i < facts->version_count; i++) {
        check_text(facts->versions[i], sizeof(facts->versions[i]));
        must(strlen(facts->versions[i]) >= 3);
    }
    check_text(facts->build_id, sizeof(facts->build_id));
    must(!(facts->dense && facts->has_vectors));
    must(facts->has_vectors || (!facts->stack && !facts->reset && !facts->reset_inside));
    must(facts->mcuboot || (!facts->mcuboot_unsigned && facts->mcuboot_hash == UB_SELF_NONE));
    must(facts->esp || facts->esp_hash == UB_SELF_NONE);
}

static struct ub_image *make(const uint8_t *data, size_t size)
{
    static const uint32_t bases[] = {0, 0x08000000, 0x10000000, 0xffff0000};
    struct ub_image *image = NULL;
    bool has_address = (data[0] & 4) != 0;
    uint64_t base = has_address ? bases[data[0] & 3] : 0;
    size_t first = has_address ? (size - 2) * data[1] / 255 : size - 2;
    if (ub_image_new("fuzz", &image, NULL))
        return NULL;
    bool bad = ub_image_add(image, UB_IMAGE_ALT_NONE, has_address, base, data + 2, first, NULL) ||
               ub_image_add(image, UB_IMAGE_ALT_NONE, has_address, base + first + 4,
                            data + 2 + first, size - 2 - first, NULL) ||
               ub_image_finish(image, NULL);
    if (!bad)
        return image;
    ub_image_close(image);
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_image_facts facts;
    struct ub_claim claim;
    struct ub_image *image = size > 2 ? make(data, size) : NULL;
    if (!image)
        return 0;
    ub_image_facts(image, &facts);
    check_facts(image, &facts);
    must(ub_inspect_claims(image, NULL) == UB_OK);
    for (size_t i = 0; ub_image_claim(image, i, &claim); i++)
        check_text(claim.text, sizeof(claim.text));
    must(image->claim_count <= 5);
    ub_image_close(image);
    return 0;
}
