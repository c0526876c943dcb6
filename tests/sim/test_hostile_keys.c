/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What each key that makes a device hostile puts on the wire, and that readers of it survive. */
#define _DEFAULT_SOURCE
#include "bench.h"

#include "base/file.h"
#include "sim/usbip.h"
#include "usb/dfu_interface.h"

#include <unistd.h>

#define CONFIG_LENGTH 54u /* of an stm32f405: 9 + 4 * 9 + 9 */

/* The configuration descriptor as a host gets it that asks for `length` bytes. */
static uint16_t read_config(struct bench *b, uint16_t length)
{
    const struct ub_setup setup = {0x80, 6, 0x0200, 0, length};
    assert_int_equal(b->transport.ops->control(b->transport.self, b->handle, &setup, b->data, 1000,
                                               &b->actual, &b->err),
                     UB_OK);
    return b->actual;
}

static uint16_t read_functional(struct bench *b)
{
    const struct ub_setup setup = {0x81, 6, 0x2100, 0, 9};
    assert_int_equal(b->transport.ops->control(b->transport.self, b->handle, &setup, b->data, 1000,
                                               &b->actual, &b->err),
                     UB_OK);
    return b->actual;
}

static void descriptors_are_bent(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        uint16_t sent;      /* bytes of the configuration descriptor */
        uint16_t total;     /* wTotalLength */
        uint8_t interface;  /* bLength of the first interface */
        uint8_t functional; /* bLength of the functional descriptor */
        uint16_t alone;     /* bytes of the functional descriptor when asked for by itself */
    } rows[] = {
        {"descriptor=short", 50, 54, 9, 9, 5},
        {"descriptor=long", 54, 254, 9, 255, 9},
        {"descriptor=zero", 54, 54, 9, 0, 9},
        {"descriptor=loop", 54, 54, 0, 9, 9},
        {"descriptor=cut@1", 1, 0, 0, 0, 9},
        {"descriptor=cut@46", 46, 54, 9, 9, 9},
        {"descriptor=cut@65535", 54, 54, 9, 9, 9},
        {"descriptor=functional@0", 54, 54, 9, 0, 9},
        {"descriptor=functional@7", 54, 54, 9, 7, 7},
        {"descriptor=functional@255", 54, 54, 9, 255, 9},
        {"descriptor=interface@1", 54, 54, 1, 9, 9},
        {"descriptor=interface@255", 54, 54, 255, 9, 9},
        {"descriptor=total@0", 54, 0, 9, 9, 9},
        {"descriptor=total@65535", 54, 65535, 9, 9, 9},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        char spec[64];
        (void)snprintf(spec, sizeof(spec), "stm32f405,%s", rows[i].key);
        bench_open(&b, spec);
        uint16_t sent = read_config(&b, 255);
        uint8_t interface = b.data[9];
        uint8_t functional = b.data[45];
        uint16_t total = (uint16_t)(b.data[2] | b.data[3] << 8);
        uint16_t alone = read_functional(&b);
        if (sent != rows[i].sent || alone != rows[i].alone ||
            (sent > 45 && (total != rows[i].total || interface != rows[i].interface ||
                           functional != rows[i].functional)))
            fail_msg("%s: %u bytes of %u, interface %u, functional %u, alone %u", rows[i].key, sent,
                     total, interface, functional, alone);
        bench_close(&b);
    }
}

static void garbage_follows_from_the_seed(void **state)
{
    (void)state;
    uint8_t first[CONFIG_LENGTH];
    static const char *const specs[] = {"stm32f405,descriptor=garbage",
                                        "stm32f405,descriptor=garbage,seed=1",
                                        "stm32f405,descriptor=garbage,seed=2"};
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        bench_open(&b, specs[i]);
        assert_int_equal(read_config(&b, 255), CONFIG_LENGTH);
        assert_int_equal(b.data[2], CONFIG_LENGTH);
        if (i == 0)
            memcpy(first, b.data, CONFIG_LENGTH);
        assert_int_equal(memcmp(first, b.data, CONFIG_LENGTH) == 0, i < 2);
        bench_close(&b);
    }
}

