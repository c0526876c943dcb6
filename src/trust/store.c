/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the stores of keys. */
#define _GNU_SOURCE
#include "trust/store.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/json.h"
#include "trust/place.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FORMAT      1
#define REASON_TEXT 128

static const char *const record_keys[] = {
    "unbrick_key", "id", "added", "how", "vendor", "model", "market", NULL,
};

enum ub_code ub_store_open(const char *user, struct ub_store **out, struct ub_error *err)
{
    const char *other = getenv("UNBRICK_KEYS");
    *out = NULL;
    if (!user && other && other[0])
        user = other;
    struct ub_store *store = calloc(1, sizeof(*store));
    if (!store)
        return ub_fail_memory(err);
    enum ub_code code = UB_OK;
    if (!user)
        code = ub_place_user("keys", &store->user, err);
    else if (!(store->user = strdup(user)))
        code = ub_fail_memory(err);
    if (!code)
        code = ub_place_site("keys", &store->site, err);
    if (code)
        ub_store_close(store);
    else
        *out = store;
    return code;
}

enum ub_code ub_store_keep_memory(struct ub_store *store, struct ub_error *err)
{
    char *usual = NULL;
    enum ub_code code = ub_place_user("keys", &usual, err);
    if (code || !usual || (store->user && strcmp(usual, store->user) == 0)) {
        free(usual);
        return code;
    }
    free(store->memory);
    store->memory = usual;
    return UB_OK;
}

void ub_store_close(struct ub_store *store)
{
    if (!store)
        return;
    free(store->user);
    free(store->site);
    free(store->memory);
    free(store);
}

void ub_stored_free(struct ub_stored *stored)
{
    free(stored->keys);
    ub_revoked_free(&stored->revoked);
    *stored = (struct ub_stored){0};
}

enum ub_code ub_key_record_parse(const char *name, const uint8_t *bytes, size_t length,
                                 struct ub_key_record *out, struct ub_error *err)
{
    struct ub_json json = {.name = name, .bad = UB_TRU_STORE, .err = err};
    char how[UB_STRING_TEXT];
    int64_t ignored;
    *out = (struct ub_key_record){0};
    json_t *root = ub_json_load(&json, bytes, length);
    if (root && ub_json_object(&json, root, "the record of a key", record_keys)) {
        (void)ub_json_number(&json, root, "unbrick_key", FORMAT, FORMAT);
        (void)ub_json_text(&json, root, "id", false, out->id, sizeof(out->id));
        if (ub_json_moment(&json, root, "added", false, &ignored))
            (void)ub_json_text(&json, root, "added", false, out->added, sizeof(out->added));
        (void)ub_json_text(&json, root, "how", false, how, sizeof(how));
        out->first_use = strcmp(how, "first use") == 0;
        if (how[0] && !out->first_use && strcmp(how, "added") != 0)
            ub_json_fail(&json, "how has to be \"added\" or \"first use\"");
        (void)ub_json_text(&json, root, "vendor", false, out->scope.vendor, UB_STRING_TEXT);
        (void)ub_json_text(&json, root, "model", false, out->scope.model, UB_STRING_TEXT);
        (void)ub_json_text(&json, root, "market", false, out->scope.market, UB_STRING_TEXT);
    }
    json_decref(root);
    return json.code;
}

/** Reads NAME.json. *there is false if there is none. */
static enum ub_code read_record(const char *folder, const char *name, struct ub_key_record *record,
                                bool *there, struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    char file[UB_STORE_NAME_MAX + 16];
    *record = (struct ub_key_record){0};
    (void)ub_print(file, sizeof(file), "%s.json", name);
    char *path = ub_path_join(folder, file);
    enum ub_code code = path
                            ? ub_place_read(folder, file, UB_STORE_RECORD_MAX, &bytes, &length, err)
                            : ub_fail_memory(err);
    *there = bytes != NULL;
    if (!code && bytes)
        code = ub_key_record_parse(path, bytes, length, record, err);
    free(bytes);
    free(path);
    return code;
}

/** Reads the key itself. *there is false if it is gone. */
static enum ub_code read_key(const char *folder, const char *file, struct ub_public_key *key,
                             bool *there, struct ub_error *err)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct ub_error why = {0};
    char *path = ub_path_join(folder, file);
    enum ub_code code = path ? ub_place_read(folder, file, UB_KEY_FILE_MAX, &bytes, &length, err)
                             : ub_fail_memory(err);
    *there = bytes != NULL;
    if (!code && bytes) {
        code = ub_public_key_parse(path, bytes, length, key, &why);
        if (code)
            code = code == UB_SYS_MEMORY ? ub_fail_memory(err)
                                         : ub_fail(err, UB_TRU_STORE, "%s", why.message);
    }
    free(bytes);
    free(path);
    return code;
}

