/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Images made of others: moved, cropped, merged, filled; and every way in which that cannot be. */
#include "image_test.h"

/** A piece of an image to be made. */
struct piece {
    int alt;
    bool has_address;
    uint64_t address;
    const char *bytes;
};

#define AT(address_, bytes_)                                                                       \
    {                                                                                              \
        .alt = -1, .has_address = true, .address = (address_), .bytes = (bytes_)                   \
    }
#define MAKE(pieces_) make("fw.bin", (pieces_), sizeof(pieces_) / sizeof((pieces_)[0]))

static struct ub_image *make(const char *name, const struct piece *pieces, size_t count)
{
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new(name, &image, NULL), UB_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(ub_image_add(image, pieces[i].alt, pieces[i].has_address,
                                      pieces[i].address, (const uint8_t *)pieces[i].bytes,
                                      strlen(pieces[i].bytes), NULL),
                         UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    return image;
}

static struct ub_image *make_at(uint64_t address, const char *bytes)
{
    const struct piece piece = {.alt = -1, .has_address = true, .address = address, .bytes = bytes};
    return make("fw.bin", &piece, 1);
}

static struct ub_image *make_raw(const char *bytes)
{
    const struct piece piece = {.alt = -1, .bytes = bytes};
    return make("raw.bin", &piece, 1);
}

/** Edits images, which it closes, into one that the caller closes; it must work. */
static struct ub_image *edit_all(struct ub_image **images, size_t count, const struct ub_edit *edit)
{
    struct ub_image *out = NULL;
    struct ub_error err = {0};
    enum ub_code code = ub_image_edit((const struct ub_image *const *)images, count, edit, &out,
                                      &err);
    if (code)
        print_error("%d %s\n", (int)code, err.message);
    assert_int_equal(code, UB_OK);
    for (size_t i = 0; i < count; i++)
        ub_image_close(images[i]);
    return out;
}

static struct ub_image *edit_one(struct ub_image *image, const struct ub_edit *edit)
{
    return edit_all(&image, 1, edit);
}

/** The same, where it must be refused. */
static void refuse_all(struct ub_image **images, size_t count, const struct ub_edit *edit,
                       enum ub_code code, const char *words)
{
    struct ub_image *out = images[0];
    struct ub_error err = {0};
    assert_int_equal(ub_image_edit((const struct ub_image *const *)images, count, edit, &out, &err),
                     code);
    assert_null(out);
    if (!strstr(err.message, words))
        print_error("%s\n", err.message);
    assert_non_null(strstr(err.message, words));
    for (size_t i = 0; i < count; i++)
        ub_image_close(images[i]);
}

static void refuse_one(struct ub_image *image, const struct ub_edit *edit, enum ub_code code,
                       const char *words)
{
    refuse_all(&image, 1, edit, code, words);
}

/** Closes the image, which must be these pieces. */
static void expect(struct ub_image *image, const struct piece *pieces, size_t count)
{
    assert_int_equal(image->segment_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct ub_segment *s = &image->segments[i];
        assert_int_equal(s->alt, pieces[i].alt);
        assert_int_equal(s->has_address, pieces[i].has_address);
        assert_true(s->address == pieces[i].address);
        assert_int_equal(s->length, strlen(pieces[i].bytes));
        assert_memory_equal(s->data, pieces[i].bytes, s->length);
    }
    ub_image_close(image);
}

#define EXPECT(image_, ...)                                                                        \
    do {                                                                                           \
        const struct piece expected[] = {__VA_ARGS__};                                             \
        expect((image_), expected, sizeof(expected) / sizeof(expected[0]));                        \
    } while (0)

static const struct piece two[] = {AT(0x1000, "abcd"), AT(0x1010, "efgh")};

static void nothing_asked_changes_nothing(void **state)
{
    (void)state;
    const struct ub_edit edit = {0};
    struct ub_image *image = edit_one(MAKE(two), &edit);
    assert_string_equal(image->name, "fw.bin");
    expect(image, two, 2);
    image = edit_one(make_raw("xyz"), &edit);
    assert_false(image->segments[0].has_address);
    ub_image_close(image);
}

static void an_image_without_addresses_gets_one(void **state)
{
    (void)state;
    const struct ub_edit edit = {.has_at = true, .at = 0x08000000};
    EXPECT(edit_one(make_raw("xyz"), &edit), AT(0x08000000, "xyz"));
    /* One that has the same already is as it should be. */
    EXPECT(edit_one(make_at(0x08000000, "xyz"), &edit), AT(0x08000000, "xyz"));
    refuse_one(make_at(0x08004000, "xyz"), &edit, UB_IMG_ADDRESS_CONFLICT,
               "fw.bin: begins at 0x08004000 by itself, not at 0x08000000");
}

static void moving(void **state)
{
    (void)state;
    struct ub_edit edit = {.offset = 0x100};
    EXPECT(edit_one(MAKE(two), &edit), AT(0x1100, "abcd"), AT(0x1110, "efgh"));
    edit.offset = -0x1000;
    EXPECT(edit_one(MAKE(two), &edit), AT(0, "abcd"), AT(0x10, "efgh"));
    edit.offset = -0x1001;
    refuse_one(MAKE(two), &edit, UB_IMG_EDIT, "moved by -4097 would leave");
    edit.offset = INT64_MIN;
    refuse_one(MAKE(two), &edit, UB_IMG_EDIT, "would leave the addresses there are");
    EXPECT(edit_one(make_at(UINT64_C(0x8000000000000000), "x"), &edit), AT(0, "x"));
    edit.offset = INT64_MAX;
    EXPECT(edit_one(make_at(UINT64_C(0x7fffffffffffffff), "x"), &edit),
           AT(UINT64_C(0xfffffffffffffffe), "x"));
    refuse_one(make_at(UINT64_C(0x8000000000000000), "xy"), &edit, UB_IMG_EDIT, "would leave");
    refuse_one(make_at(UINT64_C(0x8000000000000001), "x"), &edit, UB_IMG_EDIT, "would leave");
    edit.offset = 1;
    refuse_one(make_raw("xyz"), &edit, UB_IMG_NO_ADDRESS, "raw.bin: does not say where");
    edit.has_at = true; /* the place first, then the move */
    edit.at = 0x20;
    EXPECT(edit_one(make_raw("xyz"), &edit), AT(0x21, "xyz"));
}

static void cropping(void **state)
{
    (void)state;
    struct ub_edit edit = {.crop_from = 0x1002, .crop_length = 0x10};
    EXPECT(edit_one(MAKE(two), &edit), AT(0x1002, "cd"), AT(0x1010, "ef"));
    edit = (struct ub_edit){.crop_from = 0x1010, .crop_length = 1};
    EXPECT(edit_one(MAKE(two), &edit), AT(0x1010, "e"));
    edit = (struct ub_edit){.crop_from = 0x1004, .crop_length = 12};
    refuse_one(MAKE(two), &edit, UB_IMG_EDIT,
               "fw.bin: nothing of it lies in 0x00001004 to 0x0000100f");
    edit = (struct ub_edit){.crop_from = UINT64_MAX, .crop_length = 2};
    refuse_one(MAKE(two), &edit, UB_IMG_EDIT, "leaves the addresses there are");
    edit = (struct ub_edit){.crop_length = UINT64_MAX};
    expect(edit_one(MAKE(two), &edit), two, 2);
    /* Moved first, then cropped. */
    edit = (struct ub_edit){.offset = -0x1000, .crop_from = 1, .crop_length = 2};
    EXPECT(edit_one(MAKE(two), &edit), AT(1, "bc"));
    /* Without addresses, counted from the start. */
    edit = (struct ub_edit){.crop_from = 1, .crop_length = 1};
    struct ub_image *image = edit_one(make_raw("xyz"), &edit);
    assert_false(image->segments[0].has_address);
    assert_int_equal(image->segments[0].length, 1);
    assert_int_equal(image->segments[0].data[0], 'y');
    ub_image_close(image);
}

static void filling(void **state)
{
    (void)state;
    struct ub_edit edit = {.has_fill = true, .fill = '-'};
    EXPECT(edit_one(MAKE(two), &edit), AT(0x1000, "abcd------------efgh"));
    EXPECT(edit_one(make_at(7, "x"), &edit), AT(7, "x"));
    const struct piece settings[] = {{0, true, 0, "ab"},
                                     {0, true, 4, "c"},
                                     {1, true, 2, "d"},
                                     {1, true, 4, "e"},
                                     {1, true, 6, "f"}};
    EXPECT(edit_one(MAKE(settings), &edit), {0, true, 0, "ab--c"}, {1, true, 2, "d-e-f"});
    const struct piece wide[] = {AT(0, "a"), AT(UB_IMAGE_FILE_MAX + 2, "b")};
    refuse_one(MAKE(wide), &edit, UB_IMG_TOO_LARGE,
               "the gap from 0x00000001 to 0x04000001 is too wide to be filled");
    const struct piece four_gib[] = {AT(0, "a"), AT(UINT64_MAX - 1, "b")};
    refuse_one(MAKE(four_gib), &edit, UB_IMG_TOO_LARGE, "too wide");
    /* Many gaps are no more than one. */
    const struct piece sum[] = {AT(0, "a"), AT(0x3000000, "b"), AT(0x6000000, "c")};
    refuse_one(MAKE(sum), &edit, UB_IMG_TOO_LARGE, "too wide");
}

static void merging(void **state)
{
    (void)state;
    struct ub_edit edit = {0};
    struct ub_image *touching[] = {make_at(4, "efgh"), make_at(0, "abcd"), make_at(16, "x")};
    EXPECT(edit_all(touching, 3, &edit), AT(0, "abcdefgh"), AT(16, "x"));
    struct ub_image *overlap[] = {make_at(0, "abcd"), make_at(3, "x")};
    refuse_all(overlap, 2, &edit, UB_IMG_OVERLAP, "0x00000003 to 0x00000003 is there twice");
    /* Cropping comes before the merge, so the overlap can be cut away. */
    edit = (struct ub_edit){.crop_length = 3};
    struct ub_image *cut[] = {make_at(0, "abcd"), make_at(3, "x")};
    EXPECT(edit_all(cut, 2, &edit), AT(0, "abc"));
    edit = (struct ub_edit){.has_at = true, .at = 0x100};
    struct ub_image *mixed[] = {make_at(0, "abcd"), make_raw("x")};
    EXPECT(edit_all(mixed, 2, &edit), AT(0, "abcd"), AT(0x100, "x"));
    edit = (struct ub_edit){0};
    struct ub_image *open[] = {make_at(0, "abcd"), make_raw("x")};
    refuse_all(open, 2, &edit, UB_IMG_NO_ADDRESS, "raw.bin: does not say where its bytes go");
    edit = (struct ub_edit){.has_at = true};
    struct ub_image *both[] = {make_raw("abcd"), make_raw("x")};
    refuse_all(both, 2, &edit, UB_IMG_NO_ADDRESS, "one of several");
    struct ub_image *out = NULL;
    assert_int_equal(ub_image_edit(NULL, 0, &edit, &out, NULL), UB_IMG_EDIT);
}

static void alternate_settings(void **state)
{
    (void)state;
    const struct piece settings[] = {{0, true, 0, "ab"}, {1, true, 0, "cd"}};
    struct ub_edit edit = {.has_alt = true, .alt = 1};
    EXPECT(edit_one(MAKE(settings), &edit), {1, true, 0, "cd"});
    edit.alt = -1;
    refuse_one(MAKE(settings), &edit, UB_IMG_EDIT, "fw.bin: nothing would be left of it");
    /* What names none goes where the other one does, and is not hidden from it. */
    edit = (struct ub_edit){0};
    const struct piece named[] = {{3, true, 0, "ab"}};
    struct ub_image *merged[] = {make_at(2, "x"), MAKE(named)};
    EXPECT(edit_all(merged, 2, &edit), {3, true, 0, "abx"});
    struct ub_image *overlap[] = {make_at(1, "x"), MAKE(named)};
    refuse_all(overlap, 2, &edit, UB_IMG_OVERLAP, "of alternate setting 3");
    struct ub_image *which[] = {MAKE(settings), make_at(8, "x")};
    refuse_all(which, 2, &edit, UB_IMG_EDIT, "names several alternate settings");
}

static struct ub_image *with_entry(uint64_t address, uint64_t entry, uint64_t detail)
{
    struct ub_image *image = make_at(address, "abcd");
    assert_int_equal(
        ub_image_add_claim(image, UB_CLAIM_ENTRY, "Intel HEX", entry, detail, NULL, NULL), UB_OK);
    return image;
}

static void claims_and_ids(void **state)
{
    (void)state;
    struct ub_edit edit = {0};
    struct ub_image *same[] = {with_entry(0, 2, 0), with_entry(8, 2, 0)};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ub_image_add_claim(same[i], UB_CLAIM_VERSION, "manifest", i, 0, "1", NULL),
                         UB_OK);
        same[i]->has_ids = true;
        same[i]->vid = 0x1209;
        same[i]->pid = 0x70b1;
        same[i]->bcdDevice = (uint16_t)i;
    }
    struct ub_image *image = edit_all(same, 2, &edit);
    assert_int_equal(image->claim_count, 1); /* what only one says is not said of both */
    assert_int_equal(image->claims[0].kind, UB_CLAIM_ENTRY);
    assert_true(image->has_ids && image->vid == 0x1209 && image->pid == 0x70b1);
    assert_int_equal(image->bcdDevice, 0xffff);
    ub_image_close(image);
    struct ub_image *other[] = {make_at(0, "a"), make_at(8, "b")};
    other[0]->has_ids = other[1]->has_ids = true;
    other[0]->vid = 0x1209;
    refuse_all(other, 2, &edit, UB_IMG_EDIT, "fw.bin: is for ffff:ffff, and what it is merged");
}

