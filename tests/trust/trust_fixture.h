/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A folder with a firmware file, keys to sign it with, and two stores of keys. */
#ifndef UB_TESTS_TRUST_FIXTURE_H
#define UB_TESTS_TRUST_FIXTURE_H

#include "base/file.h"
#include "base/text.h"
#include "image/image.h"
#include "trust/check.h"
#include "trust/moment.h"
#include "trust/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1795342272) /* 2026-11-22T10:11:12Z */

struct fixture {
    char folder[64];
    char path[2][160]; /* what at() gave last */
    unsigned turn;
    struct ub_store *store;
    struct ub_image *image;
    struct ub_trust_room room;
    struct ub_error err;
};

/** The path of a file in the folder; good until the next but one call. */
static inline const char *at(struct fixture *f, const char *name)
{
    char *path = f->path[f->turn++ % 2];
    assert_true(ub_print(path, sizeof(f->path[0]), "%s/%s", f->folder, name));
    return path;
}

static inline void put(struct fixture *f, const char *name, const void *bytes, size_t length)
{
    assert_int_equal(ub_file_write(at(f, name), bytes, length, &f->err), UB_OK);
}

static inline void put_text(struct fixture *f, const char *name, const char *text)
{
    put(f, name, text, strlen(text));
}

static inline uint8_t *get(struct fixture *f, const char *name, size_t *length)
{
    uint8_t *bytes = NULL;
    if (ub_file_read(at(f, name), 1 << 22, &bytes, length, &f->err))
        fail_msg("%s", f->err.message);
    return bytes;
}

static inline void copy(struct fixture *f, const char *from, const char *to)
{
    size_t length;
    uint8_t *bytes = get(f, from, &length);
    put(f, to, bytes, length);
    free(bytes);
}

static inline bool exists(struct fixture *f, const char *name)
{
    return access(at(f, name), F_OK) == 0;
}

/** Changes one byte of a file. */
static inline void damage(struct fixture *f, const char *name, size_t offset)
{
    size_t length;
    uint8_t *bytes = get(f, name, &length);
    assert_true(offset < length);
    bytes[offset] ^= 1;
    put(f, name, bytes, length);
    free(bytes);
}

static inline void new_key(struct fixture *f, const char *name)
{
    if (ub_key_new(at(f, name), NULL, NULL, &f->err))
        fail_msg("%s", f->err.message);
}

/** Signs a file, or with a manifest makes and signs that. */
static inline void sign(struct fixture *f, const char *name, const char *key,
                        const struct ub_manifest *manifest)
{
    char secret[64];
    (void)ub_print(secret, sizeof(secret), "%s.key", key);
    const struct ub_sign_options options = {.key = at(f, secret), .manifest = manifest};
    if (ub_image_sign(at(f, name), &options, &f->err))
        fail_msg("%s", f->err.message);
}

static inline void add_key(struct fixture *f, const char *file, const char *name,
                           const char *vendor, const char *model, const char *market)
{
    struct ub_new_key wanted = {.path = at(f, file), .name = name};
    (void)ub_print(wanted.scope.vendor, UB_STRING_TEXT, "%s", vendor);
    (void)ub_print(wanted.scope.model, UB_STRING_TEXT, "%s", model);
    (void)ub_print(wanted.scope.market, UB_STRING_TEXT, "%s", market);
    if (ub_store_add(f->store, &wanted, NOW, &f->err))
        fail_msg("%s", f->err.message);
}

static inline void open_image(struct fixture *f, const char *name)
{
    ub_image_close(f->image);
    f->image = NULL;
    if (ub_image_open(at(f, name), NULL, &f->image, &f->err))
        fail_msg("%s", f->err.message);
}

/** Checks fw.bin as it is now. */
static inline enum ub_code check(struct fixture *f, const struct ub_trust_options *options)
{
    static const struct ub_trust_options nothing;
    open_image(f, "fw.bin");
    memset(&f->err, 0, sizeof(f->err));
    const enum ub_code code = ub_trust_check(&f->room, f->image, options ? options : &nothing,
                                             &f->err);
    assert_int_equal(f->err.code, code);
    assert_int_equal(f->image->trust.level != UB_TRUST_NONE && code, 0);
    return code;
}

static inline void expect(struct fixture *f, const struct ub_trust_options *options,
                          enum ub_code wanted)
{
    const enum ub_code code = check(f, options);
    if (code != wanted)
        fail_msg("%d, not %d: %s", (int)code, (int)wanted, f->err.message);
}

static inline int delete_one(const char *path, const struct stat *status, int kind,
                             struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    uint8_t firmware[4096];
    assert_non_null(f);
    (void)ub_print(f->folder, sizeof(f->folder), "%s/unbrick-trust-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    (void)unsetenv("UNBRICK_KEYS");
    assert_int_equal(setenv("UNBRICK_SITE_CONFIG", at(f, "site"), 1), 0);
    assert_int_equal(ub_store_open(at(f, "store"), &f->store, &f->err), UB_OK);
    for (size_t i = 0; i < sizeof(firmware); i++)
        firmware[i] = (uint8_t)(i * 7 + i / 256);
    put(f, "fw.bin", firmware, sizeof(firmware));
    f->room = (struct ub_trust_room){.store = f->store, .bus = "libusb", .now = NOW};
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    ub_image_close(f->image);
    ub_store_close(f->store);
    (void)nftw(f->folder, delete_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

#endif
