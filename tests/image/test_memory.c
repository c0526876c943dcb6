/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every allocation of reading and writing an image fails once: each time the answer is
 * UB_SYS_MEMORY, nothing leaks and nothing is freed twice (seen by the sanitizers and valgrind).
 * The linker puts the functions below in the place of the allocator (--wrap). */
#include "image_test.h"

#include "image/formats.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool counting;
static unsigned calls;
static unsigned failing; /* the call that fails, from 1; 0: none */

static bool fails(void)
{
    return counting && ++calls == failing;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

/** Opens the bytes and writes them in the format again, with allocation number `n` failing. */
static enum ub_code open_and_write(const uint8_t *bytes, size_t length, unsigned n)
{
    struct ub_image *image = NULL;
    struct ub_error err;
    uint8_t *again = NULL;
    size_t again_length = 0;
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_image_open_bytes("fw", bytes, length, NULL, &image, &err);
    /* what cannot be written as it was is written as UF2 */
    if (!code && image->format->write)
        code = image->format->write(image, NULL, &again, &again_length, &err);
    else if (!code)
        code = ub_uf2_write(image, NULL, &again, &again_length, &err);
    counting = false;
    free(again);
    ub_image_close(image);
    if (code)
        assert_int_equal(err.code, code);
    return code;
}

/** Fails one allocation after the other until none is left to fail. */
static void every_allocation_fails(const uint8_t *bytes, size_t length, unsigned least)
{
    assert_int_equal(open_and_write(bytes, length, 0), UB_OK);
    unsigned total = calls;
    unsigned survived = 0;
    assert_true(total >= least);
    for (unsigned n = 1; n <= total; n++) {
        enum ub_code code = open_and_write(bytes, length, n);
        if (code == UB_OK)
            survived++; /* giving back spare memory may fail */
        else
            assert_int_equal(code, UB_SYS_MEMORY);
    }
    assert_true(survived * 2 < total);
}

static void raw(void **state)
{
    (void)state;
    every_allocation_fails((const uint8_t *)"\0\1\2\3", 4, 4);
}

static void dfu(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("dfu-suffix.txt", &length);
    every_allocation_fails(file, length, 4);
    free(file);
}

static void dfuse(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("dfuse-pack.txt", &length);
    every_allocation_fails(file, length, 7);
    free(file);
}

/* Pieces out of order, so that joining allocates too, before and after a part that stays alone. */
static void ihex(void **state)
{
    (void)state;
    static const char text[] = ":0100000041BE\n:0100020043BA\n:0100010042BC\n:020000040800F2\n"
                               ":0100000041BE\n:020000041000EA\n:0100010042BC\n:0100000041BE\n"
                               ":00000001FF\n";
    every_allocation_fails((const uint8_t *)text, sizeof(text) - 1, 12);
}

static void srec(void **state)
{
    (void)state;
    static const char text[] = "S104000041BA\nS104000243B6\nS104000142B8\nS3060800000041B0\n"
                               "S70508000101F0\n";
    every_allocation_fails((const uint8_t *)text, sizeof(text) - 1, 10);
}

/** A file in memory, handed out piece by piece. */
struct text {
    const char *bytes;
    size_t left;
};

static enum ub_code take(void *user, uint8_t *to, size_t length, size_t *got, struct ub_error *err)
{
    struct text *text = user;
    (void)err;
    *got = length < text->left ? length : text->left;
    memcpy(to, text->bytes, *got);
    text->bytes += *got;
    text->left -= *got;
    return UB_OK;
}

static enum ub_code parse_pieces(const char *bytes, unsigned n)
{
    struct text text = {.bytes = bytes, .left = strlen(bytes)};
    const struct ub_image_source source = {.take = take, .user = &text};
    struct ub_image *image = NULL;
    struct ub_error err;
    bool taken = false;
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_image_parse_pieces("fw", &source, 1024, NULL, &image, &taken, &err);
    counting = false;
    assert_int_equal(code == UB_OK, image != NULL);
    ub_image_close(image);
    return code;
}

static void in_pieces(void **state)
{
    (void)state;
    char bytes[4000] = "";
    (void)ub_print(bytes, sizeof(bytes), "S104000041BA\n%1500sS104000243B6\nS70508000101F0\n", "");
    assert_int_equal(parse_pieces(bytes, 0), UB_OK);
    unsigned total = calls;
    assert_true(total >= 8);
    for (unsigned n = 1; n <= total; n++)
        assert_true(parse_pieces(bytes, n) == UB_SYS_MEMORY || n > 3);
}

/** Edits or compares two images with allocation number `n` failing. */
static enum ub_code edit(const struct ub_image *const *images, const struct ub_edit *edit,
                         unsigned n)
{
    struct ub_image *out = NULL;
    struct ub_error err;
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_image_edit(images, 2, edit, &out, &err);
    counting = false;
    assert_int_equal(code == UB_OK, out != NULL);
    ub_image_close(out);
    return code;
}

static enum ub_code diff(const struct ub_image *const *images, const char *family, unsigned n)
{
    struct ub_difference *found = NULL;
    struct ub_image_part *parts = NULL;
    struct ub_error err;
    size_t count;
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_image_diff(images[0], images[1], family, &found, &count, &err);
    if (!code)
        code = ub_image_parts(images[0], family, &parts, &count, &err);
    counting = false;
    free(found);
    free(parts);
    return code;
}

static void editing_and_comparing(void **state)
{
    (void)state;
    static const char one[] = "S3060800000041B0\nS70508000101F0\n";
    static const char two[] = "S3060800000441AC\nS70508000101F0\n";
    struct ub_image *images[] = {open_good("one", one, sizeof(one) - 1),
                                 open_good("two", two, sizeof(two) - 1)};
    const struct ub_image *const *both = (const struct ub_image *const *)images;
    const struct ub_edit change = {.offset = 1, .has_fill = true};
    assert_int_equal(edit(both, &change, 0), UB_OK);
    unsigned total = calls;
    assert_true(total >= 7);
    for (unsigned n = 1; n <= total; n++)
        assert_int_equal(edit(both, &change, n), UB_SYS_MEMORY);
    for (int i = 0; i < 2; i++) {
        const char *family = i ? "stm32f405" : NULL;
        assert_int_equal(diff(both, family, 0), UB_OK);
        total = calls;
        assert_true(total >= 4);
        for (unsigned n = 1; n <= total; n++)
            assert_int_equal(diff(both, family, n), UB_SYS_MEMORY);
    }
    ub_image_close(images[0]);
    ub_image_close(images[1]);
}

static void elf(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("elf-arm.txt", &length);
    every_allocation_fails(file, length, 8);
    free(file);
}

static void uf2(void **state)
{
    (void)state;
    size_t length;
    uint8_t *file = read_dump("uf2conv-bin.txt", &length);
    every_allocation_fails(file, length, 6);
    free(file);
}

/** Saves an image, changed on the way, with allocation number `n` failing. */
static enum ub_code save(const struct ub_image *image, const struct ub_save_options *options,
                         unsigned n)
{
    struct ub_error err;
    calls = 0;
    failing = n;
    counting = true;
    enum ub_code code = ub_image_save(image, "/dev/null/none.dfu", options, &err);
    counting = false;
    return code;
}

/* There is no such folder, so that what does not run out of memory fails to be written. */
static void saving(void **state)
{
    (void)state;
    static const struct ub_save_options options = {
        .format = "dfu", .has_fill = true, .fill = 1, .prefix = "lpc"};
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("fw", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0, (const uint8_t *)"a", 1, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 9, (const uint8_t *)"b", 1, NULL), UB_OK);
    assert_int_equal(ub_image_add_claim(image, UB_CLAIM_VERSION, "test", 0, 0, "1", NULL), UB_OK);
    assert_int_equal(save(image, &options, 0), UB_SYS_WRITE);
    unsigned total = calls;
    assert_true(total >= 6);
    for (unsigned n = 1; n <= total; n++) {
        enum ub_code code = save(image, &options, n);
        assert_true(code == UB_SYS_MEMORY || (code == UB_SYS_WRITE && n > 5));
    }
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw),
        cmocka_unit_test(dfu),
        cmocka_unit_test(dfuse),
        cmocka_unit_test(ihex),
        cmocka_unit_test(elf),
        cmocka_unit_test(uf2),
        cmocka_unit_test(srec),
        cmocka_unit_test(in_pieces),
        cmocka_unit_test(editing_and_comparing),
        cmocka_unit_test(saving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