static void the_start_address_moves_along(void **state)
{
    (void)state;
    struct ub_edit edit = {.offset = 0x10};
    struct ub_image *image = edit_one(with_entry(0, 2, UB_IMAGE_ENTRY_SEGMENTED | 2), &edit);
    assert_true(ub_image_find_claim(image, UB_CLAIM_ENTRY)->number == 0x12);
    assert_true(ub_image_find_claim(image, UB_CLAIM_ENTRY)->detail == 0);
    ub_image_close(image);
    edit = (struct ub_edit){.crop_from = 0, .crop_length = 3};
    image = edit_one(with_entry(0, 2, UB_IMAGE_ENTRY_SEGMENTED | 2), &edit);
    assert_true(ub_image_find_claim(image, UB_CLAIM_ENTRY)->detail ==
                (UB_IMAGE_ENTRY_SEGMENTED | 2));
    ub_image_close(image);
    edit.crop_length = 2;
    image = edit_one(with_entry(0, 2, 0), &edit);
    assert_null(ub_image_find_claim(image, UB_CLAIM_ENTRY));
    ub_image_close(image);
}

static void many_pieces_take_no_longer(void **state)
{
    (void)state;
    enum { COUNT = 1 << 18 };
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("fw.bin", &image, NULL), UB_OK);
    for (uint64_t i = COUNT; i > 0; i--)
        assert_int_equal(ub_image_add(image, -1, true, i * 3, (const uint8_t *)"x", 1, NULL),
                         UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    const struct ub_edit edit = {.offset = 1, .has_fill = true, .fill = 0xff};
    image = edit_one(image, &edit);
    assert_int_equal(image->segment_count, 1);
    expect_segment(image, 0, -1, 4, 3 * (COUNT - 1) + 1);
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_asked_changes_nothing),
        cmocka_unit_test(an_image_without_addresses_gets_one),
        cmocka_unit_test(moving),
        cmocka_unit_test(cropping),
        cmocka_unit_test(filling),
        cmocka_unit_test(merging),
        cmocka_unit_test(alternate_settings),
        cmocka_unit_test(claims_and_ids),
        cmocka_unit_test(the_start_address_moves_along),
        cmocka_unit_test(many_pieces_take_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
