/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The record of a backup: printed, read again, and refused when it is not one. */
#define _GNU_SOURCE
#include "vault_fixture.h"

#include "vault/record.h"

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* A good record, piece by piece, so that a test can replace one piece of it. */
#define HEAD    "{\"format\":\"unbrick-backup\",\"version\":1,\"unbrick\":\"0.1.0\","
#define CREATED "\"created\":\"2026-11-22T10:11:12Z\","
#define READ    "\"readings\":2,"
#define DEVICE                                                                                     \
    "\"device\":{\"port\":\"1-4.2\",\"vid\":\"0483\",\"pid\":\"df11\",\"bcdDevice\":\"2200\","     \
    "\"mode\":\"dfu\",\"family\":\"STM32F405\",\"protocol\":\"DfuSe 1.1a\","                       \
    "\"manufacturer\":\"\",\"product\":\"STM32\",\"serial\":\"1\"},"
#define PART(alt, address, length)                                                                 \
    "{\"alt\":" alt ",\"name\":\"Flash\",\"address\":\"" address "\",\"length\":" length           \
    ",\"sha256\":\"" DIGEST "\"}"
#define ANY_PART                                                                                   \
    "{\"alt\":%u,\"name\":\"%s\",\"address\":\"0x%x\",\"length\":1,\"sha256\":\"" DIGEST "\"}"
#define GOOD_PART   PART("0", "0x08000000", "1024")
#define PARTS(list) "\"parts\":[" list "]}"

static enum ub_code parse(const char *text, struct ub_error *err)
{
    struct ub_backup_info info;
    enum ub_code code = ub_record_parse(text, strlen(text), &info, err);
    free(info.parts);
    return code;
}

static void a_good_record(void **state)
{
    (void)state;
    struct ub_backup_info info;
    const char *text = HEAD CREATED READ DEVICE PARTS(GOOD_PART);
    assert_int_equal(ub_record_parse(text, strlen(text), &info, NULL), UB_OK);
    assert_int_equal(info.part_count, 1);
    assert_int_equal(info.length, 1024);
    assert_int_equal(info.parts[0].address, 0x08000000);
    assert_int_equal(info.parts[0].sha256[31], 0xff);
    assert_string_equal(info.id, "");
    assert_string_equal(info.transport, "libusb"); /* as all were before it was told */
    free(info.parts);
    text = HEAD CREATED "\"transport\":\"replay\"," READ DEVICE PARTS(GOOD_PART);
    assert_int_equal(ub_record_parse(text, strlen(text), &info, NULL), UB_OK);
    assert_string_equal(info.transport, "replay");
    free(info.parts);
    /* A part need not have an address. */
    assert_int_equal(parse(HEAD CREATED READ DEVICE PARTS(
                               "{\"alt\":0,\"name\":\"\",\"length\":1,\"sha256\":\"" DIGEST "\"}"),
                           NULL),
                     UB_OK);
}

static void a_newer_version_says_so(void **state)
{
    (void)state;
    struct ub_error err;
    assert_int_equal(parse("{\"format\":\"unbrick-backup\",\"version\":2,\"new\":[]}", &err),
                     UB_VLT_FORMAT);
    assert_non_null(strstr(err.message, "version 2"));
    assert_int_equal(parse("{\"format\":\"unbrick-backup\",\"version\":4294967297}", &err),
                     UB_VLT_FORMAT);
    assert_non_null(strstr(err.message, "version 4294967297"));
}

