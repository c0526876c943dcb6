/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* DfuSe files, with one made by dfu-util's dfuse-pack as the known answer: two targets, the first
 * with two elements. Offsets below are into that file. */
#include "image_test.h"

#include "base/bytes.h"
#include "image/dfu_suffix.h"

#define OFFSET_VERSION   5u
#define OFFSET_SIZE      6u
#define OFFSET_TARGETS   10u
#define OFFSET_TARGET_1  11u
#define OFFSET_ELEMENT_1 (OFFSET_TARGET_1 + 274u)
#define OFFSET_ELEMENT_2 (OFFSET_ELEMENT_1 + 8u + 40u)
#define OFFSET_TARGET_2  (OFFSET_ELEMENT_2 + 8u + 24u)
#define OFFSET_SUFFIX    (OFFSET_TARGET_2 + 274u + 8u + 16u)
#define TARGET_ALT       6u
#define TARGET_NAMED     7u
#define TARGET_NAME      11u
#define TARGET_SIZE      266u
#define TARGET_ELEMENTS  270u

struct file {
    uint8_t *bytes;
    size_t length;
};

static int load(void **state)
{
    struct file *f = calloc(1, sizeof(*f));
    if (!f)
        return -1;
    f->bytes = read_dump("dfuse-pack.txt", &f->length);
    *state = f;
    return f->length == OFFSET_SUFFIX + 16 ? 0 : -1;
}

static int unload(void **state)
{
    struct file *f = *state;
    free(f->bytes);
    free(f);
    return 0;
}

/** Makes the CRC right again, so that the structure behind it is what is looked at. */
static void seal(struct file *f)
{
    ub_put_u32le(f->bytes + f->length - 4, ub_dfu_crc(f->bytes, f->length - 4));
}

static void refused(struct file *f, const char *words)
{
    seal(f);
    expect_refused("o.dfu", f->bytes, f->length, UB_IMG_DFUSE, words);
}

static void expect_known_content(const struct ub_image *image)
{
    assert_int_equal(image->segment_count, 3);
    expect_segment(image, 0, 0, 0x08000000, 40);
    expect_segment(image, 1, 0, 0x08004000, 24);
    expect_segment(image, 2, 1, 0x1fffc000, 16);
    expect_piece(image->segments[0].data, 'a', 0, 40);
    expect_piece(image->segments[1].data, 'b', 0, 24);
    expect_piece(image->segments[2].data, 'c', 0, 16);
}

static void a_file_made_by_dfuse_pack(void **state)
{
    struct file *f = *state;
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    struct ub_image_info info;
    ub_image_info(image, &info);
    assert_string_equal(info.format, "dfuse");
    assert_true(info.has_ids);
    assert_int_equal(info.vid, 0x1209);
    assert_int_equal(info.pid, 0x70b1);
    assert_int_equal(info.bcdDevice, 0);
    assert_int_equal(info.length, 80);
    assert_string_equal(info.target_name, "ST...");
    expect_known_content(image);
    ub_image_close(image);
}

static void written_again_it_says_the_same(void **state)
{
    struct file *f = *state;
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    uint8_t *bytes = NULL;
    size_t length = 0;
    const struct ub_format *format = ub_format_for_image("x.dfu", image);
    assert_int_equal(format->write(image, NULL, &bytes, &length, NULL), UB_OK);
    assert_int_equal(length, f->length);
    /* dfuse-pack counts the suffix in DFUImageSize. */
    uint32_t size = (uint32_t)f->length - 16;
    ub_put_u32le(f->bytes + OFFSET_SIZE, size);
    seal(f);
    assert_memory_equal(bytes, f->bytes, length);
    struct ub_image *again = open_good("o.dfu", bytes, length);
    expect_known_content(again);
    assert_string_equal(again->target_name, "ST...");
    free(bytes);
    ub_image_close(again);
    ub_image_close(image);
}

static void both_readings_of_the_image_size(void **state)
{
    struct file *f = *state;
    ub_put_u32le(f->bytes + OFFSET_SIZE, (uint32_t)f->length - 16);
    seal(f);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    ub_image_close(image);
    ub_put_u32le(f->bytes + OFFSET_SIZE, (uint32_t)f->length - 15);
    refused(f, "byte 6: the DfuSe prefix says that the file has 664 bytes; it has 679, and 663");
}

