/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Espressif's image format: what esptool made is read as esptool says, damaged files are wrong. */
#include "inspect_test.h"

#include "inspect/esp.h"

struct known {
    const char *file;
    unsigned segments;
    uint32_t entry;
    uint16_t chip;
    const char *chip_name;
    const char *version;
    const char *project;
};

/* As esptool image-info says. */
static const struct known files[] = {
    {"esp-c3.bin", 2, 0x40380010, 5, "ESP32-C3", "2.3.4-rc1", "blinker"},
    {"esp-s3-no-hash.bin", 1, 0x40374004, 9, "ESP32-S3", NULL, NULL},
    {"esp-32.bin", 1, 0x40080400, 0, "ESP32", NULL, NULL},
    {"esp-8266.bin", 2, 0x40100004, UB_ESP_CHIP_NONE, "ESP8266", NULL, NULL},
};

static void what_esptool_made(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct ub_esp esp;
        size_t length = 0;
        uint8_t *bytes = read_data(files[i].file, &length);
        print_message("%s\n", files[i].file);
        assert_true(ub_esp_read(bytes, length, &esp));
        assert_int_equal(esp.check, UB_SELF_RIGHT);
        assert_null(esp.why);
        assert_int_equal(esp.segment_count, files[i].segments);
        assert_int_equal(esp.entry, files[i].entry);
        assert_int_equal(esp.chip, files[i].chip);
        assert_string_equal(esp.chip_name, files[i].chip_name);
        assert_int_equal(esp.length, length);
        assert_int_equal(esp.has_description, files[i].version != NULL);
        assert_string_equal(esp.version, files[i].version ? files[i].version : "");
        assert_string_equal(esp.project, files[i].project ? files[i].project : "");
        free(bytes);
    }
}

static void what_follows_does_not_matter(void **state)
{
    (void)state;
    size_t length = 0;
    uint8_t *bytes = read_data("esp-c3.bin", &length);
    uint8_t *padded = malloc(length + 100);
    struct ub_esp esp;
    assert_non_null(padded);
    memcpy(padded, bytes, length);
    memset(padded + length, 0xff, 100);
    assert_true(ub_esp_read(padded, length + 100, &esp));
    assert_int_equal(esp.check, UB_SELF_RIGHT);
    assert_int_equal(esp.length, length);
    free(padded);
    free(bytes);
}

/** With a hash every byte is covered; what is no image of theirs any more is not taken for one. */
static void every_changed_byte_is_seen(void **state)
{
    (void)state;
    size_t length = 0;
    uint8_t *bytes = read_data("esp-c3.bin", &length);
    for (size_t i = 0; i < length; i++) {
        struct ub_esp esp;
        bytes[i] ^= 0x04;
        if (ub_esp_read(bytes, length, &esp)) {
            assert_int_equal(esp.check, UB_SELF_WRONG);
            assert_non_null(esp.why);
        } else {
            assert_true(i < 24);
        }
        bytes[i] ^= 0x04;
    }
    free(bytes);
}

static void the_checksum_alone_is_checked_too(void **state)
{
    (void)state;
    size_t length = 0;
    uint8_t *bytes = read_data("esp-s3-no-hash.bin", &length);
    struct ub_esp esp;
    bytes[40] ^= 1;
    assert_true(ub_esp_read(bytes, length, &esp));
    assert_int_equal(esp.check, UB_SELF_WRONG);
    assert_non_null(strstr(esp.why, "checksum"));
    bytes[40] ^= 1;
    bytes[23] = 1; /* a hash is promised, and there is none */
    assert_true(ub_esp_read(bytes, length, &esp));
    assert_int_equal(esp.check, UB_SELF_WRONG);
    assert_non_null(strstr(esp.why, "hash is missing"));
    free(bytes);
}

static void every_cut_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size_t length = 0;
        uint8_t *bytes = read_data(files[i].file, &length);
        for (size_t n = 0; n < length; n++) {
            uint8_t *cut = copy_of(bytes, n);
            struct ub_esp esp;
            bool read = ub_esp_read(cut, n, &esp);
            if (files[i].chip == UB_ESP_CHIP_NONE)
                assert_false(read); /* it has nothing else to be known by */
            else
                assert_int_equal(read, n >= 24);
            if (read)
                assert_int_equal(esp.check, UB_SELF_WRONG);
            free(cut);
        }
        free(bytes);
    }
}

static void what_is_none(void **state)
{
    (void)state;
    struct ub_esp esp;
    uint8_t bytes[64];
    /* Each field of the header that must be sensible. */
    static const uint8_t good[24] = {0xe9, 1, 2, 0, 0x10, 0, 0x38, 0x40, 0, 0, 0, 0, 5};
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, good, sizeof(good));
    assert_true(ub_esp_read(bytes, sizeof(bytes), &esp));
    static const struct {
        size_t at;
        uint8_t to;
    } wrong[] = {{0, 0xe8}, {1, 0},  {1, 17}, {2, 6}, {7, 0x10},
                 {7, 0x80}, {12, 1}, {13, 1}, {23, 2}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        memcpy(bytes, good, sizeof(good));
        bytes[wrong[i].at] = wrong[i].to;
        if (ub_esp_read(bytes, sizeof(bytes), &esp))
            print_error("row %zu\n", i);
        assert_false(ub_esp_read(bytes, sizeof(bytes), &esp));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_esptool_made),
        cmocka_unit_test(what_follows_does_not_matter),
        cmocka_unit_test(every_changed_byte_is_seen),
        cmocka_unit_test(the_checksum_alone_is_checked_too),
        cmocka_unit_test(every_cut_is_wrong),
        cmocka_unit_test(what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
