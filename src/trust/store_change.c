/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing the user's store of keys. */
#define _POSIX_C_SOURCE 200809L
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "trust/place.h"
#include "trust/store.h"

#include <stdlib.h>
#include <string.h>

#define FILE_TEXT (UB_STORE_NAME_MAX + 16)

static enum ub_code no_place(struct ub_error *err)
{
    return ub_fail(err, UB_TRU_STORE,
                   "there is no place for keys: neither XDG_CONFIG_HOME nor HOME is set");
}

static bool is_harmless(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-_.+@", c) != NULL);
}

/** Names are file names; a few files there are no keys'. */
static bool is_name(const char *name)
{
    const size_t length = strlen(name);
    if (length == 0 || length > UB_STORE_NAME_MAX || name[0] == '.' || name[0] == '-' ||
        strcmp(name, "revoked") == 0 || strcmp(name, "seen") == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_harmless(name[i]))
            return false;
    return true;
}

/** The name that was wished, or one made of the file's. */
static enum ub_code choose_name(const struct ub_new_key *wanted, char name[UB_STRING_TEXT],
                                struct ub_error *err)
{
    const char *slash = strrchr(wanted->path, '/');
    const char *from = wanted->name && wanted->name[0] ? wanted->name
                       : slash                         ? slash + 1
                                                       : wanted->path;
    (void)ub_print(name, UB_STRING_TEXT, "%s", from);
    if (from != wanted->name) {
        const size_t length = strlen(name);
        if (length > 4 &&
            (strcmp(name + length - 4, ".pub") == 0 || strcmp(name + length - 4, ".pem") == 0))
            name[length - 4] = '\0';
        for (char *c = name; *c; c++)
            if (!is_harmless(*c))
                *c = '_';
    }
    if (is_name(name))
        return UB_OK;
    char clean[UB_STRING_TEXT];
    ub_print_stranger(clean, sizeof(clean), name, strlen(name));
    return ub_fail(err, UB_USE_OPTION,
                   "\"%s\" cannot be a key's name: letters, digits and -_.+@ can, up to %d of them",
                   clean, UB_STORE_NAME_MAX);
}

static bool put(json_t *object, const char *key, const char *text)
{
    return !text[0] || json_object_set_new(object, key, json_string(text)) == 0;
}

static enum ub_code write_record(const char *folder, const char *name,
                                 const struct ub_key_record *record, struct ub_error *err)
{
    char file[FILE_TEXT];
    (void)ub_print(file, sizeof(file), "%s.json", name);
    json_t *json = json_pack("{s:i}", "unbrick_key", 1);
    const bool good = put(json, "id", record->id) && put(json, "added", record->added) &&
                      put(json, "how", record->first_use ? "first use" : "added") &&
                      put(json, "vendor", record->scope.vendor) &&
                      put(json, "model", record->scope.model) &&
                      put(json, "market", record->scope.market);
    enum ub_code code = ub_place_write_json(folder, file, good ? json : NULL, err);
    json_decref(json);
    return code;
}

/** May that key have that name? *there tells that it has it already. */
static enum ub_code check_name(const struct ub_stored *stored, const struct ub_stored_key *key,
                               bool *there, struct ub_error *err)
{
    *there = false;
    for (size_t i = 0; i < stored->count; i++) {
        const struct ub_stored_key *other = &stored->keys[i];
        if (other->site || strcmp(other->name, key->name) != 0)
            continue;
        if (!ub_public_key_same(&other->key, &key->key))
            return ub_fail(err, UB_TRU_STORE,
                           "%s is the name of another key (%s) already; give this one another name",
                           key->name, other->record.id);
        *there = true;
    }
    return UB_OK;
}

static enum ub_code check_revoked(const struct ub_stored *stored, const struct ub_stored_key *key,
                                  struct ub_error *err)
{
    const struct ub_revocation *revocation = ub_revoked_key(&stored->revoked, key->record.id);
    if (!revocation)
        return UB_OK;
    return ub_fail(err, UB_TRU_REVOKED, "the key %s was revoked on %.10s%s%s", key->record.id,
                   revocation->date, revocation->reason[0] ? ": " : "", revocation->reason);
}

/** Under the lock. The record comes first: without it the key would be trusted for everything. */
static enum ub_code add_locked(const struct ub_store *store, const struct ub_stored_key *key,
                               const uint8_t *bytes, size_t length, struct ub_error *err)
{
    struct ub_stored stored;
    bool there = false;
    char file[FILE_TEXT];
    const bool pem = key->key.kind != UB_KEY_MINISIGN && key->key.kind != UB_KEY_SIGNIFY;
    (void)ub_print(file, sizeof(file), "%s.%s", key->name, pem ? "pem" : "pub");
    enum ub_code code = ub_store_load(store, &stored, err);
    if (!code)
        code = check_revoked(&stored, key, err);
    if (!code)
        code = check_name(&stored, key, &there, err);
    if (!code && !there && stored.count >= UB_STORE_KEYS_MAX)
        code = ub_fail(err, UB_TRU_STORE, "%s: there are %d keys already", store->user,
                       UB_STORE_KEYS_MAX);
    if (!code)
        code = write_record(store->user, key->name, &key->record, err);
    if (!code && !there)
        code = ub_place_write(store->user, file, bytes, length, err);
    ub_stored_free(&stored);
    return code;
}

/** Texts as they can be read again. */
static void clean_scope(const struct ub_scope *from, struct ub_scope *to)
{
    ub_print_stranger(to->vendor, UB_STRING_TEXT, from->vendor, strlen(from->vendor));
    ub_print_stranger(to->model, UB_STRING_TEXT, from->model, strlen(from->model));
    ub_print_stranger(to->market, UB_STRING_TEXT, from->market, strlen(from->market));
}