static void the_prefix(void **state)
{
    struct file *f = *state;
    f->bytes[OFFSET_VERSION] = 2;
    refused(f, "byte 5: DfuSe format version 2");
    f->bytes[OFFSET_VERSION] = 1;
    f->bytes[0] = 'd';
    refused(f, "does not begin with \"DfuSe\"");
    f->bytes[0] = 'D';
    f->bytes[OFFSET_TARGETS] = 3;
    refused(f, "byte 663: the header of target 3 of 3 needs 274 bytes, but 0 are left");
    f->bytes[OFFSET_TARGETS] = 1;
    refused(f, "byte 365: 298 bytes are left over between the last of 1 targets and the suffix");
    f->bytes[OFFSET_TARGETS] = 2;
    f->bytes[OFFSET_SUFFIX + 6] = 0x00;
    refused(f, "bcdDFU 0x0100; expected 0x011a");
}

static void the_targets(void **state)
{
    struct file *f = *state;
    uint8_t *target = f->bytes + OFFSET_TARGET_2;
    target[0] = 't';
    refused(f, "byte 365: target 2 of 2 should begin here with \"Target\"");
    target[0] = 'T';
    ub_put_u32le(target + TARGET_SIZE, 25);
    refused(f, "byte 365: the content of target 2 of 2 needs 25 bytes, but 24 are left");
    ub_put_u32le(target + TARGET_SIZE, UINT32_MAX);
    refused(f, "needs 4294967295 bytes");
    ub_put_u32le(target + TARGET_SIZE, 23);
    refused(f, "byte 639: an element of target 2 of 2 needs 16 bytes, but 15 are left");
    ub_put_u32le(target + TARGET_SIZE, 24);
    ub_put_u32le(target + TARGET_ELEMENTS, 2);
    refused(f, "byte 663: an element of target 2 of 2 needs 8 bytes, but 0 are left");
    ub_put_u32le(target + TARGET_ELEMENTS, UINT32_MAX);
    refused(f, "needs 8 bytes");
    ub_put_u32le(target + TARGET_ELEMENTS, 0);
    refused(f, "24 bytes are left over behind the 0 elements of target 2 of 2");
    ub_put_u32le(target + TARGET_ELEMENTS, 1);
    seal(f);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    ub_image_close(image);
}

static void the_elements(void **state)
{
    struct file *f = *state;
    uint8_t *element = f->bytes + OFFSET_ELEMENT_2;
    ub_put_u32le(element + 4, 25);
    refused(f, "an element of target 1 of 2 needs 25 bytes, but 24 are left");
    ub_put_u32le(element + 4, UINT32_MAX);
    refused(f, "needs 4294967295 bytes, but 24");
    ub_put_u32le(element + 4, 24);
    ub_put_u32le(element, 0xffffffe9);
    refused(f, "24 bytes at 0xffffffe9 runs past 0xffffffff");
    ub_put_u32le(element, 0xffffffe8); /* the last 24 bytes there are */
    seal(f);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    expect_segment(image, 1, 0, 0xffffffe8, 24);
    ub_image_close(image);
}

static void elements_in_any_order_touching_or_overlapping(void **state)
{
    struct file *f = *state;
    uint8_t *element = f->bytes + OFFSET_ELEMENT_2;
    ub_put_u32le(element, 0x08000028); /* right behind the first */
    seal(f);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    assert_int_equal(image->segment_count, 2);
    expect_segment(image, 0, 0, 0x08000000, 64);
    expect_piece(image->segments[0].data + 40, 'b', 0, 24);
    ub_image_close(image);
    ub_put_u32le(element, 0x07fffff0); /* before it and into it */
    seal(f);
    expect_refused("o.dfu", f->bytes, f->length, UB_IMG_OVERLAP,
                   "0x08000000 to 0x08000007 of alternate setting 0 is there twice");
    ub_put_u32le(element, 0x07ffffe8);
    seal(f);
    image = open_good("o.dfu", f->bytes, f->length);
    expect_segment(image, 0, 0, 0x07ffffe8, 64);
    ub_image_close(image);
}

static void two_targets_for_one_alternate_setting(void **state)
{
    struct file *f = *state;
    f->bytes[OFFSET_TARGET_2 + TARGET_ALT] = 0;
    seal(f);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    expect_segment(image, 2, 0, 0x1fffc000, 16);
    ub_image_close(image);
}