/* Every length there can be, of every part: whoever reads it stays inside and comes to an end. */
static void every_wrong_length_can_be_read(void **state)
{
    (void)state;
    static const char *const kinds[] = {"cut", "functional", "interface", "total"};
    for (size_t kind = 0; kind < 4; kind++) {
        for (unsigned n = kind == 0 ? 1 : 0; n < 256; n++) {
            struct bench b;
            struct ub_usb_list list;
            struct ub_dfu_interface interface;
            struct ub_dfu_functional functional;
            char spec[64];
            (void)snprintf(spec, sizeof(spec), "stm32f405,descriptor=%s@%u", kinds[kind], n);
            bench_open(&b, spec);
            assert_int_equal(b.transport.ops->enumerate(b.transport.self, &list, &b.err), UB_OK);
            size_t length = list.items[0].config_length;
            assert_in_range(length, 1, CONFIG_LENGTH);
            if (ub_dfu_interface_find(list.items[0].config, length, &interface))
                assert_in_range(interface.alt_count, 1, 4);
            ub_usb_list_free(&list);
            uint16_t alone = read_functional(&b);
            if (ub_dfu_functional_parse(b.data, alone, &functional))
                assert_in_range(alone, 7, 9);
            bench_close(&b);
        }
    }
}

static uint16_t read_string(struct bench *b, uint8_t index)
{
    const struct ub_setup setup = {0x80, 6, (uint16_t)(0x0300 | index), 0x0409, 255};
    enum ub_code code = b->transport.ops->control(b->transport.self, b->handle, &setup, b->data,
                                                  1000, &b->actual, &b->err);
    return code ? 0 : b->actual;
}

static void strings_are_missing_long_or_cut(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "stm32f405,strings=none");
    for (uint8_t i = 0; i < 6; i++)
        assert_int_equal(read_string(&b, i), 0);
    assert_int_equal(read_config(&b, 255), CONFIG_LENGTH);
    assert_int_equal(b.data[9 + 8], 4); /* it names them all the same */
    bench_close(&b);

    bench_open(&b, "stm32f405,strings=long");
    assert_int_equal(read_string(&b, 0), 4);
    for (uint8_t i = 1; i < 6; i++) {
        assert_int_equal(read_string(&b, i), 255);
        assert_int_equal(b.data[0], 255);
        assert_int_equal(b.data[254], i < 4 ? 'x' : ' ');
    }
    bench_close(&b);

    bench_open(&b, "stm32f405,strings=cut");
    assert_int_equal(read_string(&b, 0), 2);
    assert_int_equal(b.data[0], 4);
    assert_int_equal(read_string(&b, 3), 13); /* of 26 */
    assert_int_equal(b.data[0], 26);
    bench_close(&b);
}

static void states_and_statuses_out_of_range(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,badstate=11,badstatus=255");
    assert_int_equal(get_state(&b), 11);
    assert_int_equal(get_status(&b).bState, 11);
    assert_int_equal(get_status(&b).bStatus, 255);
    bench_close(&b);
    bench_open(&b, "dfu,badstate=200@3,badstatus=16@2");
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    struct status s = get_status(&b);
    assert_int_equal(s.bStatus, 16);
    assert_int_equal(s.bState, UB_FN_IDLE);
    assert_int_equal(get_status(&b).bState, 200);
    assert_int_equal(get_state(&b), 200);
    bench_close(&b);
}

static void answers_longer_than_asked_are_babble(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,answer=long");
    assert_int_equal(ask(&b, GETSTATUS, 0, 6), UB_USB_OVERFLOW);
    assert_int_equal(b.err.raw.bRequest, GETSTATUS);
    assert_int_equal(ask(&b, GETSTATE, 0, 1), UB_USB_OVERFLOW);
    assert_int_equal(ask(&b, UPLOAD, 0, 64), UB_USB_OVERFLOW);
    assert_int_equal(ask(&b, ABORT, 0, 0), UB_OK); /* it has no data stage */
    assert_true(read_config(&b, 255) > 9);         /* and this is not its function's */
    bench_close(&b);
    bench_open(&b, "dfu,answer=long@2");
    assert_int_equal(ask(&b, GETSTATUS, 0, 6), UB_OK);
    assert_int_equal(ask(&b, GETSTATUS, 0, 6), UB_USB_OVERFLOW);
    assert_int_equal(ask(&b, GETSTATUS, 0, 6), UB_OK);
    bench_close(&b);
}

