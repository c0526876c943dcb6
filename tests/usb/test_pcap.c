/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets byte by byte, against the layout that Linux' Documentation/usb/usbmon.rst gives. */
#define _XOPEN_SOURCE 700
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"
#include "trace_bus.h"
#include "usb/pcap.h"
#include "usb/trace_recorder.h"

#include <stdlib.h>
#include <string.h>

#define EPOCH_US (UINT64_C(1600000000) * 1000000)
#define HEADS    (16 + 64)

/* One packet, read back. */
struct packet {
    uint32_t seconds;
    uint32_t microseconds;
    uint64_t id;
    uint8_t type;
    uint8_t transfer;
    uint8_t endpoint;
    uint8_t device;
    uint16_t bus;
    uint8_t setup_flag;
    uint8_t data_flag;
    int32_t status;
    uint32_t urb_length;
    uint8_t setup[8];
    uint32_t flags;
    const uint8_t *data;
    uint32_t length;
};

static struct packet take(struct ub_cursor *from)
{
    struct packet p;
    memset(&p, 0, sizeof(p));
    p.seconds = ub_take_u32le(from);
    p.microseconds = ub_take_u32le(from);
    const uint32_t captured = ub_take_u32le(from);
    assert_int_equal(ub_take_u32le(from), captured);
    p.id = ub_take_u32le(from);
    p.id |= (uint64_t)ub_take_u32le(from) << 32;
    p.type = ub_take_u8(from);
    p.transfer = ub_take_u8(from);
    p.endpoint = ub_take_u8(from);
    p.device = ub_take_u8(from);
    p.bus = ub_take_u16le(from);
    p.setup_flag = ub_take_u8(from);
    p.data_flag = ub_take_u8(from);
    assert_int_equal(ub_take_u32le(from), p.seconds); /* 64 bits */
    assert_int_equal(ub_take_u32le(from), 0);
    assert_int_equal(ub_take_u32le(from), p.microseconds);
    p.status = (int32_t)ub_take_u32le(from);
    p.urb_length = ub_take_u32le(from);
    p.length = ub_take_u32le(from);
    assert_int_equal(captured, 64 + p.length);
    memcpy(p.setup, ub_take_bytes(from, 8), 8);
    assert_int_equal(ub_take_u32le(from), 0); /* interval */
    assert_int_equal(ub_take_u32le(from), 0); /* start frame */
    p.flags = ub_take_u32le(from);
    assert_int_equal(ub_take_u32le(from), 0); /* isochronous descriptors */
    p.data = ub_take_bytes(from, p.length);
    assert_false(from->failed);
    return p;
}

static uint8_t config[] = {9, 2, 18, 0, 1, 1, 0, 0x80, 50, 9, 4, 0, 0, 0, 0xfe, 1, 2, 0};

static void attach(struct ub_pcap *pcap, const char *port, uint32_t generation)
{
    struct ub_usb_info info = {.generation = generation,
                               .speed = UB_SPEED_FULL,
                               .vid = 0x0483,
                               .pid = 0xdf11,
                               .bcdDevice = 0x2200,
                               .config = config,
                               .config_length = sizeof(config)};
    (void)ub_print(info.port, sizeof(info.port), "%s", port);
    assert_true(ub_pcap_attach(pcap, &info));
}

static struct ub_trace_record about(const char *port)
{
    struct ub_trace_record record = {.op = UB_TRACE_CONTROL, .generation = 1};
    (void)ub_print(record.port, sizeof(record.port), "%s", port);
    return record;
}

static void the_file_begins_as_wireshark_wants(void **state)
{
    static const uint8_t right[UB_PCAP_HEADER] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0,  0,
                                                  0,    0,    0,    0,    0, 0, 0, 4, 0, 220};
    uint8_t header[UB_PCAP_HEADER];
    (void)state;
    ub_pcap_header(header);
    assert_memory_equal(header, right, sizeof(right));
}

