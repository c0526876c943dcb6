/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of who vouches for an image share. */
#ifndef UB_TESTS_CHECK_FIXTURE_H
#define UB_TESTS_CHECK_FIXTURE_H

#include "trust_fixture.h"

#include "trust/manifest.h"
#include "trust/seen.h"

static const char *const models[] = {"M1", NULL};
static const struct ub_manifest acme = {.vendor = "Acme", .models = models, .version = "1.2"};

static inline const struct ub_trust *trust(const struct fixture *f)
{
    return &f->image->trust;
}

static inline bool says(const struct fixture *f, const char *text)
{
    return strstr(f->err.message, text) != NULL;
}

static inline const struct ub_claim *claim(const struct fixture *f, enum ub_claim_kind kind)
{
    return ub_image_find_claim(f->image, kind);
}

/** A known-answer file of tests/ROOM/data. */
static inline void copy_data(struct fixture *f, const char *room, const char *from, const char *to)
{
    const char *repo = getenv("REPO");
    char path[1024];
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_true(ub_print(path, sizeof(path), "%s/tests/%s/data/%s", repo ? repo : ".", room, from));
    assert_int_equal(ub_file_read(path, 1 << 20, &bytes, &length, &f->err), UB_OK);
    put(f, to, bytes, length);
    free(bytes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

#endif
