/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The records of a store of keys; the first byte says of which kind it is: 'k' of a key, 'r' what
 * is revoked, 's' the versions seen. */
#include "base/text.h"
#include "trust/seen.h"
#include "trust/store.h"
#include "trust/version.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_code(enum ub_code code, const struct ub_error *err)
{
    if (code && ((code != UB_TRU_STORE && code != UB_SYS_MEMORY) || !err->message[0]))
        abort();
}

/** A text that ends, and can be shown as it is. */
static void check_text(const char *text, size_t size)
{
    char clean[UB_STRING_TEXT];
    if (!memchr(text, 0, size))
        abort();
    ub_print_stranger(clean, sizeof(clean), text, strlen(text));
    if (strcmp(clean, text) != 0)
        abort();
}

static void read_key(const uint8_t *data, size_t size)
{
    struct ub_key_record record;
    struct ub_error err = {0};
    const enum ub_code code = ub_key_record_parse("f", data, size, &record, &err);
    check_code(code, &err);
    if (code)
        return;
    check_text(record.id, sizeof(record.id));
    check_text(record.added, sizeof(record.added));
    check_text(record.scope.vendor, UB_STRING_TEXT);
    check_text(record.scope.model, UB_STRING_TEXT);
    check_text(record.scope.market, UB_STRING_TEXT);
}

static void read_revoked(const uint8_t *data, size_t size)
{
    struct ub_revoked revoked = {0};
    struct ub_error err = {0};
    const enum ub_code code = ub_revoked_parse(&revoked, "f", data, size, &err);
    check_code(code, &err);
    for (size_t i = 0; i < revoked.count; i++) {
        const struct ub_revocation *entry = &revoked.list[i];
        uint8_t sha256[32];
        check_text(entry->reason, sizeof(entry->reason));
        check_text(entry->date, sizeof(entry->date));
        if (entry->is_key
                ? !ub_revoked_key(&revoked, entry->id)
                : !ub_parse_hex(entry->id, sha256, 32) || !ub_revoked_file(&revoked, sha256))
            abort();
    }
    ub_revoked_free(&revoked);
}

static void read_seen(const uint8_t *data, size_t size)
{
    struct ub_seen_list seen;
    struct ub_error err = {0};
    const enum ub_code code = ub_seen_parse("f", data, size, &seen, &err);
    check_code(code, &err);
    if (seen.count > UB_SEEN_MAX || (code && seen.list))
        abort();
    for (size_t i = 0; i < seen.count; i++) {
        check_text(seen.list[i].vendor, UB_STRING_TEXT);
        check_text(seen.list[i].name, UB_STRING_TEXT);
        if (!ub_version_valid(seen.list[i].version) || !seen.list[i].vendor[0])
            abort();
    }
    free(seen.list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    switch (data[0]) {
    case 'k':
        read_key(data + 1, size - 1);
        break;
    case 'r':
        read_revoked(data + 1, size - 1);
        break;
    case 's':
        read_seen(data + 1, size - 1);
        break;
    default:
        break;
    }
    return 0;
}
