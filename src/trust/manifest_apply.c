/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is a manifest of this image, and what does it say of it? */
#include "base/bytes.h"
#include "base/error.h"
#include "trust/manifest.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

const char ub_manifest_source[] = "manifest";

/** The bytes of the image that a region is of, which lie in one piece; NULL if there are none. */
static const uint8_t *find_bytes(const struct ub_image *image,
                                 const struct ub_manifest_region *region)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct ub_segment *segment = &image->segments[i];
        if (segment->alt != region->alt || segment->has_address != region->has_address ||
            region->address < segment->address)
            continue;
        const uint64_t skipped = region->address - segment->address;
        if (skipped <= segment->length && region->length <= segment->length - skipped)
            return segment->data + skipped;
    }
    return NULL;
}

static bool overlap(const struct ub_manifest_region *a, const struct ub_manifest_region *b)
{
    return a->alt == b->alt && a->has_address == b->has_address &&
           a->address < b->address + b->length && b->address < a->address + a->length;
}

static bool overlaps_earlier(const struct ub_manifest_file *manifest, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (overlap(&manifest->regions[i], &manifest->regions[index]))
            return true;
    return false;
}

static uint64_t length_of(const struct ub_image *image)
{
    uint64_t length = 0;
    for (size_t i = 0; i < image->segment_count; i++)
        length += image->segments[i].length;
    return length;
}

/**
 * The file is the one that was signed; now what was made of it is what the signer's unbrick made of
 * it. All of the regions are the image's, none twice, and nothing is left over.
 */
static enum ub_code check_regions(const struct ub_manifest_file *manifest,
                                  const struct ub_image *image, struct ub_error *err)
{
    uint64_t covered = 0;
    if (image->segment_count == 0) /* a file that was fetched, and is not opened: no image is */
        return UB_OK;
    for (size_t i = 0; i < manifest->region_count; i++) {
        const struct ub_manifest_region *region = &manifest->regions[i];
        const uint8_t *bytes = find_bytes(image, region);
        uint8_t sha256[crypto_hash_sha256_BYTES] = {0};
        if (bytes)
            (void)crypto_hash_sha256(sha256, bytes, region->length);
        if (!bytes || memcmp(sha256, region->sha256, sizeof(sha256)) != 0 ||
            overlaps_earlier(manifest, i))
            return ub_fail(err, UB_TRU_OTHER_IMAGE,
                           "%s holds something else at 0x%08" PRIx64 " (%" PRIu64
                           " bytes) than its manifest says",
                           image->name, region->address, region->length);
        covered += region->length;
    }
    if (manifest->region_count && covered != length_of(image))
        return ub_fail(err, UB_TRU_OTHER_IMAGE,
                       "%s holds %" PRIu64 " bytes, of which its manifest knows %" PRIu64,
                       image->name, length_of(image), covered);
    return UB_OK;
}

static enum ub_code check_image(const struct ub_manifest_file *manifest,
                                const struct ub_image *image, struct ub_error *err)
{
    if (manifest->size != image->file_size)
        return ub_fail(err, UB_TRU_OTHER_IMAGE,
                       "%s has %" PRIu64 " bytes, the manifest is of a file with %" PRIu64,
                       image->name, image->file_size, manifest->size);
    if (memcmp(manifest->sha256, image->sha256, sizeof(image->sha256)) != 0)
        return ub_fail(err, UB_TRU_OTHER_IMAGE,
                       "%s has another SHA-256 than the manifest says (which is of %s)",
                       image->name, manifest->name);
    return check_regions(manifest, image, err);
}

static enum ub_code add_word(struct ub_image *image, enum ub_claim_kind kind, const char *text,
                             struct ub_error *err)
{
    if (!text[0])
        return UB_OK;
    return ub_image_add_claim(image, kind, ub_manifest_source, 0, 0, text, err);
}

static enum ub_code add_words(struct ub_image *image, enum ub_claim_kind kind,
                              const struct ub_words *words, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < words->count; i++)
        code = add_word(image, kind, words->text[i], err);
    return code;
}

static enum ub_code add_claims(const struct ub_manifest_file *manifest, struct ub_image *image,
                               struct ub_error *err)
{
    enum ub_code code = add_word(image, UB_CLAIM_VENDOR, manifest->vendor, err);
    if (!code)
        code = add_words(image, UB_CLAIM_FAMILY, &manifest->families, err);
    if (!code)
        code = add_words(image, UB_CLAIM_MODEL, &manifest->models, err);
    if (!code)
        code = add_words(image, UB_CLAIM_REVISION, &manifest->revisions, err);
    if (!code)
        code = add_words(image, UB_CLAIM_MARKET, &manifest->markets, err);
    if (!code)
        code = add_word(image, UB_CLAIM_VERSION, manifest->version, err);
    if (!code)
        code = add_word(image, UB_CLAIM_MIN_VERSION, manifest->min_version, err);
    if (!code)
        code = add_word(image, UB_CLAIM_MIN_LOADER, manifest->min_loader, err);
    return code;
}

/** Claims past the limit are dropped, and what a manifest says must not be. */
static bool has_room(const struct ub_manifest_file *manifest, const struct ub_image *image)
{
    const size_t words = manifest->families.count + manifest->models.count +
                         manifest->revisions.count + manifest->markets.count;
    return image->claim_count + words + 4 <= UB_IMAGE_CLAIMS_MAX;
}

enum ub_code ub_manifest_apply(const struct ub_manifest_file *manifest, struct ub_image *image,
                               struct ub_error *err)
{
    enum ub_code code = check_image(manifest, image, err);
    if (code)
        return code;
    if (!has_room(manifest, image))
        return ub_fail(err, UB_TRU_MANIFEST, "%s and its manifest say more than %zu things",
                       image->name, UB_IMAGE_CLAIMS_MAX);
    return add_claims(manifest, image, err);
}