enum ub_code ub_store_add(const struct ub_store *store, const struct ub_new_key *wanted,
                          int64_t now, struct ub_error *err)
{
    struct ub_stored_key key = {.record.first_use = wanted->first_use};
    struct ub_error why = {0};
    uint8_t *bytes = NULL;
    size_t length = 0;
    int lock = -1;
    if (!store->user)
        return no_place(err);
    enum ub_code code = ub_file_read(wanted->path, UB_KEY_FILE_MAX, &bytes, &length, &why);
    if (code)
        return code == UB_SYS_MEMORY ? ub_fail_memory(err)
                                     : ub_fail(err, UB_TRU_KEY, "%s", why.message);
    code = ub_public_key_parse(wanted->path, bytes, length, &key.key, err);
    if (!code)
        code = choose_name(wanted, key.name, err);
    ub_moment_print(now, key.record.added);
    clean_scope(&wanted->scope, &key.record.scope);
    if (!code) {
        ub_public_key_id(&key.key, key.record.id);
        code = ub_place_lock(store->user, &lock, err);
    }
    if (!code)
        code = add_locked(store, &key, bytes, length, err);
    ub_place_unlock(lock);
    free(bytes);
    return code ? ub_wrap(err, code, "while adding the key %s", wanted->path) : UB_OK;
}

static bool is_meant(const struct ub_stored_key *key, const char *what, bool by_name)
{
    return by_name ? strcmp(key->name, what) == 0 : ub_same_word(key->record.id, what);
}

/** A name goes before an id. */
static bool has_name(const struct ub_stored *stored, const char *what)
{
    for (size_t i = 0; i < stored->count; i++)
        if (is_meant(&stored->keys[i], what, true))
            return true;
    return false;
}

/** The key first: a record alone trusts nobody. */
static enum ub_code remove_one(const char *folder, const char *name, struct ub_error *err)
{
    static const char *const endings[] = {"pub", "pem", "json"};
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < sizeof(endings) / sizeof(endings[0]); i++) {
        char file[FILE_TEXT];
        (void)ub_print(file, sizeof(file), "%s.%s", name, endings[i]);
        code = ub_place_remove(folder, file, err);
    }
    return code;
}

static enum ub_code fail_unknown(const char *what, struct ub_error *err)
{
    char clean[UB_STRING_TEXT];
    ub_print_stranger(clean, sizeof(clean), what, strlen(what));
    return ub_fail(err, UB_TRU_UNKNOWN_KEY, "there is no key \"%s\" among those that are trusted",
                   clean);
}

static enum ub_code remove_locked(const struct ub_store *store, const char *what,
                                  struct ub_error *err)
{
    struct ub_stored stored;
    size_t removed = 0;
    bool site = false;
    enum ub_code code = ub_store_load(store, &stored, err);
    const bool by_name = !code && has_name(&stored, what);
    for (size_t i = 0; !code && i < stored.count; i++) {
        const struct ub_stored_key *key = &stored.keys[i];
        if (!is_meant(key, what, by_name))
            continue;
        site = site || key->site;
        if (!key->site) {
            code = remove_one(store->user, key->name, err);
            removed++;
        }
    }
    if (!code && !removed)
        code = site ? ub_fail(err, UB_TRU_STORE,
                              "%s is in the site's folder (%s), and not yours to remove", what,
                              store->site)
                    : fail_unknown(what, err);
    ub_stored_free(&stored);
    return code;
}

enum ub_code ub_store_remove(const struct ub_store *store, const char *what, struct ub_error *err)
{
    int lock = -1;
    if (!store->user)
        return no_place(err);
    /* no folder is made for a key that is to be removed */
    if (!ub_place_exists(store->user))
        return remove_locked(store, what, err);
    enum ub_code code = ub_place_lock(store->user, &lock, err);
    if (!code)
        code = remove_locked(store, what, err);
    ub_place_unlock(lock);
    return code;
}

/** What is to be revoked, out of a person's words. */
static enum ub_code resolve(const struct ub_stored *stored, const char *what,
                            struct ub_revocation *out, struct ub_error *err)
{
    uint8_t bytes[32];
    const size_t length = strlen(what);
    const bool by_name = has_name(stored, what);
    for (size_t i = 0; i < stored->count; i++) {
        if (!is_meant(&stored->keys[i], what, by_name))
            continue;
        out->is_key = true;
        (void)ub_print(out->id, sizeof(out->id), "%s", stored->keys[i].record.id);
        return UB_OK;
    }
    out->is_key = length == 16;
    if (!(length == 16 && ub_parse_hex(what, bytes, 8)) &&
        !(length == 64 && ub_parse_hex(what, bytes, 32)))
        return fail_unknown(what, err);
    (void)ub_print(out->id, sizeof(out->id), "%s", what);
    return UB_OK;
}

enum ub_code ub_store_revoke(const struct ub_store *store, const char *what, const char *reason,
                             int64_t now, struct ub_error *err)
{
    struct ub_stored stored = {0};
    struct ub_revocation revocation = {0};
    int lock = -1;
    if (!store->user)
        return no_place(err);
    ub_moment_print(now, revocation.date);
    if (reason)
        ub_print_stranger(revocation.reason, sizeof(revocation.reason), reason, strlen(reason));
    enum ub_code code = ub_store_load(store, &stored, err);
    if (!code)
        code = resolve(&stored, what, &revocation, err);
    if (!code)
        code = ub_place_lock(store->user, &lock, err);
    if (!code)
        code = ub_revoked_add(store->user, &revocation, err);
    ub_place_unlock(lock);
    ub_stored_free(&stored);
    return code;
}