static void a_question_and_its_answer(void **state)
{
    static const uint8_t setup[] = {0xa1, 3, 0, 0, 2, 0, 6, 0};
    uint8_t answer[] = {0, 0, 0, 0, 2, 0};
    struct ub_pcap *pcap = ub_pcap_new(EPOCH_US);
    struct ub_pcap_packets out = {0};
    struct ub_trace_record record = about("3-1.4");
    (void)state;
    attach(pcap, "3-1.4", 77);
    record.setup = (struct ub_setup){
        .bmRequestType = 0xa1, .bRequest = 3, .wIndex = 2, .wLength = 6};
    record.at_us = 1500000;
    ub_pcap_submit(pcap, &record, UINT64_C(0x123456789), &out);
    record.took_us = 700000;
    record.data = answer;
    record.length = record.actual = sizeof(answer);
    ub_pcap_complete(pcap, &record, UINT64_C(0x123456789), &out);
    assert_false(out.failed);
    assert_int_equal(out.length, 2 * HEADS + sizeof(answer));
    struct ub_cursor cursor = ub_cursor(out.bytes, out.length);

    struct packet p = take(&cursor);
    assert_int_equal(p.type, 'S');
    assert_int_equal(p.seconds, 1600000001);
    assert_int_equal(p.microseconds, 500000);
    assert_true(p.id == UINT64_C(0x123456789));
    assert_int_equal(p.transfer, 2);
    assert_int_equal(p.endpoint, 0x80);
    assert_int_equal(p.device, 77); /* as the bus counts it */
    assert_int_equal(p.bus, 3);
    assert_int_equal(p.setup_flag, 0);
    assert_int_equal(p.data_flag, '<');
    assert_int_equal(p.status, -115);
    assert_int_equal(p.urb_length, 6);
    assert_int_equal(p.length, 0);
    assert_int_equal(p.flags, 0x200);
    assert_memory_equal(p.setup, setup, 8);

    p = take(&cursor);
    assert_int_equal(p.type, 'C');
    assert_int_equal(p.seconds, 1600000002);
    assert_int_equal(p.microseconds, 200000);
    assert_true(p.id == UINT64_C(0x123456789));
    assert_int_equal(p.setup_flag, '-');
    assert_int_equal(p.data_flag, 0);
    assert_int_equal(p.status, 0);
    assert_int_equal(p.urb_length, 6);
    assert_int_equal(p.length, 6);
    assert_memory_equal(p.data, answer, 6);
    free(out.bytes);
    ub_pcap_free(pcap);
}

static void data_that_is_sent_stands_in_the_submission(void **state)
{
    uint8_t block[] = {1, 2, 3};
    struct ub_pcap *pcap = ub_pcap_new(EPOCH_US);
    struct ub_pcap_packets out = {0};
    struct ub_trace_record record = about("1-1");
    (void)state;
    attach(pcap, "1-1", 5);
    record.setup = (struct ub_setup){.bmRequestType = 0x21, .bRequest = 1, .wLength = 3};
    record.data = block;
    record.length = 3;
    ub_pcap_submit(pcap, &record, 1, &out);
    record.actual = 3;
    ub_pcap_complete(pcap, &record, 1, &out);
    record.setup.wLength = record.length = record.actual = 0;
    ub_pcap_submit(pcap, &record, 2, &out);
    ub_pcap_complete(pcap, &record, 2, &out);
    struct ub_cursor cursor = ub_cursor(out.bytes, out.length);
    struct packet p = take(&cursor);
    assert_int_equal(p.endpoint, 0);
    assert_int_equal(p.data_flag, 0);
    assert_int_equal(p.flags, 0);
    assert_memory_equal(p.data, block, 3);
    p = take(&cursor);
    assert_int_equal(p.data_flag, '>');
    assert_int_equal(p.urb_length, 3);
    assert_int_equal(p.length, 0);
    p = take(&cursor);
    assert_int_equal(p.urb_length, 0);
    assert_int_equal(p.data_flag, 0);
    p = take(&cursor);
    assert_int_equal(p.data_flag, '>');
    assert_int_equal(cursor.left, 0);
    free(out.bytes);
    ub_pcap_free(pcap);
}

