/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of firmware files, and whether a file is the one that its list means. */
#include "pack/list.h"

#include "base/error.h"
#include "base/text.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct ub_pack_entry *ub_pack_list_add(struct ub_pack_list *list, const char *source,
                                       struct ub_error *err)
{
    if (list->count >= UB_PACK_ENTRIES_MAX) {
        (void)ub_fail(err, UB_IMG_METADATA, "it names more than %d firmware files",
                      UB_PACK_ENTRIES_MAX);
        return NULL;
    }
    struct ub_pack_entry *moved = realloc(list->entries, (list->count + 1) * sizeof(*moved));
    if (!moved) {
        (void)ub_fail_memory(err);
        return NULL;
    }
    list->entries = moved;
    memset(&moved[list->count], 0, sizeof(*moved));
    moved[list->count].source = source;
    return &moved[list->count++];
}

void ub_pack_list_free(struct ub_pack_list *list)
{
    free(list->entries);
    *list = (struct ub_pack_list){0};
}

void ub_pack_claim(struct ub_pack_entry *entry, enum ub_claim_kind kind, const char *text)
{
    if (!text || !*text || entry->claim_count >= UB_PACK_CLAIMS_MAX)
        return;
    struct ub_claim *claim = &entry->claims[entry->claim_count++];
    *claim = (struct ub_claim){.kind = kind, .source = entry->source};
    ub_print_stranger(claim->text, sizeof(claim->text), text, strlen(text));
}

/** CRC-16/CCITT, most significant bit first, from 0xffff (nRF5 SDK, crc16_compute). */
static uint16_t crc16_of(const uint8_t *bytes, size_t length)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
    return (uint16_t)crc;
}

static enum ub_code fail_digest(const struct ub_pack_entry *entry, const char *name,
                                const char *what, struct ub_error *err)
{
    return ub_fail(err, UB_IMG_MEMBER_DIGEST, "%s: its %s is not the one in the archive's %s", name,
                   what, entry->source);
}

enum ub_code ub_pack_check(const struct ub_pack_entry *entry, const char *name,
                           const uint8_t *bytes, size_t length, struct ub_error *err)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    if (entry->has_crc16 && crc16_of(bytes, length) != entry->crc16)
        return fail_digest(entry, name, "CRC-16", err);
    if (entry->has_sha256) {
        (void)crypto_hash_sha256(digest, bytes, length); /* always returns 0 */
        return memcmp(digest, entry->sha256, sizeof(entry->sha256)) == 0
                   ? UB_OK
                   : fail_digest(entry, name, "SHA-256", err);
    }
    if (!entry->has_sha1)
        return UB_OK;
    /* Good for damage, not for malice: who vouches for the archive is another question. */
    unsigned size = 0;
    if (EVP_Digest(bytes, length, digest, &size, EVP_sha1(), NULL) != 1 ||
        size != sizeof(entry->sha1))
        return ub_fail(err, UB_SYS_INTERNAL, "%s: libcrypto cannot make a SHA-1", name);
    return memcmp(digest, entry->sha1, sizeof(entry->sha1)) == 0
               ? UB_OK
               : fail_digest(entry, name, "SHA-1", err);
}
