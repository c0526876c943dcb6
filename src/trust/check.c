/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/check.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/check_room.h"
#include "trust/digest.h"
#include "trust/place.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

const char *ub_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

char *ub_check_beside(const char *path, const char *ending)
{
    const size_t size = strlen(path) + strlen(ending) + 1;
    char *beside = malloc(size);
    if (beside)
        (void)ub_print(beside, size, "%s%s", path, ending);
    return beside;
}

enum ub_code ub_check_read(struct ub_check *check, const char *path, size_t max,
                           enum ub_code too_large, uint8_t **bytes, size_t *length)
{
    struct ub_error why = {0};
    *bytes = NULL;
    *length = 0;
    if (!ub_place_exists(path))
        return UB_OK;
    enum ub_code code = ub_file_read(path, max, bytes, length, &why);
    if (code == UB_SYS_MEMORY)
        return ub_fail_memory(check->err);
    return code
               ? ub_fail(check->err, code == UB_IMG_TOO_LARGE ? too_large : code, "%s", why.message)
               : UB_OK;
}

enum ub_code ub_check_load(struct ub_check *check)
{
    const struct ub_image *image = check->image;
    uint8_t sha256[crypto_hash_sha256_BYTES];
    uint8_t *bytes = NULL;
    size_t length = 0;
    if (check->bytes)
        return UB_OK;
    enum ub_code code = ub_file_read(image->path, UB_IMAGE_TEXT_MAX, &bytes, &length, check->err);
    if (code)
        return code == UB_SYS_MEMORY
                   ? code
                   : ub_wrap(check->err, code, "while checking who vouches for it");
    (void)crypto_hash_sha256(sha256, bytes, length);
    if (length != image->file_size || memcmp(sha256, image->sha256, sizeof(sha256)) != 0) {
        free(bytes);
        return ub_fail(check->err, UB_IMG_READ, "%s changed while it was looked at", image->path);
    }
    check->bytes = bytes;
    check->length = length;
    return UB_OK;
}

/** The SHA-256 of what was read is known; for all else the file is needed. */
static enum ub_code check_digest(struct ub_check *check, const char *digits)
{
    uint8_t sha256[crypto_hash_sha256_BYTES];
    if (strlen(digits) == 2 * sizeof(sha256) && ub_parse_hex(digits, sha256, sizeof(sha256)) &&
        memcmp(sha256, check->image->sha256, sizeof(sha256)) == 0)
        return UB_OK;
    enum ub_code code = ub_check_load(check);
    return code ? code
                : ub_digest_check(check->name, digits, check->bytes, check->length, check->err);
}

static enum ub_code read_given(struct ub_check *check)
{
    const struct ub_trust_options *options = check->options;
    enum ub_code code = UB_OK;
    if (!options->key_count)
        return UB_OK;
    check->given = calloc(options->key_count, sizeof(*check->given));
    if (!check->given)
        return ub_fail_memory(check->err);
    for (size_t i = 0; !code && i < options->key_count; i++) {
        struct ub_given_key *given = &check->given[i];
        given->path = options->keys[i];
        code = ub_public_key_read(given->path, &given->key, check->err);
        if (code)
            break;
        ub_public_key_id(&given->key, given->id);
        check->given_count++;
        const struct ub_revocation *revocation = ub_revoked_key(&check->stored.revoked, given->id);
        if (revocation)
            code = ub_fail(check->err, UB_TRU_REVOKED, "the key %s in %s was revoked on %.10s%s%s",
                           given->id, given->path, revocation->date,
                           revocation->reason[0] ? ": " : "", revocation->reason);
    }
    return code;
}

/** Step 1: by the file's digest, and by that of the firmware in it, however it is packed. */
static enum ub_code check_revoked(struct ub_check *check)
{
    uint8_t content[crypto_hash_sha256_BYTES];
    ub_image_content_sha256(check->image, content);
    const struct ub_revocation *revocation = ub_revoked_file(&check->stored.revoked,
                                                             check->image->sha256);
    if (!revocation)
        revocation = ub_revoked_file(&check->stored.revoked, content);
    if (!revocation)
        return UB_OK;
    return ub_fail(check->err, UB_TRU_REVOKED, "%s was revoked on %.10s%s%s", check->name,
                   revocation->date, revocation->reason[0] ? ": " : "", revocation->reason);
}

/** Step 2. */
static enum ub_code check_given(struct ub_check *check)
{
    const char *digests[] = {check->options->sha256, check->options->sha512};
    static const size_t lengths[] = {64, 128};
    for (size_t i = 0; i < 2; i++) {
        if (!digests[i])
            continue;
        if (strlen(digests[i]) != lengths[i])
            return ub_fail(check->err, UB_USE_OPTION,
                           "a SHA-%s has %zu hexadecimal digits, not %zu", i ? "512" : "256",
                           lengths[i], strlen(digests[i]));
        enum ub_code code = check_digest(check, digests[i]);
        if (code)
            return code;
        check->trust.level = UB_TRUST_GIVEN;
    }
    return UB_OK;
}

/** Where a file of digests was found. */
enum sums {
    SUMS_NAMED, /**< a person named it */
    SUMS_OWN,   /**< beside the file, for it alone */
    SUMS_LIST,  /**< of the file's folder */
};