static void a_failure_has_the_status_that_linux_gives_it(void **state)
{
    static const struct {
        enum ub_code code;
        int32_t status;
    } rows[] = {{UB_OK, 0},
                {UB_USB_STALL, -32},
                {UB_USB_TIMEOUT, -2},
                {UB_USB_GONE, -108},
                {UB_USB_OVERFLOW, -75},
                {UB_USB_IO, -71},
                {UB_SYS_INTERNAL, -71}};
    struct ub_pcap *pcap = ub_pcap_new(EPOCH_US);
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ub_pcap_packets out = {0};
        struct ub_trace_record record = about("1-1"); /* never seen: number 0 */
        record.code = rows[i].code;
        ub_pcap_complete(pcap, &record, 1, &out);
        struct ub_cursor cursor = ub_cursor(out.bytes, out.length);
        struct packet p = take(&cursor);
        assert_int_equal(p.status, rows[i].status);
        assert_int_equal(p.device, 0);
        assert_int_equal(p.bus, 1);
        free(out.bytes);
    }
    ub_pcap_free(pcap);
}

static uint8_t number_of(const struct ub_pcap *pcap, const char *port)
{
    struct ub_pcap_packets out = {0};
    struct ub_trace_record record = about(port);
    ub_pcap_submit(pcap, &record, 1, &out);
    struct ub_cursor cursor = ub_cursor(out.bytes, out.length);
    struct packet p = take(&cursor);
    free(out.bytes);
    return p.device;
}

/* Virtual devices count their generations each for itself. */
static void every_device_has_its_own_number(void **state)
{
    struct ub_pcap *pcap = ub_pcap_new(EPOCH_US);
    bool taken[128] = {false};
    (void)state;
    for (unsigned i = 1; i <= 126; i++) {
        char port[16];
        (void)ub_print(port, sizeof(port), "1-%u", i);
        attach(pcap, port, 3);
        uint8_t number = number_of(pcap, port);
        assert_in_range(number, 2, 127);
        assert_false(taken[number]);
        taken[number] = true;
    }
    attach(pcap, "2-1", 3); /* another bus */
    assert_int_equal(number_of(pcap, "2-1"), 3);
    uint8_t before = number_of(pcap, "1-7");
    ub_pcap_detach(pcap, "1-9");
    uint8_t freed = number_of(pcap, "1-9");
    attach(pcap, "1-7", 4); /* came back: another number, and only one is free */
    assert_int_not_equal(number_of(pcap, "1-7"), before);
    assert_int_equal(number_of(pcap, "1-7"), freed);
    ub_pcap_detach(pcap, "9-9");
    ub_pcap_free(pcap);
    ub_pcap_free(NULL);
}

static void opening_tells_what_the_device_is_once(void **state)
{
    struct ub_pcap *pcap = ub_pcap_new(EPOCH_US);
    struct ub_pcap_packets out = {0};
    struct ub_trace_record record = about("1-1");
    (void)state;
    record.op = UB_TRACE_OPEN;
    ub_pcap_open(pcap, &record, &out); /* nothing is known of it */
    assert_int_equal(out.length, 0);
    attach(pcap, "1-1", 5);
    record.code = UB_DEV_ACCESS;
    ub_pcap_open(pcap, &record, &out);
    assert_int_equal(out.length, 0);
    record.code = UB_OK;
    ub_pcap_open(pcap, &record, &out);
    assert_int_equal(out.length, 4 * HEADS + 18 + sizeof(config));
    struct ub_cursor cursor = ub_cursor(out.bytes, out.length);
    struct packet p = take(&cursor);
    assert_memory_equal(p.setup, "\x80\x06\x00\x01\x00\x00\x12\x00", 8);
    uint64_t id = p.id;
    p = take(&cursor);
    assert_true(p.id == id);
    assert_memory_equal(p.data, "\x12\1\0\2\0\0\0\x40\x83\4\x11\xdf\0\x22\0\0\0\1", 18);
    p = take(&cursor);
    assert_true(p.id != id);
    assert_memory_equal(p.setup, "\x80\x06\x00\x02\x00\x00\x12\x00", 8);
    p = take(&cursor);
    assert_memory_equal(p.data, config, sizeof(config));
    ub_pcap_open(pcap, &record, &out);
    assert_int_equal(out.length, 4 * HEADS + 18 + sizeof(config));
    attach(pcap, "1-1", 6);
    ub_pcap_open(pcap, &record, &out);
    assert_int_equal(out.length, 2 * (4 * HEADS + 18 + sizeof(config)));
    free(out.bytes);
    ub_pcap_free(pcap);
}

