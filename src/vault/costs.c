/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The file that remembers costs. It is a convenience: nothing depends on its being there or right,
 * and no value in it is believed that no device could have. */
#define _DEFAULT_SOURCE
#include "vault/costs.h"

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "vault/place.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define NAME           "costs.json"
#define LOCK_NAME      "costs.lock"
#define LOCK_TRIES     2500 /* together 5 s */
#define LOCK_WAIT_NS   2000000L
#define FORMAT_NAME    "unbrick-costs"
#define FORMAT_VERSION 1
#define FILE_MAX       ((size_t)1 << 20)
#define ENTRIES_MAX    256
#define RUNS_MAX       1000000
#define ALL            16u /* a run of so many blocks counts in full */

/** A value by name, and the range in which a device can have it. */
struct field {
    const char *name;
    size_t offset;
    uint32_t least;
    uint32_t most;
};

#define FIELD(member) #member, offsetof(struct ub_learned, member)

/* From the fastest bus and RAM to the slowest hub and flash: a data stage of 64 bytes in a frame
 * each takes 16 ms a KiB, a mass erase 32 s and more, a manifestation 180 s. */
static const struct field fields[] = {
    {FIELD(transfer_us), 20, 100000},  {FIELD(transfer_kib_us), 5, 200000},
    {FIELD(write_kib_us), 1, 5000000}, {FIELD(erase_all_us), 100, 300000000},
    {FIELD(end_us), 1, 600000000},     {FIELD(asks_milli), 1000, 100000},
    {FIELD(block_us), 10, 60000000},
};
static const struct field erase_field = {"erase_us", 0, 10, 60000000};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

unsigned ub_size_class(uint32_t size)
{
    unsigned number = 0;
    while (size >>= 1)
        number++;
    return number;
}

static uint32_t *value_of(struct ub_learned *learned, const struct field *field)
{
    return (uint32_t *)(void *)((char *)learned + field->offset);
}

static uint32_t sane(const struct field *field, json_int_t value)
{
    return value >= (json_int_t)field->least && value <= (json_int_t)field->most ? (uint32_t)value
                                                                                 : 0;
}

static void entry_parse(json_t *entry, struct ub_learned *out)
{
    memset(out, 0, sizeof(*out));
    json_int_t runs = json_integer_value(json_object_get(entry, "runs"));
    out->runs = runs > 0 && runs <= RUNS_MAX ? (uint32_t)runs : 1;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        *value_of(out, &fields[i]) = sane(
            &fields[i], json_integer_value(json_object_get(entry, fields[i].name)));
    const char *text;
    json_t *value;
    json_object_foreach(json_object_get(entry, erase_field.name), text, value)
    {
        uint64_t size;
        if (ub_parse_digits(text, strlen(text), 10, UINT32_MAX, &size) && size)
            out->erase_us[ub_size_class((uint32_t)size)] = sane(&erase_field,
                                                                json_integer_value(value));
    }
}