/**
 * Reads a key and its record. Others may add and remove keys meanwhile: they write the record
 * before the key, and remove it behind it. So a key without a record is one that is just being
 * removed, or one that was put there by hand, and the latter is still there when it is looked at
 * again.
 */
static enum ub_code read_pair(const char *folder, const char *file, struct ub_stored_key *out,
                              bool *there, struct ub_error *err)
{
    bool recorded = false;
    enum ub_code code = UB_OK;
    for (unsigned i = 0; !code && !recorded && i < 3; i++) {
        code = read_key(folder, file, &out->key, there, err);
        if (code || !*there)
            return code;
        code = read_record(folder, out->name, &out->record, &recorded, err);
    }
    return code;
}

static enum ub_code check_record(const char *folder, struct ub_stored_key *key,
                                 struct ub_error *err)
{
    char id[UB_KEY_ID_TEXT];
    ub_public_key_id(&key->key, id);
    if (key->record.id[0] && !ub_same_word(key->record.id, id))
        return ub_fail(err, UB_TRU_STORE,
                       "%s/%s.json is of the key %s, and the key beside it is %s", folder,
                       key->name, key->record.id, id);
    (void)ub_print(key->record.id, sizeof(key->record.id), "%s", id);
    return UB_OK;
}

/** The name of the key in a file of that name; false if it is no key's file. */
static bool key_name(const char *file, char name[UB_STRING_TEXT])
{
    const size_t length = strlen(file);
    if (file[0] == '.' || length <= 4 || length - 4 > UB_STORE_NAME_MAX ||
        (strcmp(file + length - 4, ".pub") != 0 && strcmp(file + length - 4, ".pem") != 0))
        return false;
    ub_print_stranger(name, UB_STRING_TEXT, file, length - 4);
    return true;
}

static enum ub_code add_file(struct ub_stored *stored, const char *folder, const char *file,
                             bool site, struct ub_error *err)
{
    struct ub_stored_key key = {.site = site};
    bool there = false;
    if (!key_name(file, key.name))
        return UB_OK;
    enum ub_code code = read_pair(folder, file, &key, &there, err);
    if (code || !there)
        return code;
    code = check_record(folder, &key, err);
    if (code)
        return code;
    struct ub_stored_key *keys = realloc(stored->keys, (stored->count + 1) * sizeof(*keys));
    if (!keys)
        return ub_fail_memory(err);
    stored->keys = keys;
    keys[stored->count++] = key;
    return UB_OK;
}

static enum ub_code fail_folder(const char *folder, struct ub_error *err)
{
    const int number = errno;
    char why[REASON_TEXT];
    return number == ENOMEM
               ? ub_fail_memory(err)
               : ub_fail(err, UB_TRU_STORE, "%s: %s", folder, strerror_r(number, why, sizeof(why)));
}

/** Whoever may write there decides who is trusted. */
static enum ub_code check_folder(const char *folder, DIR *dir, struct ub_error *err)
{
    struct stat status;
    if (fstat(dirfd(dir), &status) != 0)
        return fail_folder(folder, err);
    return ub_place_guarded(folder, &status, err);
}

static int keys_only(const struct dirent *entry)
{
    char ignored[UB_STRING_TEXT];
    return key_name(entry->d_name, ignored);
}

static enum ub_code add_files(struct ub_stored *stored, const char *folder, DIR *dir, bool site,
                              struct ub_error *err)
{
    struct dirent **list = NULL;
    const int count = scandirat(dirfd(dir), ".", &list, keys_only, alphasort);
    if (count < 0)
        return fail_folder(folder, err);
    enum ub_code code = UB_OK;
    if (count > UB_STORE_KEYS_MAX)
        code = ub_fail(err, UB_TRU_STORE, "%s: more than %d keys", folder, UB_STORE_KEYS_MAX);
    for (int i = 0; i < count; i++) {
        if (!code)
            code = add_file(stored, folder, list[i]->d_name, site, err);
        free(list[i]);
    }
    free(list);
    return code;
}

static enum ub_code load_folder(struct ub_stored *stored, const char *folder, bool site,
                                struct ub_error *err)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return errno == ENOENT ? UB_OK : fail_folder(folder, err);
    enum ub_code code = check_folder(folder, dir, err);
    if (!code)
        code = add_files(stored, folder, dir, site, err);
    if (!code)
        code = ub_revoked_read(&stored->revoked, folder, err);
    (void)closedir(dir);
    return code;
}

enum ub_code ub_store_load(const struct ub_store *store, struct ub_stored *out,
                           struct ub_error *err)
{
    *out = (struct ub_stored){0};
    enum ub_code code = store->user ? load_folder(out, store->user, false, err) : UB_OK;
    if (!code)
        code = load_folder(out, store->site, true, err);
    return code ? ub_wrap(err, code, "while reading the trusted keys") : UB_OK;
}