/* Over USB/IP it is -EOVERFLOW, and no data. */
static void babble_goes_over_usbip(void **state)
{
    (void)state;
    struct bench b;
    struct ub_usbip conn;
    bench_open(&b, "dfu,answer=long");
    assert_int_equal(ub_usbip_open(&conn, b.device, "1-1", true, &b.err), UB_OK);
    uint8_t submit[48] = {0};
    static const uint8_t getstatus[] = {0xa1, 3, 0, 0, 0, 0, 6, 0};
    ub_put_u32be(&submit[0], 1);  /* USBIP_CMD_SUBMIT */
    ub_put_u32be(&submit[4], 7);  /* seqnum */
    ub_put_u32be(&submit[12], 1); /* in */
    ub_put_u32be(&submit[24], 6);
    memcpy(&submit[40], getstatus, sizeof(getstatus));
    ub_usbip_feed(&conn, submit, sizeof(submit), 0);
    ub_usbip_run(&conn, 1000000);
    assert_int_equal(conn.out_length, 48);
    struct ub_cursor cursor = ub_cursor(conn.out + 20, 8);
    assert_int_equal(ub_take_u32be(&cursor), (uint32_t)-75);
    assert_int_equal(ub_take_u32be(&cursor), 0);
    ub_usbip_close(&conn);
    bench_close(&b);
}

static void an_upload_lies_once(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,upload=lie@2");
    for (unsigned n = 1; n < 5; n++) {
        assert_int_equal(ask(&b, UPLOAD, (uint16_t)(n - 1), 64), UB_OK);
        assert_int_equal(ub_all_bytes(b.data, 64, 0xff), n != 2);
    }
    assert_true(ub_all_bytes(ub_sim_device_memory(b.device, 0, 256), 256, 0xff));
    bench_close(&b);
}

static void an_endless_upload_does_not_end(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,endless");
    for (uint32_t sum = 0; sum < 2 * 262144; sum += 1024) {
        assert_int_equal(ask(&b, UPLOAD, (uint16_t)(sum / 1024), 1024), UB_OK);
        assert_int_equal(b.actual, 1024);
    }
    assert_int_equal(get_state(&b), UB_FN_UPLOAD_IDLE);
    bench_close(&b);
}

static void it_re_enumerates_every_50_ms(void **state)
{
    (void)state;
    struct bench b;
    unsigned changes = 0;
    bench_open(&b, "dfu,flood=7");
    assert_int_equal(b.device->generation, 1);
    while (wait_change(&b, 1000000))
        changes++;
    assert_int_equal(changes, 14);
    assert_int_equal(b.device->generation, 8);
    assert_true(b.device->present);
    assert_int_equal(b.device->mode, UB_MODE_DFU);
    assert_in_range(ub_now(&b.clock), 7 * 50000 + 1000000, 7 * 50000 + 1000001);
    bench_close_handle(&b);
    bench_open_handle(&b);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    bench_close(&b);
    /* the firmware comes back as firmware */
    bench_open(&b, "dfu,flood=1,mode=runtime");
    while (wait_change(&b, 1000000))
        continue;
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    bench_close(&b);
}

static void a_flood_meets_a_transfer_on_its_way(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu,flood=1");
    memset(b.data, 0x11, 1024);
    assert_int_equal(ask(&b, DNLOAD, 0, 1024), UB_OK);
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    ub_sleep(&b.clock, 30000);
    assert_int_equal(get_status(&b).code, UB_USB_GONE);
    bench_close(&b);
}

static void a_question_that_is_never_answered(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    b.device->spec.dfu.functional_mute = true;
    const struct ub_setup setup = {0x81, 6, 0x2100, 0, 9};
    uint64_t start = ub_now(&b.clock);
    assert_int_equal(b.transport.ops->control(b.transport.self, b.handle, &setup, b.data, 1000,
                                              &b.actual, &b.err),
                     UB_USB_TIMEOUT);
    assert_in_range(ub_now(&b.clock) - start, 1000000, 1000001);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    bench_close(&b);
}

/* The F427's strings: one character less than bLength says, and all of the text. */
static void strings_that_end_early_are_whole(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    b.device->spec.dfu.strings_cut = true;
    assert_int_equal(read_string(&b, 4), 2 + 2 * strlen("Flash"));
    assert_int_equal(b.data[0], 2 + 2 * strlen("Flash") + 2);
    bench_close(&b);
}