static enum ub_code check_sums_file(struct ub_check *check, const char *path, enum sums kind)
{
    const bool named = kind == SUMS_NAMED;
    uint8_t *bytes = NULL;
    size_t length = 0;
    char digits[129];
    enum ub_code code = ub_check_read(check, path, UB_SUMS_FILE_MAX, UB_TRU_NO_STATEMENT, &bytes,
                                      &length);
    if (code == UB_TRU_NO_STATEMENT && !named) { /* a list of half the world */
        ub_error_clear(check->err);
        return UB_OK;
    }
    const bool found = !code && bytes &&
                       (kind == SUMS_LIST
                            ? ub_digest_find_beside(bytes, length, check->name, digits)
                            : ub_digest_find(bytes, length, check->name, digits));
    if (found) {
        code = check_digest(check, digits);
        if (code)
            code = ub_wrap(check->err, code, "as %s says", path);
        else if (check->trust.level < UB_TRUST_DIGEST) {
            const char *name = ub_base_name(path);
            check->trust.level = UB_TRUST_DIGEST;
            ub_print_stranger(check->trust.by, sizeof(check->trust.by), name, strlen(name));
        }
    } else if (!code && named) {
        code = ub_fail(check->err, UB_TRU_NO_STATEMENT, "%s %s", path,
                       bytes ? "has no single digest for this file" : "is not there");
    }
    free(bytes);
    return code;
}

/** A file in the image's folder. */
static char *in_folder(const struct ub_check *check, const char *name)
{
    const char *path = check->image->path;
    const size_t folder = (size_t)(check->name - path);
    const size_t size = folder + strlen(name) + 1;
    char *made = malloc(size);
    if (made)
        (void)ub_print(made, size, "%.*s%s", (int)folder, path, name);
    return made;
}

/** Step 6. */
static enum ub_code check_sums(struct ub_check *check)
{
    static const char *const endings[] = {".sha256", ".sha512"};
    static const char *const lists[] = {"SHA256SUMS", "SHA512SUMS"};
    enum ub_code code = UB_OK;
    if (check->options->sums)
        return check_sums_file(check, check->options->sums, SUMS_NAMED);
    for (size_t i = 0; !code && i < 4; i++) {
        char *path = i < 2 ? ub_check_beside(check->image->path, endings[i])
                           : in_folder(check, lists[i - 2]);
        code = path ? check_sums_file(check, path, i < 2 ? SUMS_OWN : SUMS_LIST)
                    : ub_fail_memory(check->err);
        free(path);
    }
    return code;
}

/** Step 7: who gives a key wants to know that it signed. */
static enum ub_code conclude(struct ub_check *check)
{
    struct ub_trust *trust = &check->trust;
    if (trust->level == UB_TRUST_SIGNED)
        return UB_OK;
    trust->inside_only = check->inside;
    if (check->given_count && check->inside)
        return ub_fail(check->err, UB_TRU_NO_STATEMENT,
                       "a key was given, and %s is signed only inside (MCUboot): nobody signed "
                       "where the file puts the firmware",
                       check->name);
    if (check->given_count && check->unknown)
        return ub_check_unknown(check, check->unknown_id, true);
    if (check->given_count)
        return ub_fail(check->err, UB_TRU_NO_STATEMENT,
                       "a key was given, and %s has no signature: no %s.minisig, %s.sig or "
                       "%s" UB_MANIFEST_ENDING,
                       check->name, check->name, check->name, check->name);
    trust->unknown_key = check->unknown;
    (void)ub_print(trust->key_id, sizeof(trust->key_id), "%s", check->unknown_id);
    return UB_OK;
}

static enum ub_code run(struct ub_check *check)
{
    static enum ub_code (*const steps[])(struct ub_check *) = {
        read_given,       check_revoked, check_given, ub_check_manifest,  ub_check_detached,
        ub_check_mcuboot, check_sums,    conclude,    ub_check_first_use,
    };
    enum ub_code code = ub_store_load(check->room->store, &check->stored, check->err);
    for (size_t i = 0; !code && i < sizeof(steps) / sizeof(steps[0]); i++)
        code = steps[i](check);
    return code;
}

/** What an earlier check said. */
static void forget(struct ub_image *image)
{
    size_t kept = 0;
    for (size_t i = 0; i < image->claim_count; i++)
        if (image->claims[i].source != ub_manifest_source &&
            strcmp(image->claims[i].source, UB_SCOPE_SOURCE) != 0)
            image->claims[kept++] = image->claims[i];
    image->claim_count = kept;
    image->trust = (struct ub_trust){0};
}

enum ub_code ub_trust_check(const struct ub_trust_room *room, struct ub_image *image,
                            const struct ub_trust_options *options, struct ub_error *err)
{
    if (!image->path)
        return ub_fail(err, UB_IMG_READ, "%s was not read from a file, so nothing lies beside it",
                       image->name);
    struct ub_check *check = calloc(1, sizeof(*check));
    if (!check)
        return ub_fail_memory(err);
    check->room = room;
    check->image = image;
    check->options = options;
    check->name = ub_base_name(image->path);
    check->err = err;
    forget(image);
    enum ub_code code = run(check);
    if (code)
        forget(image);
    else
        image->trust = check->trust;
    ub_manifest_free(check->manifest);
    ub_stored_free(&check->stored);
    free(check->given);
    free(check->bytes);
    free(check);
    return code;
}
