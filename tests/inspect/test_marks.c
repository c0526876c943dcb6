/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* USB device descriptors and build ids among other bytes. */
#include "inspect_test.h"

#include "inspect/marks.h"

/* As they stand in firmware of Debian's packages: toboot, hackrf, the Ubertooth, the NXT. */
static const uint8_t descriptors[][18] = {
    {0x12, 1, 0x10, 0x02, 0, 0, 0, 0x40, 0x09, 0x12, 0xb1, 0x70, 0x01, 0x01, 1, 2, 0, 1},
    {0x12, 1, 0x00, 0x02, 0, 0, 0, 0x40, 0x50, 0x1d, 0x89, 0x60, 0x06, 0x01, 1, 2, 4, 1},
    {0x12, 1, 0x00, 0x02, 0xff, 0, 0, 0x40, 0x50, 0x1d, 0x02, 0x60, 0x06, 0x01, 2, 3, 3, 1},
    {0x12, 1, 0x00, 0x02, 0, 0, 0, 0x08, 0x94, 0x06, 0x02, 0x00, 0x00, 0x00, 0, 0, 1, 1},
};

static const uint16_t expected[][3] = {
    {0x1209, 0x70b1, 0x0101}, {0x1d50, 0x6089, 0x0106}, {0x1d50, 0x6002, 0x0106}, {0x0694, 2, 0}};

static void descriptors_of_real_firmware(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
        for (size_t at = 0; at < 6; at++) {
            uint8_t bytes[64];
            struct ub_usb_ids ids = {0};
            size_t count = 0;
            memset(bytes, 0x12, sizeof(bytes));
            memcpy(bytes + at, descriptors[i], 18);
            assert_true(ub_marks_usb_ids(bytes, sizeof(bytes), &ids, &count));
            assert_int_equal(count, 1);
            assert_int_equal(ids.vid, expected[i][0]);
            assert_int_equal(ids.pid, expected[i][1]);
            assert_int_equal(ids.bcdDevice, expected[i][2]);
        }
    }
}

static void the_last_bytes_of_the_image(void **state)
{
    (void)state;
    struct ub_usb_ids ids = {0};
    size_t count = 0;
    uint8_t *whole = copy_of(descriptors[0], 18);
    assert_true(ub_marks_usb_ids(whole, 18, &ids, &count));
    free(whole);
    for (size_t n = 0; n < 18; n++) {
        uint8_t *cut = copy_of(descriptors[0], n);
        count = 0;
        assert_false(ub_marks_usb_ids(cut, n, &ids, &count));
        free(cut);
    }
}

/* Code that begins like a descriptor, in hackrf_one_usb.bin, nxt_firmware.bin and toboot.bin. */
static void code_is_none(void **state)
{
    (void)state;
    static const uint8_t code[][18] = {
        {0x12, 1, 0x26, 0x05, 0xfb, 0x13, 0x43, 0x14, 0x48, 0, 0x24, 0xa2, 0xf5, 0, 0x72, 0, 0x21,
         0xcd},
        {0x12, 1, 0x1a, 0x60, 0x70, 0x47, 0xc0, 0x46, 0x34, 0xf4, 0xff, 0xff, 0x80, 0x22, 2, 0x4b,
         0x12, 1},
        {0x12, 1, 0xa1, 0xe7, 0, 0x80, 0x0c, 0x40, 0xd0, 0xff, 0x0f, 0xf0, 0, 0x40, 0x0c, 0x40, 0,
         0xe1},
    };
    struct ub_usb_ids ids = {0};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(code) / sizeof(code[0]); i++)
        assert_false(ub_marks_usb_ids(code[i], 18, &ids, &count));
    static const struct {
        size_t at;
        uint8_t to;
    } wrong[] = {{0, 0x11}, {1, 2},     {2, 0x11},  {3, 4},     {4, 0x50}, {7, 0},
                 {7, 63},   {14, 0x21}, {15, 0xff}, {16, 0x80}, {17, 0},   {17, 9}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t bytes[18];
        memcpy(bytes, descriptors[0], 18);
        bytes[wrong[i].at] = wrong[i].to;
        assert_false(ub_marks_usb_ids(bytes, 18, &ids, &count));
    }
    assert_int_equal(count, 0);
}

static void several_must_agree(void **state)
{
    (void)state;
    uint8_t bytes[36];
    struct ub_usb_ids ids = {0};
    size_t count = 0;
    memcpy(bytes, descriptors[0], 18);
    memcpy(bytes + 18, descriptors[0], 18);
    bytes[18 + 12] = 9; /* another release of the same device */
    assert_true(ub_marks_usb_ids(bytes, 36, &ids, &count));
    assert_int_equal(count, 2);
    assert_int_equal(ids.bcdDevice, 0x0101);
    memcpy(bytes + 18, descriptors[1], 18);
    count = 0;
    assert_false(ub_marks_usb_ids(bytes, 36, &ids, &count));
    assert_int_equal(count, 2);
}

static void build_ids(void **state)
{
    (void)state;
    static const char note[] = "\4\0\0\0\x14\0\0\0\3\0\0\0GNU\0"
                               "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14";
    char text[UB_BUILD_ID_TEXT];
    uint8_t bytes[64] = "GNU G GN";
    memcpy(bytes + 20, note, sizeof(note) - 1);
    assert_true(ub_marks_build_id(bytes, sizeof(bytes), text));
    assert_string_equal(text, "0102030405060708090a0b0c0d0e0f1011121314");
    for (size_t n = 0; n < sizeof(note) - 1; n++) {
        uint8_t *cut = copy_of((const uint8_t *)note, n);
        assert_false(ub_marks_build_id(cut, n, text));
        free(cut);
    }
    bytes[20 + 8] = 1; /* the ABI tag, which every program has */
    assert_false(ub_marks_build_id(bytes, sizeof(bytes), text));
    bytes[20 + 8] = 3;
    bytes[20 + 4] = 33;
    assert_false(ub_marks_build_id(bytes, sizeof(bytes), text));
    bytes[20 + 4] = 20;
    bytes[20] = 5;
    assert_false(ub_marks_build_id(bytes, sizeof(bytes), text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_of_real_firmware),
        cmocka_unit_test(the_last_bytes_of_the_image),
        cmocka_unit_test(code_is_none),
        cmocka_unit_test(several_must_agree),
        cmocka_unit_test(build_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