/* Reads the number behind "name": in a report. */
static uint64_t member(const char *text, const char *name)
{
    char key[64];
    (void)snprintf(key, sizeof(key), "\"%s\": ", name);
    const char *at = strstr(text, key);
    assert_non_null(at);
    uint64_t value = 0;
    for (at += strlen(key); *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

static void reports_what_it_counted(void **state)
{
    (void)state;
    struct bench b;
    char folder[] = "/tmp/unbrick-report-XXXXXX";
    char path[64];
    char spec[128];
    uint8_t *text = NULL;
    size_t length = 0;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/report.json", folder);
    (void)snprintf(spec, sizeof(spec), "stm32f405,report=%s", path);
    bench_open(&b, spec);
    assert_int_equal(access(path, R_OK), 0); /* there from the first moment */
    make_idle(&b);
    assert_int_equal(command(&b, 0x41, 0x08000000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(download(&b, 2, "abcd", 4).bState, UB_FN_DNLOAD_IDLE);
    struct ub_sim_counts c = counts(&b);
    bench_close(&b);
    assert_int_equal(ub_file_read(path, 4096, &text, &length, NULL), UB_OK);
    const char *json = (const char *)text;
    assert_memory_equal(json, "{\"model\": \"stm32f405\", ", 23);
    assert_string_equal(json + length - 2, "}\n");
    assert_int_equal(member(json, "transfers"), c.transfers);
    assert_int_equal(member(json, "opens"), 1);
    assert_int_equal(member(json, "erases"), 1);
    assert_int_equal(member(json, "programs"), 1);
    assert_int_equal(member(json, "bit_violations"), 0);
    assert_int_equal(member(json, "busy_us"), 250016);
    assert_int_equal(member(json, "wire_us"), c.wire_us);
    assert_int_equal(member(json, "poisoned"), 0);
    assert_int_equal(member(json, "early"), c.early);
    assert_int_equal(member(json, "limit_us"), 250016 + c.wire_us);
    free(text);
    (void)unlink(path);
    (void)rmdir(folder);

    /* where it cannot be written, that is known before any work is done */
    const char *const specs[] = {spec};
    assert_int_equal(ub_sim_bus_open(specs, 1, &b.bus, &b.err), UB_SYS_WRITE);
}

/* A device that is served to other programs reports when the serving ends. */
static void a_served_device_reports(void **state)
{
    (void)state;
    char folder[] = "/tmp/unbrick-report-XXXXXX";
    char path[64];
    char spec[128];
    uint8_t *text = NULL;
    size_t length = 0;
    struct ub_error err = {0};
    struct ub_sim_server *server = NULL;
    const struct ub_sim_serve_options options = {.usbip = "127.0.0.1:0"};
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/report.json", folder);
    (void)snprintf(spec, sizeof(spec), "gd32vf103,report=%s", path);
    assert_int_equal(ub_sim_server_open(spec, &options, &server, &err), UB_OK);
    ub_sim_server_stop(server);
    assert_int_equal(ub_sim_server_run(server, &err), UB_OK);
    assert_int_equal(unlink(path), 0); /* the first one; what counts is the last */
    ub_sim_server_close(server);
    assert_int_equal(ub_file_read(path, 4096, &text, &length, NULL), UB_OK);
    assert_non_null(strstr((const char *)text, "\"gd32vf103\""));
    free(text);
    (void)unlink(path);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptors_are_bent),
        cmocka_unit_test(garbage_follows_from_the_seed),
        cmocka_unit_test(every_wrong_length_can_be_read),
        cmocka_unit_test(strings_are_missing_long_or_cut),
        cmocka_unit_test(states_and_statuses_out_of_range),
        cmocka_unit_test(answers_longer_than_asked_are_babble),
        cmocka_unit_test(babble_goes_over_usbip),
        cmocka_unit_test(an_upload_lies_once),
        cmocka_unit_test(an_endless_upload_does_not_end),
        cmocka_unit_test(it_re_enumerates_every_50_ms),
        cmocka_unit_test(a_flood_meets_a_transfer_on_its_way),
        cmocka_unit_test(a_question_that_is_never_answered),
        cmocka_unit_test(strings_that_end_early_are_whole),
        cmocka_unit_test(reports_what_it_counted),
        cmocka_unit_test(a_served_device_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