static void what_is_no_record_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "null",
        "{}",
        "{\"format\":\"other\",\"version\":1}",
        "{\"format\":\"unbrick-backup\"}",
        "{\"format\":\"unbrick-backup\",\"version\":0}",
        "{\"format\":\"unbrick-backup\",\"version\":\"1\"}",
        "{\"format\":\"unbrick-backup\",\"version\":1}",
        HEAD CREATED READ DEVICE "\"parts\":[]}",
        HEAD CREATED READ DEVICE "\"parts\":{}}",
        HEAD CREATED READ DEVICE PARTS("1"),
        HEAD CREATED READ DEVICE "\"extra\":1," PARTS(GOOD_PART),
        HEAD CREATED READ READ DEVICE PARTS(GOOD_PART),
        HEAD CREATED READ PARTS(GOOD_PART),
        HEAD CREATED "\"transport\":1," READ DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"transport\":null," READ DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"transport\":\"\"," READ DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"transport\":\"lib\\nusb\"," READ DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"transport\":\"0123456789abcdef\"," READ DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"readings\":0," DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"readings\":-1," DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"readings\":4294967298," DEVICE PARTS(GOOD_PART),
        HEAD CREATED "\"readings\":1.5," DEVICE PARTS(GOOD_PART),
        HEAD "\"created\":\"yesterday\"," READ DEVICE PARTS(GOOD_PART),
        HEAD "\"created\":\"2026-11-22T10:11:1xZ\"," READ DEVICE PARTS(GOOD_PART),
        HEAD CREATED READ DEVICE PARTS(PART("-1", "0x0", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("256", "0x0", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("4294967296", "0x0", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "08000000", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0K", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x10000000000000000", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0xffffffffffffffff", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "../../etc/passwd", "1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "0")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "-1")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "1.0")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "1073741825")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "9223372036854775807")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "18446744073709551616")),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "1073741824") "," PART("1", "0x0", "1")),
        /* Two parts in one file. */
        HEAD CREATED READ DEVICE PARTS(GOOD_PART "," GOOD_PART),
        HEAD CREATED READ DEVICE PARTS(PART("0", "0x0", "1") "," PART("0", "0x00", "1")),
        /* Texts: a control character, a NUL, a digest that is too short. */
        HEAD CREATED READ DEVICE PARTS("{\"alt\":0,\"name\":\"a\\u001b[31m\",\"length\":1,"
                                       "\"sha256\":\"" DIGEST "\"}"),
        HEAD CREATED READ DEVICE PARTS("{\"alt\":0,\"name\":\"a\\u0000b\",\"length\":1,"
                                       "\"sha256\":\"" DIGEST "\"}"),
        HEAD CREATED READ DEVICE PARTS("{\"alt\":0,\"name\":\"a\",\"length\":1,"
                                       "\"sha256\":\"00\"}"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct ub_error err;
        enum ub_code code = parse(bad[i], &err);
        if (code != UB_VLT_FORMAT)
            fail_msg("taken, or another error (%d): %s", (int)code, bad[i]);
        assert_true(strlen(err.message) > 0);
    }
}

static void a_message_shows_no_control_characters(void **state)
{
    (void)state;
    struct ub_error err;
    assert_int_equal(parse("{ \x1b[31m }", &err), UB_VLT_FORMAT);
    assert_null(strchr(err.message, '\x1b'));
}

static void overlong_texts_and_lists_are_refused(void **state)
{
    (void)state;
    static char text[UB_RECORD_MAX];
    char name[UB_STRING_TEXT + 1];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    for (unsigned fits = 0; fits < 2; fits++) {
        text[0] = '\0';
        (void)ub_append(text, sizeof(text), HEAD CREATED READ DEVICE "\"parts\":[");
        (void)ub_append(text, sizeof(text), ANY_PART, 0u, name + fits, 0u);
        (void)ub_append(text, sizeof(text), "]}");
        assert_int_equal(parse(text, NULL), fits ? UB_OK : UB_VLT_FORMAT);
    }
    for (unsigned count = UB_RECORD_PARTS_MAX; count <= UB_RECORD_PARTS_MAX + 1; count++) {
        text[0] = '\0';
        (void)ub_append(text, sizeof(text), HEAD CREATED READ DEVICE "\"parts\":[");
        for (unsigned i = 0; i < count; i++) {
            (void)ub_append(text, sizeof(text), i ? "," : "");
            (void)ub_append(text, sizeof(text), ANY_PART, 0u, "n", i);
        }
        (void)ub_append(text, sizeof(text), "]}");
        assert_int_equal(parse(text, NULL), count <= UB_RECORD_PARTS_MAX ? UB_OK : UB_VLT_FORMAT);
    }
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static char text[100001];
    memset(text, '[', sizeof(text) - 1);
    assert_int_equal(parse(text, NULL), UB_VLT_FORMAT);
}

