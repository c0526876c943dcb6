/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usb/libusb_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static const struct ub_libusb_name name = {.port = "1-4.2", .vid = 0x0483, .pid = 0xdf11};

static void every_libusb_error_has_a_code(void **state)
{
    (void)state;
    static const struct {
        int rc;
        enum ub_code code;
    } rows[] = {
        {LIBUSB_ERROR_IO, UB_USB_IO},           {LIBUSB_ERROR_INVALID_PARAM, UB_USB_IO},
        {LIBUSB_ERROR_ACCESS, UB_DEV_ACCESS},   {LIBUSB_ERROR_NO_DEVICE, UB_USB_GONE},
        {LIBUSB_ERROR_NOT_FOUND, UB_USB_IO},    {LIBUSB_ERROR_BUSY, UB_DEV_BUSY},
        {LIBUSB_ERROR_TIMEOUT, UB_USB_TIMEOUT}, {LIBUSB_ERROR_OVERFLOW, UB_USB_OVERFLOW},
        {LIBUSB_ERROR_PIPE, UB_USB_STALL},      {LIBUSB_ERROR_INTERRUPTED, UB_USB_IO},
        {LIBUSB_ERROR_NO_MEM, UB_SYS_MEMORY},   {LIBUSB_ERROR_NOT_SUPPORTED, UB_USB_IO},
        {LIBUSB_ERROR_OTHER, UB_USB_IO},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_error err;
        assert_int_equal(ub_libusb_fail(&err, rows[i].rc, &name, "testing"), rows[i].code);
        assert_int_equal(err.code, rows[i].code);
        assert_non_null(strstr(err.message, "1-4.2"));
        assert_non_null(strstr(err.message, libusb_error_name(rows[i].rc)));
        /* never the bare name alone */
        assert_true(strlen(err.message) > strlen(libusb_error_name(rows[i].rc)) + 30);
    }
}

static void refused_access_names_the_rule(void **state)
{
    (void)state;
    struct ub_error err;
    assert_int_equal(ub_libusb_fail(&err, LIBUSB_ERROR_ACCESS, &name, "opening the device"),
                     UB_DEV_ACCESS);
    assert_int_equal(err.depth, 1);
    assert_string_equal(err.context[0],
                        "SUBSYSTEM==\"usb\", ATTR{idVendor}==\"0483\", "
                        "ATTR{idProduct}==\"df11\", MODE=\"0660\", TAG+=\"uaccess\"");
    assert_int_equal(ub_libusb_fail(NULL, LIBUSB_ERROR_ACCESS, &name, "x"), UB_DEV_ACCESS);
}

/* What holds on every computer, with devices or without: the bus can be listed, a port where
 * nothing is cannot be opened, and nothing changes within 1 ms. */
static void bus_of_this_computer(void **state)
{
    (void)state;
    struct ub_transport transport;
    struct ub_usb_list list;
    struct ub_usb_handle *handle;
    struct ub_error err;
    bool changed = true;
    assert_int_equal(ub_transport_libusb(&transport, &err), UB_OK);
    enum ub_code code = transport.ops->enumerate(transport.self, &list, &err);
    if (code == UB_USB_INIT) {
        transport.ops->destroy(transport.self);
        skip();
    }
    assert_int_equal(code, UB_OK);
    for (size_t i = 0; i < list.count; i++)
        assert_non_null(strchr(list.items[i].port, '-'));
    ub_usb_list_free(&list);
    assert_int_equal(transport.ops->open(transport.self, "99-9.9", &handle, &err), UB_DEV_GONE);
    assert_null(handle);
    assert_int_equal(transport.ops->wait_change(transport.self, 1000, &changed, &err), UB_OK);
    assert_false(changed);
    transport.ops->destroy(transport.self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_libusb_error_has_a_code),
        cmocka_unit_test(refused_access_names_the_rule),
        cmocka_unit_test(bus_of_this_computer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