/* Where a system parses descriptors and forgets their first bytes. */
static void a_configuration_without_its_head_gets_one(void **state)
{
    struct ub_pcap *pcap = ub_pcap_new(EPOCH_US);
    struct ub_pcap_packets out = {0};
    struct ub_trace_record record = about("1-1");
    const struct ub_usb_info info = {
        .port = "1-1", .generation = 5, .config = config + 9, .config_length = 9};
    (void)state;
    record.op = UB_TRACE_OPEN;
    assert_true(ub_pcap_attach(pcap, &info));
    ub_pcap_open(pcap, &record, &out);
    struct ub_cursor cursor = ub_cursor(out.bytes, out.length);
    (void)take(&cursor);
    (void)take(&cursor);
    (void)take(&cursor);
    struct packet p = take(&cursor);
    assert_int_equal(p.length, 18);
    assert_memory_equal(p.data, "\x09\2\x12\0\1\1\0\x80\0", 9);
    assert_memory_equal(p.data + 9, config + 9, 9);
    free(out.bytes);
    ub_pcap_free(pcap);
}

/* The recorder's order: what is handed over together stands together. */
static void a_recording_is_in_the_order_of_time(void **state)
{
    static const char order[] = "SCSC"
                                "SC"
                                "SSCC"
                                "SC";
    struct trace_bus bus;
    struct ub_recorder *recorder;
    char path[128];
    uint8_t data[2][8] = {{0}};
    uint16_t actual;
    size_t length;
    const struct ub_setup ask = {.bmRequestType = 0xa1, .bRequest = 3, .wValue = 4, .wLength = 6};
    struct ub_transfer queue[] = {{.setup = ask, .data = data[0], .timeout_ms = 10},
                                  {.setup = ask, .data = data[1], .timeout_ms = 10}};
    (void)state;
    trace_bus_open(&bus);
    bus.there[0] = true;
    trace_bus_file(path, sizeof(path), "x.PCAP");
    const struct ub_transport inner = trace_bus_transport(&bus);
    assert_int_equal(ub_recorder_open(path, &inner, bus.clock, &recorder, NULL), UB_OK);
    const struct ub_transport to = ub_recorder_transport(recorder);
    struct ub_usb_list list;
    struct ub_usb_handle *handle;
    assert_int_equal(to.ops->enumerate(to.self, &list, NULL), UB_OK);
    ub_usb_list_free(&list);
    assert_int_equal(to.ops->open(to.self, "1-1", &handle, NULL), UB_OK);
    assert_int_equal(to.ops->set_alt(to.self, handle, 0, 1, NULL), UB_OK);
    assert_int_equal(ub_control_queue(&to, handle, queue, 2, NULL), UB_OK);
    assert_int_equal(to.ops->control(to.self, handle, &ask, data[0], 10, &actual, NULL), UB_OK);
    assert_int_equal(to.ops->reset(to.self, handle, NULL), UB_USB_GONE); /* not on this wire */
    to.ops->close(to.self, handle);
    to.ops->destroy(to.self);

    char *content = trace_bus_content(path, &length);
    struct ub_cursor cursor = ub_cursor(content, length);
    (void)ub_take_bytes(&cursor, UB_PCAP_HEADER);
    uint64_t before = 0;
    for (size_t i = 0; order[i]; i++) {
        struct packet p = take(&cursor);
        assert_int_equal(p.type, order[i]);
        uint64_t now = p.seconds * UINT64_C(1000000) + p.microseconds;
        assert_true(now >= before);
        before = now;
    }
    assert_int_equal(cursor.left, 0);
    free(content);
    trace_bus_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_begins_as_wireshark_wants),
        cmocka_unit_test(a_question_and_its_answer),
        cmocka_unit_test(data_that_is_sent_stands_in_the_submission),
        cmocka_unit_test(a_failure_has_the_status_that_linux_gives_it),
        cmocka_unit_test(every_device_has_its_own_number),
        cmocka_unit_test(opening_tells_what_the_device_is_once),
        cmocka_unit_test(a_configuration_without_its_head_gets_one),
        cmocka_unit_test(a_recording_is_in_the_order_of_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
