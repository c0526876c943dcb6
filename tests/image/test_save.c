/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From an image to a file: the choice of the format, and what is changed on the way. */
#define _POSIX_C_SOURCE 200809L
#include "image_test.h"

#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/unbrick-save-XXXXXX";
static const struct ub_save_options replace = {.replace = true};

static const char *in_folder(const char *name)
{
    static char path[128];
    (void)ub_print(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

/** Reads what was saved under that name; the caller closes. */
static struct ub_image *saved(const char *name)
{
    struct ub_image *image = NULL;
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_int_equal(ub_file_read(in_folder(name), 1 << 20, &bytes, &length, NULL), UB_OK);
    image = open_good(name, bytes, length);
    free(bytes);
    assert_int_equal(unlink(in_folder(name)), 0);
    return image;
}

/** Saves, which has to fail with `code` in those words and leave no file. */
static void not_saved(const struct ub_image *image, const char *name,
                      const struct ub_save_options *options, enum ub_code code, const char *words)
{
    struct ub_error err;
    struct stat status;
    enum ub_code found = ub_image_save(image, in_folder(name), options, &err);
    if (found != code || !strstr(err.message, words))
        print_error("%d %s\n", (int)found, err.message);
    assert_int_equal(found, code);
    assert_non_null(strstr(err.message, words));
    assert_int_not_equal(stat(in_folder(name), &status), 0);
    assert_int_equal(ub_image_save(image, in_folder(name), options, NULL), code);
}

/** Two pieces with a gap of two bytes. */
static struct ub_image *two_pieces(void)
{
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("fw", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x100, (const uint8_t *)"\0b", 2, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, -1, true, 0x104, (const uint8_t *)"ef", 2, NULL), UB_OK);
    return image;
}

static void the_format_by_the_ending_or_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *format;
        const char *expected;
    } rows[] = {
        {"a.hex", NULL, "ihex"}, {"a.dfu", NULL, "dfuse"},       {"a.uf2", NULL, "uf2"},
        {"a.UF2", NULL, "uf2"},  {"a.bin", "ihex", "ihex"},      {"a", "dfuse", "dfuse"},
        {"a", "UF2", "uf2"},     {"a.whatever", "ihex", "ihex"},
    };
    struct ub_image *image = two_pieces();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_save_options options = {.format = rows[i].format};
        assert_int_equal(ub_image_save(image, in_folder(rows[i].name), &options, NULL), UB_OK);
        struct ub_image *again = saved(rows[i].name);
        assert_string_equal(again->format->name, rows[i].expected);
        ub_image_close(again);
    }
    not_saved(image, "a.txt", NULL, UB_USE_OPTION,
              "does not end like a format that can be written");
    not_saved(image, "a", NULL, UB_USE_OPTION, "there are dfuse, dfu, uf2, ihex");
    not_saved(image, "a.elf", NULL, UB_USE_OPTION, "does not end like a format");
    not_saved(image, "a.hex", &(struct ub_save_options){.format = "elf"}, UB_USE_OPTION,
              "elf can be read but not written");
    not_saved(image, "a.hex", &(struct ub_save_options){.format = "zip"}, UB_USE_OPTION,
              "zip is no format");
    not_saved(image, "a.bin", NULL, UB_IMG_UNWRITABLE, "2 separate parts");
    ub_image_close(image);
}

static void a_file_is_not_replaced_unasked(void **state)
{
    (void)state;
    struct ub_error err;
    struct ub_image *image = two_pieces();
    assert_int_equal(ub_image_save(image, in_folder("a.hex"), NULL, &err), UB_OK);
    assert_int_equal(ub_image_save(image, in_folder("a.hex"), NULL, &err), UB_SYS_WRITE);
    assert_non_null(strstr(err.message, "is there already"));
    assert_int_equal(ub_image_save(image, in_folder("a.hex"), &replace, &err), UB_OK);
    ub_image_close(saved("a.hex"));
    /* A link that leads nowhere is there, too. */
    assert_int_equal(symlink("nowhere", in_folder("b.hex")), 0);
    assert_int_equal(ub_image_save(image, in_folder("b.hex"), NULL, &err), UB_SYS_WRITE);
    assert_int_equal(unlink(in_folder("b.hex")), 0);
    assert_int_equal(ub_image_save(image, in_folder("none/a.hex"), NULL, &err), UB_SYS_WRITE);
    ub_image_close(image);
}

static void gaps_are_filled(void **state)
{
    (void)state;
    const struct ub_save_options fill = {.has_fill = true, .fill = 0xee};
    struct ub_image *image = two_pieces();
    assert_int_equal(ub_image_save(image, in_folder("a.bin"), &fill, NULL), UB_OK);
    struct ub_image *again = saved("a.bin");
    assert_int_equal(again->segments[0].length, 6);
    assert_memory_equal(again->segments[0].data,
                        "\0b\xee\xee"
                        "ef",
                        6);
    ub_image_close(again);
    assert_int_equal(ub_image_save(image, in_folder("a.hex"), &fill, NULL), UB_OK);
    again = saved("a.hex");
    assert_int_equal(again->segment_count, 1);
    expect_segment(again, 0, -1, 0x100, 6);
    ub_image_close(again);
    assert_int_equal(image->segment_count, 2); /* the image is as it was */
    /* Each alternate setting for itself. */
    assert_int_equal(ub_image_add(image, 1, true, 0x900, (const uint8_t *)"x", 1, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, 1, true, 0x910, (const uint8_t *)"y", 1, NULL), UB_OK);
    assert_int_equal(ub_image_save(image, in_folder("a.dfu"), &fill, NULL), UB_OK);
    again = saved("a.dfu");
    assert_int_equal(again->segment_count, 2);
    expect_segment(again, 0, 0, 0x100, 6);
    expect_segment(again, 1, 1, 0x900, 17);
    ub_image_close(again);
    assert_int_equal(ub_image_add(image, 1, true, 0x90000000, (const uint8_t *)"z", 1, NULL),
                     UB_OK);
    not_saved(image, "a.hex", &fill, UB_IMG_UNWRITABLE, "too far apart to fill");
    ub_image_close(image);
}

