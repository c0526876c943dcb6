/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a file says about itself. */
#include "base/error.h"
#include "base/text.h"
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

const char ub_metainfo_source[] = "metainfo";

static const char *const names[] = {
    [UB_CLAIM_TARGET] = "target",
    [UB_CLAIM_UF2_FAMILY] = "uf2-family",
    [UB_CLAIM_MACHINE] = "machine",
    [UB_CLAIM_ENTRY] = "entry",
    [UB_CLAIM_PREFIX] = "prefix",
    [UB_CLAIM_CHIP] = "chip",
    [UB_CLAIM_VERSION] = "version",
    [UB_CLAIM_PRODUCT] = "product",
    [UB_CLAIM_VENDOR] = "vendor",
    [UB_CLAIM_MODEL] = "model",
    [UB_CLAIM_REVISION] = "revision",
    [UB_CLAIM_MARKET] = "market",
    [UB_CLAIM_FAMILY] = "family",
    [UB_CLAIM_GUID] = "guid",
    [UB_CLAIM_MIN_VERSION] = "min-version",
    [UB_CLAIM_MIN_LOADER] = "min-loader",
    [UB_CLAIM_VERSION_FORMAT] = "version-format",
};

const char *ub_claim_name(enum ub_claim_kind kind)
{
    size_t index = (size_t)kind;
    return index < sizeof(names) / sizeof(names[0]) ? names[index] : "?";
}

static bool same(const struct ub_claim *a, const struct ub_claim *b)
{
    return a->kind == b->kind && a->number == b->number && a->detail == b->detail &&
           strcmp(a->source, b->source) == 0 && strcmp(a->text, b->text) == 0;
}

enum ub_code ub_image_add_claim(struct ub_image *image, enum ub_claim_kind kind, const char *source,
                                uint64_t number, uint64_t detail, const char *text,
                                struct ub_error *err)
{
    struct ub_claim claim = {.kind = kind, .source = source, .number = number, .detail = detail};
    if (image->claim_count >= UB_IMAGE_CLAIMS_MAX)
        return UB_OK;
    if (text)
        ub_print_stranger(claim.text, sizeof(claim.text), text, strlen(text));
    for (size_t i = 0; i < image->claim_count; i++)
        if (same(&image->claims[i], &claim))
            return UB_OK;
    struct ub_claim *moved = realloc(image->claims,
                                     (image->claim_count + 1) * sizeof(*image->claims));
    if (!moved)
        return ub_fail_memory(err);
    image->claims = moved;
    image->claims[image->claim_count++] = claim;
    return UB_OK;
}

const struct ub_claim *ub_image_find_claim(const struct ub_image *image, enum ub_claim_kind kind)
{
    for (size_t i = 0; i < image->claim_count; i++)
        if (image->claims[i].kind == kind)
            return &image->claims[i];
    return NULL;
}

bool ub_image_claim(const struct ub_image *image, size_t index, struct ub_claim *out)
{
    if (index >= image->claim_count)
        return false;
    *out = image->claims[index];
    return true;
}

void ub_image_trust(const struct ub_image *image, struct ub_trust *out)
{
    *out = image->trust;
}