static void unknown_family_and_protocol_are_no_obstacle(void **state)
{
    (void)state;
    struct ub_backup_info info;
    const char *text = HEAD CREATED READ
        "\"device\":{\"port\":\"\",\"vid\":\"0000\",\"pid\":\"ffff\",\"bcdDevice\":\"0100\","
        "\"mode\":\"runtime\",\"family\":\"XYZ9\",\"protocol\":\"DFU 9\",\"manufacturer\":\"\","
        "\"product\":\"\",\"serial\":\"\"}," PARTS(GOOD_PART);
    assert_int_equal(ub_record_parse(text, strlen(text), &info, NULL), UB_OK);
    assert_string_equal(info.device.family, "");
    assert_string_equal(info.device.protocol, "");
    assert_string_equal(info.device.next_step, "");
    assert_int_equal(info.device.mode, UB_MODE_RUNTIME);
    free(info.parts);
}

static void a_device_with_bad_ids_is_refused(void **state)
{
    (void)state;
    static const char *const ids[] = {"", "483", "00483", "04g3", " 483", "0x48", "-001"};
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        char text[2048];
        assert_true(ub_print(
            text, sizeof(text),
            "%s\"device\":{\"port\":\"\",\"vid\":\"%s\",\"pid\":\"ffff\",\"bcdDevice\":\"0100\","
            "\"mode\":\"dfu\",\"family\":\"\",\"protocol\":\"\",\"manufacturer\":\"\","
            "\"product\":\"\",\"serial\":\"\"},%s",
            HEAD CREATED READ, ids[i], PARTS(GOOD_PART)));
        assert_int_equal(parse(text, NULL), UB_VLT_FORMAT);
    }
}

static void a_file_name_is_derived(void **state)
{
    (void)state;
    char name[UB_PART_NAME];
    struct ub_backup_part part = {.has_address = true, .address = 0x08000000};
    ub_record_part_name(&part, name);
    assert_string_equal(name, "alt0-08000000.bin");
    part = (struct ub_backup_part){.has_address = true, .alt = 255, .address = UINT64_MAX};
    ub_record_part_name(&part, name);
    assert_string_equal(name, "alt255-ffffffffffffffff.bin");
    part = (struct ub_backup_part){.alt = 3, .address = 7};
    ub_record_part_name(&part, name);
    assert_string_equal(name, "alt3.bin");
}

static void strange_texts_of_a_device_can_be_stored(void **state)
{
    (void)state;
    struct ub_backup *backup = make_backup(8, 1);
    struct ub_error err;
    char *text = NULL;
    size_t length = 0;
    (void)ub_print(backup->info.created, sizeof(backup->info.created), "2026-11-22T10:11:12Z");
    memset(backup->info.device.serial, 0xff, sizeof(backup->info.device.serial) - 1);
    (void)ub_print(backup->info.device.product, UB_STRING_TEXT, "\"\\\x1b\n{}%%s");
    assert_int_equal(ub_record_print(&backup->info, &text, &length, &err), UB_OK);
    assert_int_equal(parse(text, &err), UB_OK);
    free(text);
    ub_backup_free(backup);
}

static void a_record_that_could_not_be_read_again_is_not_written(void **state)
{
    (void)state;
    struct ub_backup *backup = make_backup(8, 1);
    struct ub_error err;
    char *text = NULL;
    size_t length = 0;
    (void)ub_print(backup->info.created, sizeof(backup->info.created), "2026-11-22T10:11:12Z");
    backup->info.readings = 0;
    assert_int_equal(ub_record_print(&backup->info, &text, &length, &err), UB_SYS_INTERNAL);
    assert_null(text);
    ub_backup_free(backup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_record),
        cmocka_unit_test(a_newer_version_says_so),
        cmocka_unit_test(what_is_no_record_is_refused),
        cmocka_unit_test(a_message_shows_no_control_characters),
        cmocka_unit_test(overlong_texts_and_lists_are_refused),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(unknown_family_and_protocol_are_no_obstacle),
        cmocka_unit_test(a_device_with_bad_ids_is_refused),
        cmocka_unit_test(a_file_name_is_derived),
        cmocka_unit_test(strange_texts_of_a_device_can_be_stored),
        cmocka_unit_test(a_record_that_could_not_be_read_again_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