static json_t *entry_print(struct ub_learned *learned)
{
    json_t *entry = json_object();
    json_t *erase = json_object();
    int bad = json_object_set_new(entry, "runs", json_integer(learned->runs));
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (*value_of(learned, &fields[i]))
            bad |= json_object_set_new(entry, fields[i].name,
                                       json_integer(*value_of(learned, &fields[i])));
    for (unsigned n = 0; n < UB_SIZE_CLASSES; n++) {
        char text[16];
        if (!learned->erase_us[n])
            continue;
        (void)ub_print(text, sizeof(text), "%u", 1u << n);
        bad |= json_object_set_new(erase, text, json_integer(learned->erase_us[n]));
    }
    bad |= json_object_set_new(entry, erase_field.name, erase);
    if (bad) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

/** Reads the file; *root is the caller's, NULL unless it is good. */
static enum ub_costs_state read_file(const struct ub_vault *vault, json_t **root)
{
    uint8_t *text = NULL;
    size_t length = 0;
    *root = NULL;
    struct ub_error why;
    char *path = ub_path_join(vault->folder, NAME);
    enum ub_code code = path ? ub_file_read(path, FILE_MAX, &text, &length, &why) : UB_SYS_MEMORY;
    free(path);
    if (code)
        return code == UB_IMG_TOO_LARGE ? UB_COSTS_DAMAGED : UB_COSTS_NONE;
    json_t *json = json_loadb((const char *)text, length, JSON_REJECT_DUPLICATES, NULL);
    free(text);
    const char *format = json_string_value(json_object_get(json, "format"));
    json_int_t version = json_integer_value(json_object_get(json, "version"));
    enum ub_costs_state state = UB_COSTS_GOOD;
    if (!format || strcmp(format, FORMAT_NAME) != 0 || version < 1)
        state = UB_COSTS_DAMAGED;
    else if (version > FORMAT_VERSION)
        state = UB_COSTS_NEWER;
    else if (!json_is_object(json_object_get(json, "costs")))
        state = UB_COSTS_DAMAGED;
    if (state != UB_COSTS_GOOD) {
        json_decref(json);
        return state;
    }
    *root = json;
    return UB_COSTS_GOOD;
}

enum ub_costs_state ub_vault_costs(const struct ub_vault *vault, const char *key,
                                   struct ub_learned *out)
{
    json_t *root = NULL;
    memset(out, 0, sizeof(*out));
    enum ub_costs_state state = read_file(vault, &root);
    json_t *entry = json_object_get(json_object_get(root, "costs"), key);
    if (json_is_object(entry))
        entry_parse(entry, out);
    else if (state == UB_COSTS_GOOD)
        state = entry ? UB_COSTS_DAMAGED : UB_COSTS_NONE;
    json_decref(root);
    return state;
}

/** Half the way from what is remembered to what was measured; less, if `weight` is below ALL. */
static void move(uint32_t *remembered, uint32_t measured, uint32_t weight,
                 const struct field *field)
{
    const uint64_t old = *remembered;
    measured = sane(field, measured);
    if (!measured)
        return;
    *remembered = old ? (uint32_t)((old * ((uint64_t)2 * ALL - weight) +
                                    (uint64_t)measured * weight) /
                                   ((uint64_t)2 * ALL))
                      : measured;
}

/** How much a run counts for what its blocks told. */
static uint32_t weight_of(const struct field *field, const struct ub_learned *measured)
{
    const bool by_blocks = field->offset == offsetof(struct ub_learned, write_kib_us) ||
                           field->offset == offsetof(struct ub_learned, asks_milli);
    return by_blocks && measured->write_blocks && measured->write_blocks < ALL
               ? measured->write_blocks
               : ALL;
}

static void merge(struct ub_learned *into, const struct ub_learned *measured)
{
    struct ub_learned values = *measured;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        move(value_of(into, &fields[i]), *value_of(&values, &fields[i]),
             weight_of(&fields[i], measured), &fields[i]);
    for (unsigned n = 0; n < UB_SIZE_CLASSES; n++)
        move(&into->erase_us[n], values.erase_us[n], ALL, &erase_field);
    into->runs += into->runs < RUNS_MAX;
}

static enum ub_code write_file(struct ub_vault *vault, json_t *root, struct ub_error *err)
{
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII | JSON_SORT_KEYS);
    char *path = ub_path_join(vault->folder, NAME);
    enum ub_code code = text && path ? ub_folder_make(vault->folder, err) : ub_fail_memory(err);
    if (!code)
        code = ub_file_write(path, text, strlen(text), err);
    free(text);
    free(path);
    return code;
}

/** Room for one more entry: a file that has grown beyond all sense loses its first. */
static void make_room(json_t *costs)
{
    while (json_object_size(costs) >= ENTRIES_MAX) {
        void *first = json_object_iter(costs);
        if (!first || json_object_del(costs, json_object_iter_key(first)) != 0)
            return;
    }
}

/**
 * Keeps other threads and programs from changing the file meanwhile; -1 if that cannot be had. The
 * real time counts here: other programs live by no other.
 */
static int take_lock(const struct ub_vault *vault)
{
    static const struct timespec wait = {.tv_nsec = LOCK_WAIT_NS};
    char *path = ub_path_join(vault->folder, LOCK_NAME);
    int fd = -1;
    if (path && ub_folder_make(vault->folder, NULL) == UB_OK)
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    free(path);
    int failed = fd < 0 ? 0 : flock(fd, LOCK_EX | LOCK_NB);
    for (unsigned i = 0; failed && (errno == EWOULDBLOCK || errno == EINTR) && i < LOCK_TRIES;
         i++) {
        (void)nanosleep(&wait, NULL);
        failed = flock(fd, LOCK_EX | LOCK_NB);
    }
    if (failed) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/** Reads the file, changes it and writes it: under the lock. */
static enum ub_code learn(struct ub_vault *vault, const char *key,
                          const struct ub_learned *measured, struct ub_error *err)
{
    json_t *root = NULL;
    struct ub_learned sum = {0};
    enum ub_costs_state state = read_file(vault, &root);
    if (state == UB_COSTS_NEWER)
        return UB_OK;
    if (!root)
        root = json_pack("{s:s, s:i, s:{}}", "format", FORMAT_NAME, "version", FORMAT_VERSION,
                         "costs");
    json_t *costs = json_object_get(root, "costs");
    json_t *old = json_object_get(costs, key);
    if (json_is_object(old))
        entry_parse(old, &sum);
    else
        make_room(costs);
    merge(&sum, measured);
    enum ub_code code = UB_OK;
    if (!root || json_object_set_new(costs, key, entry_print(&sum)) != 0)
        code = ub_fail_memory(err);
    if (!code)
        code = write_file(vault, root, err);
    json_decref(root);
    return code;
}

enum ub_code ub_vault_learn(struct ub_vault *vault, const char *key,
                            const struct ub_learned *measured, struct ub_error *err)
{
    const int lock = take_lock(vault);
    enum ub_code code = learn(vault, key, measured, err);
    if (lock >= 0)
        (void)close(lock); /* and the lock is gone */
    return code ? ub_wrap(err, code, "while remembering what the run cost") : UB_OK;
}