static void ids_and_names_go_with_it(void **state)
{
    (void)state;
    const struct ub_save_options options = {
        .has_fill = true, .has_ids = true, .vid = 0x1209, .pid = 0x70b1, .bcdDevice = 0x0102};
    struct ub_image *image = two_pieces();
    assert_int_equal(ub_image_add_claim(image, UB_CLAIM_TARGET, "test", 0, 0, "@Flash", NULL),
                     UB_OK);
    assert_int_equal(ub_image_save(image, in_folder("a.dfu"), &options, NULL), UB_OK);
    struct ub_image *again = saved("a.dfu");
    assert_int_equal(again->vid, 0x1209);
    assert_int_equal(again->pid, 0x70b1);
    assert_int_equal(again->bcdDevice, 0x0102);
    assert_string_equal(again->target_name, "@Flash");
    /* Its own ids are kept when none are given. */
    assert_int_equal(
        ub_image_save(again, in_folder("b.dfu"), &(struct ub_save_options){.has_fill = true}, NULL),
        UB_OK);
    ub_image_close(again);
    again = saved("b.dfu");
    assert_int_equal(again->vid, 0x1209);
    assert_string_equal(again->target_name, "@Flash");
    ub_image_close(again);
    ub_image_close(image);
}

static void prefixes_come_and_go(void **state)
{
    (void)state;
    static const struct ub_save_options lpc = {.prefix = "lpc"};
    static const struct ub_save_options ti = {.prefix = "ti", .prefix_address = 0x4000};
    static const struct ub_save_options none = {.prefix = "none"};
    struct ub_image *image = open_good("fw.bin", "\0abcd", 5);
    assert_int_equal(ub_image_save(image, in_folder("a.dfu"), &lpc, NULL), UB_OK);
    struct ub_image *again = saved("a.dfu");
    assert_int_equal(again->segments[0].length, 21);
    assert_memory_equal(again->segments[0].data, "\x1a\x3f\1\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff",
                        16);
    assert_string_equal(ub_image_find_claim(again, UB_CLAIM_PREFIX)->text, "lpc");
    /* Another one takes its place. */
    assert_int_equal(ub_image_save(again, in_folder("b.bin"), &ti, NULL), UB_OK);
    ub_image_close(again);
    again = saved("b.bin");
    assert_memory_equal(again->segments[0].data, "\1\0\x10\0\5\0\0\0\0abcd", 13);
    assert_true(ub_image_find_claim(again, UB_CLAIM_PREFIX)->number == 0x4000);
    assert_int_equal(ub_image_save(again, in_folder("c.bin"), &none, NULL), UB_OK);
    ub_image_close(again);
    again = saved("c.bin");
    assert_int_equal(again->segments[0].length, 5);
    assert_memory_equal(again->segments[0].data, "\0abcd", 5);
    assert_null(ub_image_find_claim(again, UB_CLAIM_PREFIX));
    /* Where there is none, none is what was asked for. */
    assert_int_equal(ub_image_save(again, in_folder("d.bin"), &none, NULL), UB_OK);
    ub_image_close(again);
    ub_image_close(saved("d.bin"));
    not_saved(image, "a.bin", &(struct ub_save_options){.prefix = "nxp"}, UB_USE_OPTION,
              "nxp is no prefix; there are lpc, ti and none");
    not_saved(image, "a.bin", &(struct ub_save_options){.prefix = "ti", .prefix_address = 5},
              UB_USE_OPTION, "multiple of 1024");
    ub_image_close(image);
    image = two_pieces();
    not_saved(image, "a.hex", &lpc, UB_IMG_UNWRITABLE, "in front of one piece");
    not_saved(image, "a.bin", &lpc, UB_IMG_UNWRITABLE, "in front of one piece");
    assert_int_equal(ub_image_save(image, in_folder("a.hex"), &none, NULL), UB_OK);
    ub_image_close(saved("a.hex"));
    ub_image_close(image);
}

static void formats_that_can_be_written(void **state)
{
    (void)state;
    size_t count = 0;
    for (; ub_image_format_at(count); count++)
        assert_string_not_equal(ub_image_format_at(count), "elf");
    assert_true(count >= 5);
    assert_null(ub_image_format_at(count + 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_format_by_the_ending_or_by_name),
        cmocka_unit_test(a_file_is_not_replaced_unasked),
        cmocka_unit_test(gaps_are_filled),
        cmocka_unit_test(ids_and_names_go_with_it),
        cmocka_unit_test(prefixes_come_and_go),
        cmocka_unit_test(formats_that_can_be_written),
    };
    if (!mkdtemp(folder))
        return 1;
    int status = cmocka_run_group_tests(tests, NULL, NULL);
    if (rmdir(folder) != 0)
        status = 1;
    return status;
}