static void names_are_taken_only_when_named_and_tamed(void **state)
{
    struct file *f = *state;
    uint8_t *target = f->bytes + OFFSET_TARGET_1;
    memset(target + TARGET_NAME, 'n', 255); /* without its NUL */
    memcpy(target + TARGET_NAME, "\x1b[2J", 4);
    seal(f);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    assert_memory_equal(image->target_name, "?[2Jnnn", 7);
    assert_int_equal(strlen(image->target_name), UB_STRING_TEXT - 1);
    ub_image_close(image);
    ub_put_u32le(target + TARGET_NAMED, 0);
    seal(f);
    image = open_good("o.dfu", f->bytes, f->length);
    assert_string_equal(image->target_name, "");
    ub_image_close(image);
}

static void nothing_inside(void **state)
{
    (void)state;
    uint8_t bytes[11 + 16] = "DfuSe\1\x0b";
    struct file f = {.bytes = bytes, .length = sizeof(bytes)};
    ub_put_u16le(bytes + 17, UB_BCD_DFUSE);
    memcpy(bytes + 19, "UFD\x10", 4);
    seal(&f);
    expect_refused("o.dfu", bytes, sizeof(bytes), UB_IMG_EMPTY, "no firmware");
    /* Too short for its prefix. */
    memcpy(bytes + 11, "DfuSe", 5);
    memmove(bytes + 6, bytes + 6, 21);
    f.bytes = bytes + 6;
    f.length = 21;
    refused(&f, "has 5 bytes before its suffix, too few for the DfuSe prefix of 11");
}

static void every_cut_is_refused(void **state)
{
    struct file *f = *state;
    for (size_t n = 1; n < f->length; n++) {
        uint8_t *cut = malloc(n);
        struct ub_image *image = NULL;
        assert_non_null(cut);
        memcpy(cut, f->bytes, n);
        enum ub_code code = ub_image_open_bytes("o.dfu", cut, n, NULL, &image, NULL);
        assert_int_equal(code, n < 5 ? UB_IMG_SUFFIX : UB_IMG_NOT_RAW);
        free(cut);
    }
}

/* With the CRC accepted, every single byte of the structure is at the mercy of the stranger. */
static void every_damaged_byte_is_survived(void **state)
{
    struct file *f = *state;
    struct ub_image_options accept = {.accept_bad_crc = true};
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    unsigned good = 0;
    for (size_t i = 0; i < f->length; i++) {
        uint8_t was = f->bytes[i];
        for (size_t v = 0; v < sizeof(values); v++) {
            struct ub_image *image = NULL;
            f->bytes[i] = values[v];
            if (!ub_image_open_bytes("o.dfu", f->bytes, f->length, &accept, &image, NULL))
                good++;
            ub_image_close(image);
        }
        f->bytes[i] = was;
    }
    assert_true(good > 0);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    expect_known_content(image);
    ub_image_close(image);
}

static void unwritable(struct ub_image *image, const char *words)
{
    struct ub_error err;
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_formats[0]->write(image, NULL, &bytes, &length, &err), UB_IMG_UNWRITABLE);
    assert_non_null(strstr(err.message, words));
    assert_null(bytes);
    ub_image_close(image);
}

static struct ub_image *image_of(int alt, bool has_address, uint64_t address)
{
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("fw", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, alt, has_address, address, (const uint8_t *)"x", 1, NULL),
                     UB_OK);
    return image;
}

static void what_a_dfuse_file_cannot_say(void **state)
{
    (void)state;
    assert_string_equal(ub_formats[0]->name, "dfuse");
    unwritable(image_of(0, false, 0), "does not say where");
    unwritable(image_of(0, true, UINT64_C(0x100000000)), "0x100000000");
    unwritable(image_of(256, true, 0), "alternate setting 256");
    struct ub_image *image = image_of(0, true, 0);
    for (int alt = 1; alt < 256; alt++)
        assert_int_equal(ub_image_add(image, alt, true, 0, (const uint8_t *)"x", 1, NULL), UB_OK);
    unwritable(image, "256 targets");
    image = image_of(UB_IMAGE_ALT_NONE, true, 0x08000000); /* no setting named: the first */
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_formats[0]->write(image, NULL, &bytes, &length, NULL), UB_OK);
    struct ub_image *again = open_good("x.dfu", bytes, length);
    expect_segment(again, 0, 0, 0x08000000, 1);
    assert_int_equal(again->vid, 0xffff);
    free(bytes);
    ub_image_close(again);
    ub_image_close(image);
}

/* As many targets as the format has room for, each with two elements, all with names but one. */
/** One of them has none. */
static void name_target(char name[32], int alt)
{
    name[0] = '\0';
    if (alt != 9)
        (void)ub_print(name, 32, "@Memory %d", alt);
}

