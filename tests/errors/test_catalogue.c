/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The error catalogue as a program sees it: looking up, texts fit to be shown, and the exit status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "unbrick.h"

static void finds_by_code_id_and_index(void **state)
{
    (void)state;
    const struct ub_explanation *entry = ub_explain(UB_DFU_ERR_USBR);
    assert_non_null(entry);
    assert_string_equal(entry->id, "UB-DFU-012");
    assert_ptr_equal(ub_explain_id("UB-DFU-012"), entry);
    assert_ptr_equal(ub_explain_id("ub-dfu-012"), entry);
    size_t count = 0;
    int last = 0;
    for (const struct ub_explanation *at; (at = ub_explain_at(count)) != NULL; count++) {
        assert_true((int)at->code > last);
        last = (int)at->code;
        assert_ptr_equal(ub_explain(at->code), at);
        assert_ptr_equal(ub_explain_id(at->id), at);
    }
    assert_true(count > 80);
    assert_null(ub_explain_at(count + 1));
    assert_null(ub_explain_at(SIZE_MAX));
}

static void knows_what_does_not_exist(void **state)
{
    (void)state;
    assert_null(ub_explain(UB_OK));
    assert_null(ub_explain((enum ub_code)416));
    assert_null(ub_explain((enum ub_code)99999));
    assert_null(ub_explain_id(NULL));
    assert_null(ub_explain_id(""));
    assert_null(ub_explain_id("UB-DFU-12"));
    assert_null(ub_explain_id("UB-DFU-0122"));
    assert_null(ub_explain_id("UB-DFU-012 "));
}

static void the_id_is_the_number(void **state)
{
    (void)state;
    static const char *const domains[] = {"?",   "USE", "DEV", "USB", "DFU", "IMG", "MEM",
                                          "VER", "VLT", "SYS", "SIM", "TRU", "NET"};
    for (size_t i = 0; ub_explain_at(i); i++) {
        const struct ub_explanation *entry = ub_explain_at(i);
        const unsigned code = (unsigned)entry->code;
        assert_true(code / 100 < sizeof(domains) / sizeof(domains[0]));
        char id[32];
        (void)snprintf(id, sizeof(id), "UB-%s-%03u", domains[code / 100], code % 100);
        assert_string_equal(entry->id, id);
    }
}

static void check_line(const struct ub_explanation *entry, const char *line)
{
    if (line && line[0] != '\0' && strlen(line) < 200 && !strchr(line, '\n') &&
        !strstr(line, "LIBUSB_"))
        return;
    fail_msg("%s: not a line for a person: \"%s\"", entry->id, line ? line : "(null)");
}

static void every_text_is_fit_to_be_shown(void **state)
{
    (void)state;
    for (size_t i = 0; ub_explain_at(i); i++) {
        const struct ub_explanation *entry = ub_explain_at(i);
        check_line(entry, entry->title);
        check_line(entry, entry->meaning);
        assert_true(strlen(entry->title) <= 80);
        assert_non_null(entry->causes[0]);
        assert_non_null(entry->next[0]);
        for (size_t n = 0; entry->causes[n]; n++)
            check_line(entry, entry->causes[n]);
        for (size_t n = 0; entry->next[n]; n++)
            check_line(entry, entry->next[n]);
    }
}

/* What the exit status says about the device must be true whatever it was left as. */
static void the_status_never_lies(void **state)
{
    (void)state;
    for (size_t i = 0; ub_explain_at(i); i++) {
        const struct ub_explanation *entry = ub_explain_at(i);
        const enum ub_code code = entry->code;
        assert_int_equal(ub_exit_status(code, UB_LEFT_UNTOUCHED), entry->status);
        assert_int_equal(ub_exit_status(code, UB_LEFT_UNCHANGED), entry->status);
        if (code == UB_SYS_INTERRUPTED)
            continue;
        assert_int_equal(ub_exit_status(code, UB_LEFT_INCOMPLETE), 8);
        assert_true(ub_exit_status(code, UB_LEFT_DONE) >= 9);
    }
}

static void the_status_by_class(void **state)
{
    (void)state;
    static const struct {
        enum ub_code code;
        enum ub_left left;
        int status;
    } rows[] = {
        {UB_OK, UB_LEFT_UNTOUCHED, 0},
        {UB_OK, UB_LEFT_DONE, 0},
        {UB_USE_OPTION, UB_LEFT_UNTOUCHED, 2},
        {UB_USE_DECLINED, UB_LEFT_UNCHANGED, 7},
        {UB_DEV_NONE, UB_LEFT_UNTOUCHED, 3},
        {UB_DEV_SEVERAL, UB_LEFT_UNTOUCHED, 3},
        {UB_DEV_ACCESS, UB_LEFT_UNTOUCHED, 4},
        {UB_DEV_BUSY, UB_LEFT_UNTOUCHED, 4},
        {UB_IMG_SUFFIX_CRC, UB_LEFT_UNTOUCHED, 5},
        {UB_MEM_OUTSIDE, UB_LEFT_UNCHANGED, 5},
        {UB_MEM_IRREVERSIBLE, UB_LEFT_UNCHANGED, 6},
        {UB_MEM_NO_BACKUP, UB_LEFT_UNCHANGED, 6},
        {UB_MEM_NEIGHBOURS, UB_LEFT_UNCHANGED, 6},
        {UB_MEM_ERASE_ALL, UB_LEFT_UNTOUCHED, 6},
        {UB_USB_STALL, UB_LEFT_UNTOUCHED, 7},
        {UB_DFU_ERR_WRITE, UB_LEFT_UNCHANGED, 7},
        {UB_DFU_ERR_WRITE, UB_LEFT_INCOMPLETE, 8},
        {UB_VER_MISMATCH, UB_LEFT_UNTOUCHED, 9},
        {UB_VER_MISMATCH, UB_LEFT_UNCHANGED, 9},
        {UB_VER_NOT_WRITTEN, UB_LEFT_INCOMPLETE, 8},
        {UB_SYS_DISK_FULL, UB_LEFT_UNTOUCHED, 10},
        {UB_VLT_DAMAGED, UB_LEFT_UNTOUCHED, 10},
        {UB_SYS_INTERRUPTED, UB_LEFT_UNTOUCHED, 130},
        {UB_SYS_INTERRUPTED, UB_LEFT_INCOMPLETE, 130},
        {(enum ub_code)99999, UB_LEFT_UNTOUCHED, 10},
        {(enum ub_code)99999, UB_LEFT_INCOMPLETE, 8},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const int status = ub_exit_status(rows[i].code, rows[i].left);
        if (status != rows[i].status)
            fail_msg("code %d left %d: status %d, expected %d", (int)rows[i].code,
                     (int)rows[i].left, status, rows[i].status);
    }
}

static void the_version_is_that_of_the_header(void **state)
{
    (void)state;
    char version[32];
    (void)snprintf(version, sizeof(version), "%d.%d.%d", UB_VERSION_MAJOR, UB_VERSION_MINOR,
                   UB_VERSION_PATCH);
    assert_string_equal(ub_version(), version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_code_id_and_index),
        cmocka_unit_test(knows_what_does_not_exist),
        cmocka_unit_test(the_id_is_the_number),
        cmocka_unit_test(every_text_is_fit_to_be_shown),
        cmocka_unit_test(the_status_never_lies),
        cmocka_unit_test(the_status_by_class),
        cmocka_unit_test(the_version_is_that_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
