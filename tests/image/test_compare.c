/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two images compared, by ranges of bytes and by the sectors of a family; and the parts into which
 * one falls. */
#include "image_test.h"

#include "family/sectors.h"

/** A range that is expected. */
struct range {
    uint64_t address;
    uint64_t length;
    uint64_t differing;
    char only; /**< '1', '2' or ' ' */
};

static struct ub_image *empty(void)
{
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("fw", &image, NULL), UB_OK);
    return image;
}

static void add(struct ub_image *image, int alt, uint64_t address, const char *bytes)
{
    assert_int_equal(
        ub_image_add(image, alt, true, address, (const uint8_t *)bytes, strlen(bytes), NULL),
        UB_OK);
}

static struct ub_image *make_at(uint64_t address, const char *bytes)
{
    struct ub_image *image = empty();
    add(image, -1, address, bytes);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    return image;
}

/** An image of `length` bytes, all of which are `value`. */
static struct ub_image *make_of(uint64_t address, size_t length, uint8_t value)
{
    struct ub_image *image = empty();
    uint8_t *data = malloc(length);
    assert_non_null(data);
    memset(data, value, length);
    assert_int_equal(ub_image_adopt(image, -1, true, address, data, length, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    return image;
}

static struct ub_image *make_raw(const char *bytes)
{
    return open_good("fw.bin", bytes, strlen(bytes) + 1); /* with the NUL: it is no text */
}

static void expect_one_way(const struct ub_image *a, const struct ub_image *b, const char *family,
                           const struct range *ranges, size_t count, bool swapped)
{
    struct ub_difference *found = NULL;
    size_t found_count = 99;
    assert_int_equal(ub_image_diff(a, b, family, &found, &found_count, NULL), UB_OK);
    for (size_t i = 0; i < found_count && found_count != count; i++)
        print_error("0x%llx %llu %llu\n", (unsigned long long)found[i].address,
                    (unsigned long long)found[i].length, (unsigned long long)found[i].differing);
    assert_int_equal(found_count, count);
    for (size_t i = 0; i < count; i++) {
        bool first = ranges[i].only == (swapped ? '2' : '1');
        bool second = ranges[i].only == (swapped ? '1' : '2');
        assert_true(found[i].address == ranges[i].address);
        assert_true(found[i].length == ranges[i].length);
        assert_true(found[i].differing == ranges[i].differing);
        assert_int_equal(found[i].only_first, first);
        assert_int_equal(found[i].only_second, second);
    }
    free(found);
}

/** Compares both ways and closes both images. */
static void expect(struct ub_image *a, struct ub_image *b, const char *family,
                   const struct range *ranges, size_t count)
{
    expect_one_way(a, b, family, ranges, count, false);
    expect_one_way(b, a, family, ranges, count, true);
    expect_one_way(a, a, family, NULL, 0, false);
    ub_image_close(a);
    ub_image_close(b);
}

#define EXPECT(a_, b_, family_, ...)                                                               \
    do {                                                                                           \
        const struct range ranges[] = {__VA_ARGS__};                                               \
        expect((a_), (b_), (family_), ranges, sizeof(ranges) / sizeof(ranges[0]));                 \
    } while (0)

static void same(struct ub_image *a, struct ub_image *b)
{
    expect(a, b, NULL, NULL, 0);
}

static void equal_images(void **state)
{
    (void)state;
    same(make_at(0x1000, "abcd"), make_at(0x1000, "abcd"));
    same(make_raw("abcd"), make_raw("abcd"));
    same(make_of(0, 100000, 7), make_of(0, 100000, 7));
}

static void ranges_of_bytes(void **state)
{
    (void)state;
    EXPECT(make_at(0x1000, "abcd"), make_at(0x1000, "axyd"), NULL, {0x1001, 2, 2, ' '});
    EXPECT(make_at(0x1000, "abcd"), make_at(0x1000, "xbcy"), NULL, {0x1000, 4, 2, ' '});
    /* 15 equal bytes between are taken together, 16 are not. */
    EXPECT(make_at(0, "a---------------b"), make_at(0, "A---------------B"), NULL, {0, 17, 2, ' '});
    EXPECT(make_at(0, "a----------------b"), make_at(0, "A----------------B"), NULL, {0, 1, 1, ' '},
           {17, 1, 1, ' '});
    EXPECT(make_at(0, "abcdef"), make_at(2, "cd"), NULL, {0, 2, 2, '1'}, {4, 2, 2, '1'});
    EXPECT(make_at(0, "abcd"), make_at(2, "cXef"), NULL, {0, 2, 2, '1'}, {3, 1, 1, ' '},
           {4, 2, 2, '2'});
    EXPECT(make_at(0, "ab"), make_at(0x8000, "cd"), NULL, {0, 2, 2, '1'}, {0x8000, 2, 2, '2'});
    EXPECT(make_at(0, "ab"), make_at(2, "cd"), NULL, {0, 2, 2, '1'}, {2, 2, 2, '2'});
    EXPECT(make_at(UINT64_MAX - 2, "ab"), make_at(UINT64_MAX - 2, "aB"), NULL,
           {UINT64_MAX - 1, 1, 1, ' '});
}

static void without_addresses(void **state)
{
    (void)state;
    EXPECT(make_raw("abcd"), make_raw("abXd"), NULL, {2, 1, 1, ' '});
    /* It is taken to begin where the other one does. */
    struct ub_image *a = make_raw("abcd");
    struct ub_image *b = make_at(0x08000000, "abXd");
    EXPECT(a, b, NULL, {0x08000002, 1, 1, ' '}, {0x08000004, 1, 1, '1'});
}

static void alternate_settings(void **state)
{
    (void)state;
    struct ub_image *a = empty();
    struct ub_image *b = empty();
    add(a, 0, 0, "ab");
    add(a, 1, 0, "cd");
    add(b, 0, 0, "ab");
    add(b, 1, 0, "cX");
    assert_int_equal(ub_image_finish(a, NULL), UB_OK);
    assert_int_equal(ub_image_finish(b, NULL), UB_OK);
    struct ub_difference *found = NULL;
    size_t count = 0;
    assert_int_equal(ub_image_diff(a, b, NULL, &found, &count, NULL), UB_OK);
    assert_int_equal(count, 1);
    assert_int_equal(found[0].alt, 1);
    free(found);
    EXPECT(a, b, NULL, {1, 1, 1, ' '});
    /* A file that names none is for the same ones, whatever their order. */
    a = empty();
    add(a, 0, 0x100, "ab");
    add(a, 1, 0, "cd");
    assert_int_equal(ub_image_finish(a, NULL), UB_OK);
    b = empty();
    add(b, -1, 0x100, "ab");
    add(b, -1, 0, "cX");
    assert_int_equal(ub_image_finish(b, NULL), UB_OK);
    EXPECT(a, b, NULL, {1, 1, 1, ' '});
    /* Two memories at one address: which of them is meant is not guessed. */
    a = empty();
    add(a, 0, 0, "ab");
    add(a, 1, 0, "cd");
    assert_int_equal(ub_image_finish(a, NULL), UB_OK);
    struct ub_image *c = make_at(0, "ab");
    assert_int_equal(ub_image_diff(a, c, NULL, &found, &count, NULL), UB_OK);
    assert_int_equal(count, 3);
    free(found);
    ub_image_close(a);
    ub_image_close(c);
}

#define KIB 1024u

static void sectors_of_a_family(void **state)
{
    (void)state;
    /* STM32F405: 4 sectors of 16 KiB, one of 64, 7 of 128. */
    struct ub_image *a = make_of(0x08000000, 200 * KIB, 0xaa);
    struct ub_image *b = make_of(0x08000000, 200 * KIB, 0xaa);
    b->segments[0].data[0] = 0;
    b->segments[0].data[16 * KIB - 1] = 0;
    b->segments[0].data[16 * KIB] = 0;
    b->segments[0].data[130 * KIB] = 0;
    struct ub_difference *found = NULL;
    size_t count = 0;
    assert_int_equal(ub_image_diff(a, b, "stm32f405", &found, &count, NULL), UB_OK);
    assert_true(found[1].first_at == 0x08004000);
    assert_true(found[2].first_at == 0x08000000 + 130 * KIB);
    free(found);
    EXPECT(a, b, "stm32f405", {0x08000000, 16 * KIB, 2, ' '}, {0x08004000, 16 * KIB, 1, ' '},
           {0x08020000, 128 * KIB, 1, ' '});
    /* What only one of them has differs; a sector only one has bytes in is told as such. */
    EXPECT(make_of(0x08000000, 17 * KIB, 1), make_of(0x08000000, 15 * KIB, 1), "stm32f405",
           {0x08000000, 16 * KIB, KIB, ' '}, {0x08004000, 16 * KIB, KIB, '1'});
    /* Outside of its flash there are no sectors, but bytes. */
    EXPECT(make_at(0x1fffc000, "ab"), make_at(0x1fffc000, "aX"), "stm32f405",
           {0x1fffc001, 1, 1, ' '});
    EXPECT(make_of(0x07ffff00, 512, 1), make_of(0x07ffff00, 512, 2), "stm32f405",
           {0x07ffff00, 256, 256, ' '}, {0x08000000, 16 * KIB, 256, ' '});
    EXPECT(make_of(0x080fff00, 512, 1), make_of(0x080fff00, 512, 2), "stm32f405",
           {0x080e0000, 128 * KIB, 256, ' '}, {0x08100000, 256, 256, ' '});
    /* Raw files have no sectors either. */
    EXPECT(make_raw("abcd"), make_raw("abXd"), "stm32f405", {2, 1, 1, ' '});
}

static void families_that_cannot_be_used(void **state)
{
    (void)state;
    struct ub_image *a = make_at(0, "a");
    struct ub_difference *found = NULL;
    struct ub_image_part *parts = NULL;
    size_t count = 0;
    struct ub_error err;
    assert_int_equal(ub_image_diff(a, a, "z80", &found, &count, &err), UB_USE_OPTION);
    assert_non_null(strstr(err.message, "no family is called z80"));
    assert_int_equal(ub_image_parts(a, "z80", &parts, &count, &err), UB_USE_OPTION);
    size_t without = 0;
    for (size_t i = 0; ub_family_at(i); i++) {
        const struct ub_family *family = ub_family_at(i);
        if (family->layout || !family->word)
            continue;
        without++;
        assert_int_equal(ub_image_diff(a, a, family->word, &found, &count, &err), UB_USE_OPTION);
        assert_non_null(strstr(err.message, "are not known"));
    }
    assert_true(without > 0);
    assert_null(found);
    ub_image_close(a);
}

/** In every family whose sectors are known, walking sector by sector and bank by bank meets each
 * address once. */
static void sectors_and_banks_follow_each_other(void **state)
{
    (void)state;
    for (size_t i = 0; ub_family_at(i); i++) {
        const struct ub_family *family = ub_family_at(i);
        struct ub_family_span span;
        if (!family->layout)
            continue;
        uint64_t address = family->layout[0].address;
        for (unsigned steps = 0; steps < 3000 && ub_family_sector(family, address, &span);
             steps++) {
            struct ub_family_span last;
            assert_true(span.address == address && span.length > 0);
            assert_true(ub_family_sector(family, address + span.length - 1, &last));
            assert_true(last.address == address && last.length == span.length);
            address += span.length;
        }
        address = family->layout[0].address;
        assert_false(ub_family_bank(family, address - 1, &span));
        unsigned banks = 0;
        for (; ub_family_bank(family, address, &span); banks++) {
            assert_true(span.address == address);
            address += span.length;
        }
        assert_true(banks == 1 || banks == 2);
        assert_false(ub_family_sector(family, address, &span));
    }
}

static void expect_part(const struct ub_image_part *part, int alt, uint64_t address,
                        uint64_t length)
{
    assert_int_equal(part->alt, alt);
    assert_true(part->address == address);
    assert_true(part->length == length);
}

static void parts(void **state)
{
    (void)state;
    struct ub_image_part *found = NULL;
    size_t count = 0;
    struct ub_image *image = make_of(0x080ffff0, 0x20, 1);
    add(image, -1, 0x08000000, "abcd");
    add(image, -1, 0x08100100, "efgh");
    add(image, -1, 0x1fffc000, "ij");
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    assert_int_equal(ub_image_parts(image, NULL, &found, &count, NULL), UB_OK);
    assert_int_equal(count, 4);
    expect_part(&found[1], -1, 0x080ffff0, 0x20);
    assert_true(found[1].has_address);
    free(found);
    /* Two banks of 1 MiB each, and option bytes, which are neither. */
    assert_int_equal(ub_image_parts(image, "stm32f767", &found, &count, NULL), UB_OK);
    assert_int_equal(count, 3);
    expect_part(&found[0], -1, 0x08000000, 0x100000);
    expect_part(&found[1], -1, 0x08100000, 0x104);
    expect_part(&found[2], -1, 0x1fffc000, 2);
    free(found);
    ub_image_close(image);
    image = make_raw("abcd");
    assert_int_equal(ub_image_parts(image, "stm32f767", &found, &count, NULL), UB_OK);
    assert_int_equal(count, 1);
    assert_false(found[0].has_address);
    expect_part(&found[0], -1, 0, 5);
    free(found);
    ub_image_close(image);
    image = empty();
    add(image, 0, 0x08000000, "ab");
    add(image, 1, 0x08000000, "cd");
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    assert_int_equal(ub_image_parts(image, "stm32f767", &found, &count, NULL), UB_OK);
    assert_int_equal(count, 2);
    expect_part(&found[1], 1, 0x08000000, 2);
    free(found);
    ub_image_close(image);
}

/** A million differences and a million pieces are told in a moment. */
static void nothing_takes_long(void **state)
{
    (void)state;
    enum { COUNT = 1 << 18 };
    struct ub_image *a = make_of(0, 17 * COUNT, 1);
    struct ub_image *b = make_of(0, 17 * COUNT, 1);
    for (size_t i = 0; i < COUNT; i++)
        b->segments[0].data[17 * i] = 2;
    struct ub_difference *found = NULL;
    size_t count = 0;
    assert_int_equal(ub_image_diff(a, b, NULL, &found, &count, NULL), UB_OK);
    assert_int_equal(count, COUNT);
    free(found);
    ub_image_close(b);
    b = empty();
    for (uint64_t i = 0; i < COUNT; i++)
        add(b, -1, 34 * i, "\1");
    assert_int_equal(ub_image_finish(b, NULL), UB_OK);
    assert_int_equal(ub_image_diff(a, b, NULL, &found, &count, NULL), UB_OK);
    assert_int_equal(count, COUNT);
    free(found);
    ub_image_close(a);
    ub_image_close(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_images),
        cmocka_unit_test(ranges_of_bytes),
        cmocka_unit_test(without_addresses),
        cmocka_unit_test(alternate_settings),
        cmocka_unit_test(sectors_of_a_family),
        cmocka_unit_test(families_that_cannot_be_used),
        cmocka_unit_test(sectors_and_banks_follow_each_other),
        cmocka_unit_test(parts),
        cmocka_unit_test(nothing_takes_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