static void many_targets_with_their_names(void **state)
{
    (void)state;
    struct ub_image *image = NULL;
    uint8_t *bytes[2] = {NULL, NULL};
    size_t lengths[2];
    char name[32];
    assert_int_equal(ub_image_new("fw", &image, NULL), UB_OK);
    for (int alt = 0; alt < 255; alt++) {
        name_target(name, alt);
        assert_int_equal(ub_image_add(image, alt, true, 0, (const uint8_t *)"x", 1, NULL), UB_OK);
        assert_int_equal(ub_image_add(image, alt, true, 8, (const uint8_t *)"yz", 2, NULL), UB_OK);
        assert_int_equal(
            ub_image_add_claim(image, UB_CLAIM_TARGET, "test", (uint64_t)alt, 0, name, NULL),
            UB_OK);
    }
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    for (size_t i = 0; i < 2; i++) { /* written, read, written again */
        assert_int_equal(ub_formats[0]->write(image, NULL, &bytes[i], &lengths[i], NULL), UB_OK);
        ub_image_close(image);
        image = open_good("many.dfu", bytes[i], lengths[i]);
        assert_int_equal(image->segment_count, 510);
        assert_int_equal(image->claim_count, 255);
        assert_string_equal(image->target_name, "@Memory 0");
        for (int alt = 0; alt < 255; alt++) {
            const struct ub_claim *claim = &image->claims[alt];
            name_target(name, alt);
            assert_int_equal(claim->kind, UB_CLAIM_TARGET);
            assert_true(claim->number == (uint64_t)alt);
            assert_string_equal(claim->text, name);
            expect_segment(image, 2 * (size_t)alt + 1, alt, 8, 2);
        }
    }
    assert_int_equal(lengths[0], lengths[1]);
    assert_memory_equal(bytes[0], bytes[1], lengths[0]);
    ub_image_close(image);
    free(bytes[0]);
    free(bytes[1]);
}

/* The name belongs to its alternate setting, in whatever order the targets stand. */
static void a_name_is_not_given_to_another_target(void **state)
{
    struct file *f = *state;
    f->bytes[OFFSET_TARGET_1 + 6] = 5;
    memset(f->bytes + OFFSET_TARGET_2 + TARGET_NAMED, 0, 4 + 255);
    seal(f);
    struct ub_image *image = open_good("o.dfu", f->bytes, f->length);
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(image->segments[0].alt, 1);
    assert_int_equal(ub_formats[0]->write(image, NULL, &bytes, &length, NULL), UB_OK);
    ub_image_close(image);
    image = open_good("o.dfu", bytes, length);
    assert_int_equal(image->claim_count, 2);
    assert_true(image->claims[0].number == 1);
    assert_string_equal(image->claims[0].text, "");
    assert_true(image->claims[1].number == 5);
    assert_string_equal(image->claims[1].text, "ST...");
    free(bytes);
    ub_image_close(image);
}

/* The ids of a file can be others than the image's own. */
static void ids_that_are_given(void **state)
{
    (void)state;
    const struct ub_save_options options = {
        .has_ids = true, .vid = 0x1234, .pid = 0x5678, .bcdDevice = 0x9abc};
    struct ub_image *image = image_of(0, true, 0);
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_formats[0]->write(image, &options, &bytes, &length, NULL), UB_OK);
    struct ub_image *again = open_good("x.dfu", bytes, length);
    assert_int_equal(again->vid, 0x1234);
    assert_int_equal(again->pid, 0x5678);
    assert_int_equal(again->bcdDevice, 0x9abc);
    free(bytes);
    ub_image_close(again);
    ub_image_close(image);
}

#define WITH_FILE(test) cmocka_unit_test_setup_teardown(test, load, unload)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FILE(a_file_made_by_dfuse_pack),
        WITH_FILE(written_again_it_says_the_same),
        WITH_FILE(both_readings_of_the_image_size),
        WITH_FILE(the_prefix),
        WITH_FILE(the_targets),
        WITH_FILE(the_elements),
        WITH_FILE(elements_in_any_order_touching_or_overlapping),
        WITH_FILE(two_targets_for_one_alternate_setting),
        WITH_FILE(names_are_taken_only_when_named_and_tamed),
        WITH_FILE(every_cut_is_refused),
        WITH_FILE(every_damaged_byte_is_survived),
        cmocka_unit_test(nothing_inside),
        cmocka_unit_test(what_a_dfuse_file_cannot_say),
        cmocka_unit_test(many_targets_with_their_names),
        WITH_FILE(a_name_is_not_given_to_another_target),
        cmocka_unit_test(ids_that_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
