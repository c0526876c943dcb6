/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prefixes of LPC and TI bootloaders, with the headers of dfu-prefix 0.11 as known answers. */
#include "image_test.h"

#include "base/bytes.h"
#include "image/prefix.h"

/* dfu-prefix -L -a, and -s 0x2000 -a, of 600 bytes. */
static const uint8_t lpc_of_600[16] = {0x1a, 0x3f, 2, 0, 0,   0,   0,   0,
                                       0,    0,    0, 0, 255, 255, 255, 255};
static const uint8_t ti_of_600[8] = {1, 0, 8, 0, 0x58, 2, 0, 0};

static void what_dfu_prefix_makes(void **state)
{
    (void)state;
    uint8_t head[UB_LPC_PREFIX_LENGTH];
    size_t length = 0;
    assert_int_equal(ub_prefix_make(UB_PREFIX_LPC, 0, 600, head, &length, NULL), UB_OK);
    assert_int_equal(length, 16);
    assert_memory_equal(head, lpc_of_600, 16);
    assert_int_equal(ub_prefix_make(UB_PREFIX_TI, 0x2000, 600, head, &length, NULL), UB_OK);
    assert_int_equal(length, 8);
    assert_memory_equal(head, ti_of_600, 8);
    assert_int_equal(ub_prefix_make(UB_PREFIX_NONE, 0, 600, head, &length, NULL), UB_OK);
    assert_int_equal(length, 0);
    /* Frames of 512 bytes, begun ones counted. */
    assert_int_equal(ub_prefix_make(UB_PREFIX_LPC, 0, 512, head, &length, NULL), UB_OK);
    assert_int_equal(head[2], 1);
    assert_int_equal(ub_prefix_make(UB_PREFIX_LPC, 0, 513, head, &length, NULL), UB_OK);
    assert_int_equal(head[2], 2);
}

static void what_cannot_be_said(void **state)
{
    (void)state;
    uint8_t head[UB_LPC_PREFIX_LENGTH];
    size_t length;
    struct ub_error err;
    assert_int_equal(ub_prefix_make(UB_PREFIX_LPC, 0, 65535 * 512, head, &length, &err), UB_OK);
    assert_int_equal(ub_prefix_make(UB_PREFIX_LPC, 0, 65535 * 512 + 1, head, &length, &err),
                     UB_IMG_UNWRITABLE);
    assert_int_equal(ub_prefix_make(UB_PREFIX_TI, 0x3fffc00, 1, head, &length, &err), UB_OK);
    assert_int_equal(ub_prefix_make(UB_PREFIX_TI, 0x4000000, 1, head, &length, &err),
                     UB_USE_OPTION);
    assert_int_equal(ub_prefix_make(UB_PREFIX_TI, 0x2001, 1, head, &length, &err), UB_USE_OPTION);
    assert_non_null(strstr(err.message, "multiple of 1024"));
    if (SIZE_MAX > UINT32_MAX)
        assert_int_equal(ub_prefix_make(UB_PREFIX_TI, 0, SIZE_MAX, head, &length, &err),
                         UB_IMG_UNWRITABLE);
}

static void words_for_prefixes(void **state)
{
    (void)state;
    enum ub_prefix_kind kind;
    assert_true(ub_prefix_word("lpc", &kind) && kind == UB_PREFIX_LPC);
    assert_true(ub_prefix_word("TI", &kind) && kind == UB_PREFIX_TI);
    assert_true(ub_prefix_word("none", &kind) && kind == UB_PREFIX_NONE);
    assert_false(ub_prefix_word("", &kind));
    assert_false(ub_prefix_word("stellaris", &kind));
}

static void what_is_found(void **state)
{
    (void)state;
    uint8_t bytes[616] = {0};
    memcpy(bytes, lpc_of_600, 16);
    struct ub_prefix p = ub_prefix_find(bytes, 616);
    assert_int_equal(p.kind, UB_PREFIX_LPC);
    assert_int_equal(p.length, 16);
    assert_false(p.encrypted);
    bytes[0] = 0xda; /* as HackRF has it */
    bytes[1] = 0xff;
    assert_int_equal(ub_prefix_find(bytes, 616).kind, UB_PREFIX_LPC);
    bytes[0] = 0x25;
    assert_true(ub_prefix_find(bytes, 616).encrypted);
    assert_int_equal(ub_prefix_find(bytes, 16).kind, UB_PREFIX_NONE); /* nothing behind it */
    static const uint8_t ones[] = {0, 1, 12, 13, 14, 15};
    for (size_t i = 0; i < sizeof(ones); i++) {
        bytes[ones[i]] ^= 0x10;
        assert_int_equal(ub_prefix_find(bytes, 616).length, 0);
        bytes[ones[i]] ^= 0x10;
    }
    memset(bytes, 0, sizeof(bytes));
    memcpy(bytes, ti_of_600, 8);
    p = ub_prefix_find(bytes, 608);
    assert_int_equal(p.kind, UB_PREFIX_TI);
    assert_int_equal(p.length, 8);
    assert_true(p.address == 0x2000);
    assert_int_equal(ub_prefix_find(bytes, 609).kind, UB_PREFIX_NONE); /* of another length */
    assert_int_equal(ub_prefix_find(bytes, 607).kind, UB_PREFIX_NONE);
    for (size_t n = 0; n < 9; n++)
        assert_int_equal(ub_prefix_find(bytes, n).kind, UB_PREFIX_NONE);
    assert_int_equal(ub_prefix_find(NULL, 0).kind, UB_PREFIX_NONE);
    memset(bytes + 4, 0, 4);
    assert_int_equal(ub_prefix_find(bytes, 8).kind, UB_PREFIX_NONE);
}

static void a_prefix_is_a_claim(void **state)
{
    (void)state;
    uint8_t bytes[608] = {0};
    memcpy(bytes, ti_of_600, 8);
    struct ub_image *image = open_good("fw.bin", bytes, 608);
    const struct ub_claim *claim = ub_image_find_claim(image, UB_CLAIM_PREFIX);
    assert_non_null(claim);
    assert_string_equal(claim->text, "ti");
    assert_true(claim->number == 0x2000);
    assert_int_equal(image->segments[0].length, 608); /* it is sent with the rest */
    ub_image_close(image);
    memcpy(bytes, lpc_of_600, 16);
    bytes[0] = 0x25;
    image = open_good("fw.bin", bytes, 608);
    claim = ub_image_find_claim(image, UB_CLAIM_PREFIX);
    assert_string_equal(claim->text, "lpc");
    assert_true(claim->detail == 1);
    ub_image_close(image);
    bytes[0] = 0;
    image = open_good("fw.bin", bytes, 608);
    assert_null(ub_image_find_claim(image, UB_CLAIM_PREFIX));
    ub_image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_dfu_prefix_makes), cmocka_unit_test(what_cannot_be_said),
        cmocka_unit_test(words_for_prefixes),    cmocka_unit_test(what_is_found),
        cmocka_unit_test(a_prefix_is_a_claim),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
