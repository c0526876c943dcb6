/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The USB/IP protocol against bytes written down from Documentation/usb/usbip_protocol.rst. */
#include "bench.h"

#include "sim/usbip.h"

#define HEADER 48u

struct fixture {
    struct ub_sim_device *device;
    struct ub_usbip conn;
    uint64_t now;
};

static void make(struct fixture *f, const char *text, bool urbs)
{
    struct ub_sim_spec spec;
    struct ub_error err = {0};
    memset(f, 0, sizeof(*f));
    assert_int_equal(ub_sim_spec_parse(text, &spec, &err), UB_OK);
    assert_int_equal(ub_sim_device_open(&spec, &f->device, &err), UB_OK);
    ub_sim_device_advance(f->device, 0);
    assert_int_equal(ub_usbip_open(&f->conn, f->device, "1-1", urbs, &err), UB_OK);
}

static void unmake(struct fixture *f)
{
    ub_usbip_close(&f->conn);
    ub_sim_device_close(f->device);
}

static void submit(struct fixture *f, uint32_t seqnum, const uint8_t setup[8], const uint8_t *data,
                   uint32_t endpoint)
{
    uint8_t header[HEADER] = {0};
    uint32_t length = (uint32_t)(setup[6] | setup[7] << 8);
    bool in = (setup[0] & 0x80) != 0;
    ub_put_u32be(header, 1);
    ub_put_u32be(header + 4, seqnum);
    ub_put_u32be(header + 8, 0x00010002);
    ub_put_u32be(header + 12, in);
    ub_put_u32be(header + 16, endpoint);
    ub_put_u32be(header + 20, in ? 0x200 : 0);
    ub_put_u32be(header + 24, length);
    memcpy(header + 40, setup, 8);
    ub_usbip_feed(&f->conn, header, sizeof(header), f->now);
    if (!in && length)
        ub_usbip_feed(&f->conn, data, length, f->now);
}

static void unlink_urb(struct fixture *f, uint32_t seqnum, uint32_t victim)
{
    uint8_t header[HEADER] = {0};
    ub_put_u32be(header, 2);
    ub_put_u32be(header + 4, seqnum);
    ub_put_u32be(header + 20, victim);
    ub_usbip_feed(&f->conn, header, sizeof(header), f->now);
}

/* Lets time pass until there is something to send, at most `us`. */
static void settle(struct fixture *f, uint64_t us)
{
    uint64_t end = f->now + us;
    while (!f->conn.out_length && f->now < end) {
        uint64_t next = ub_usbip_next(&f->conn, f->now);
        uint64_t event = ub_sim_device_next_event(f->device);
        next = event < next ? event : next;
        f->now = next < end ? next : end;
        ub_usbip_run(&f->conn, f->now);
    }
}

static void expect(struct fixture *f, const uint8_t *bytes, size_t length)
{
    assert_true(f->conn.out_length >= length);
    assert_memory_equal(f->conn.out, bytes, length);
    ub_usbip_sent(&f->conn, length);
}

/* RET_SUBMIT or RET_UNLINK with what matters in it. */
static void expect_reply(struct fixture *f, uint32_t code, uint32_t seqnum, int32_t status,
                         uint32_t actual)
{
    uint8_t header[HEADER] = {0};
    ub_put_u32be(header, code);
    ub_put_u32be(header + 4, seqnum);
    ub_put_u32be(header + 20, (uint32_t)status);
    ub_put_u32be(header + 24, actual);
    expect(f, header, HEADER);
}

static const uint8_t get_device[8] = {0x80, 6, 0, 1, 0, 0, 18, 0};
static const uint8_t get_device_64[8] = {0x80, 6, 0, 1, 0, 0, 64, 0};
static const uint8_t set_configuration[8] = {0x00, 9, 1, 0, 0, 0, 0, 0};
static const uint8_t ask_state[8] = {0xa1, 5, 0, 0, 0, 0, 1, 0};
static const uint8_t ask_status[8] = {0xa1, 3, 0, 0, 0, 0, 6, 0};

/* Configures it, and clears the error in which the ROM starts. */
static void configure(struct fixture *f)
{
    static const uint8_t clear[8] = {0x21, 4, 0, 0, 0, 0, 0, 0};
    submit(f, 100, set_configuration, NULL, 0);
    settle(f, 1000000);
    expect_reply(f, 3, 100, 0, 0);
    if (f->device->fn.state != UB_FN_ERROR)
        return;
    submit(f, 101, clear, NULL, 0);
    settle(f, 1000000);
    expect_reply(f, 3, 101, 0, 0);
}

static void lists_the_device(void **state)
{
    (void)state;
    struct fixture f;
    static const uint8_t request[] = {0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0};
    static const uint8_t reply[] = {0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t numbers[] = {0,    0,    0,    1, 0, 0, 0, 2, 0, 0, 0,    2, 0x04, 0x83,
                                      0xdf, 0x11, 0x22, 0, 0, 0, 0, 0, 1, 1, 0xfe, 1, 2,    0};
    make(&f, "stm32f405", false);
    ub_usbip_feed(&f.conn, request, 7, 0);
    assert_int_equal(f.conn.out_length, 0);
    ub_usbip_feed(&f.conn, request + 7, 1, 0);
    assert_int_equal(f.conn.out_length, 12 + 312 + 4);
    assert_string_equal((const char *)f.conn.out + 12, "/sys/devices/virtual/unbrick/1-1");
    assert_string_equal((const char *)f.conn.out + 12 + 256, "1-1");
    assert_memory_equal(f.conn.out + 12 + 256 + 32, numbers, sizeof(numbers));
    expect(&f, reply, sizeof(reply));
    assert_true(f.conn.finished);
    unmake(&f);
}

static void lists_nothing_when_it_is_away(void **state)
{
    (void)state;
    struct fixture f;
    static const uint8_t request[] = {0x01, 0x11, 0x80, 0x05, 0, 0, 0, 0};
    static const uint8_t reply[] = {0x01, 0x11, 0x00, 0x05, 0, 0, 0, 0, 0, 0, 0, 0};
    make(&f, "stm32f405", false);
    ub_sim_device_unplug(f.device);
    ub_usbip_feed(&f.conn, request, sizeof(request), 0);
    assert_int_equal(f.conn.out_length, sizeof(reply));
    expect(&f, reply, sizeof(reply));
    unmake(&f);
}

static void imports_once(void **state)
{
    (void)state;
    uint8_t request[40] = {0x01, 0x11, 0x80, 0x03, 0, 0, 0, 0, '1', '-', '1'};
    static const uint8_t yes[] = {0x01, 0x11, 0x00, 0x03, 0, 0, 0, 0};
    static const uint8_t no[] = {0x01, 0x11, 0x00, 0x03, 0, 0, 0, 1};
    struct fixture f;
    make(&f, "stm32f405", false);
    ub_usbip_feed(&f.conn, request, sizeof(request), 0);
    assert_int_equal(f.conn.out_length, 8 + 312);
    expect(&f, yes, 8);
    ub_usbip_sent(&f.conn, 312);
    assert_true(f.conn.urbs);
    submit(&f, 1, get_device, NULL, 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 1, 0, 18);
    unmake(&f);
    for (int i = 0; i < 2; i++) {
        make(&f, "stm32f405", false);
        request[10] = i == 0 ? '2' : '1'; /* another bus id, or taken by another client */
        f.conn.busy = i == 1;
        ub_usbip_feed(&f.conn, request, sizeof(request), 0);
        assert_int_equal(f.conn.out_length, 8);
        expect(&f, no, 8);
        assert_true(f.conn.finished && !f.conn.urbs);
        unmake(&f);
    }
}

static void carries_transfers_both_ways(void **state)
{
    (void)state;
    struct fixture f;
    static const uint8_t dnload[8] = {0x21, 1, 2, 0, 0, 0, 3, 0};
    static const uint8_t device[] = {18, 1, 0, 1, 0, 0, 0, 64, 0x83, 4, 0x11, 0xdf};
    make(&f, "stm32f405", true);
    submit(&f, 7, get_device, NULL, 0);
    assert_int_equal(f.conn.out_length, 0); /* not before its time on the wire */
    settle(&f, 1000000);
    assert_int_equal(f.now, UB_SIM_TRANSFER_US + UB_SIM_PACKET_US);
    expect_reply(&f, 3, 7, 0, 18);
    expect(&f, device, sizeof(device));
    ub_usbip_sent(&f.conn, 18 - sizeof(device));
    configure(&f);
    submit(&f, 8, dnload, (const uint8_t *)"abc", 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 8, 0, 3);
    submit(&f, 9, ask_status, NULL, 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 9, 0, 6);
    ub_usbip_sent(&f.conn, 6);
    assert_memory_equal(ub_sim_device_memory(f.device, 0x08000000, 3), "abc", 3);
    assert_int_equal(f.conn.out_length, 0);
    unmake(&f);
}

static void a_stall_is_epipe(void **state)
{
    (void)state;
    struct fixture f;
    static const uint8_t qualifier[8] = {0x80, 6, 0, 6, 0, 0, 10, 0};
    make(&f, "stm32f405", true);
    submit(&f, 1, qualifier, NULL, 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 1, -32, 0);
    submit(&f, 2, get_device, NULL, 1); /* there is no endpoint 1 */
    settle(&f, 1000000);
    expect_reply(&f, 3, 2, -32, 0);
    unmake(&f);
}

/* Starts erasing a 128 KiB sector: the chip is deaf for a second. */
static void start_erase(struct fixture *f)
{
    static const uint8_t dnload[8] = {0x21, 1, 0, 0, 0, 0, 5, 0};
    configure(f);
    submit(f, 1, dnload, (const uint8_t *)"\x41\x00\x00\x02\x08", 0);
    settle(f, 1000000);
    expect_reply(f, 3, 1, 0, 5);
    submit(f, 2, ask_status, NULL, 0);
    settle(f, 1000000);
    expect_reply(f, 3, 2, 0, 6);
    ub_usbip_sent(&f->conn, 6);
}

static void a_deaf_device_answers_late(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "stm32f405", true);
    start_erase(&f);
    uint64_t start = f.now;
    submit(&f, 3, ask_status, NULL, 0);
    submit(&f, 4, ask_state, NULL, 0); /* queued behind it */
    settle(&f, 999000);
    assert_int_equal(f.conn.out_length, 0);
    settle(&f, 10000);
    assert_in_range(f.now - start, 1000000, 1001000);
    expect_reply(&f, 3, 3, 0, 6);
    assert_int_equal(f.conn.out[4], UB_FN_DNLOAD_IDLE);
    ub_usbip_sent(&f.conn, 6);
    settle(&f, 10000);
    expect_reply(&f, 3, 4, 0, 1);
    unmake(&f);
}

static void unlink_takes_a_waiting_transfer_back(void **state)
{
    (void)state;
    struct fixture f;
    static const uint8_t abort_[8] = {0x21, 6, 0, 0, 0, 0, 0, 0};
    make(&f, "stm32f405", true);
    start_erase(&f);
    submit(&f, 3, abort_, NULL, 0);
    f.now += 100000;
    unlink_urb(&f, 4, 3);
    expect_reply(&f, 4, 4, -104, 0);
    /* It never happened: the device goes on where it was. */
    submit(&f, 5, ask_status, NULL, 0);
    settle(&f, 2000000);
    expect_reply(&f, 3, 5, 0, 6);
    assert_int_equal(f.conn.out[4], UB_FN_DNLOAD_IDLE);
    ub_usbip_sent(&f.conn, 6);
    unlink_urb(&f, 6, 5); /* too late: answered already */
    expect_reply(&f, 4, 6, 0, 0);
    unmake(&f);
}

static void a_mute_device_blocks_until_unlinked(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "dfu,fault=timeout@1", true);
    configure(&f);
    submit(&f, 1, ask_state, NULL, 0);
    settle(&f, 60000000);
    assert_int_equal(f.conn.out_length, 0);
    assert_true(ub_usbip_next(&f.conn, f.now) == UB_SIM_NEVER);
    unlink_urb(&f, 2, 1);
    expect_reply(&f, 4, 2, -104, 0);
    submit(&f, 3, ask_state, NULL, 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 3, 0, 1);
    unmake(&f);
}

/* hub_port_init()'s first question to a device that is configured is a bus reset. */
static void sees_a_bus_reset(void **state)
{
    (void)state;
    struct fixture f;
    static const uint8_t detach[8] = {0x21, 0, 0xe8, 3, 1, 0, 0, 0};
    make(&f, "dfu,mode=runtime", true);
    submit(&f, 1, get_device_64, NULL, 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 1, 0, 18);
    ub_usbip_sent(&f.conn, 18);
    configure(&f);
    submit(&f, 2, detach, NULL, 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 2, 0, 0);
    submit(&f, 3, get_device_64, NULL, 0);
    assert_true(ub_usbip_gone(&f.conn));
    assert_int_equal(f.conn.out_length, 0);
    ub_sim_device_advance(f.device, f.now + 1000000);
    assert_true(f.device->present);
    assert_int_equal(f.device->mode, UB_MODE_DFU);
    assert_true(ub_usbip_gone(&f.conn)); /* what came back is another device */
    unmake(&f);
}

static void refuses_what_breaks_the_protocol(void **state)
{
    (void)state;
    struct fixture f;
    static const struct {
        size_t at;
        uint8_t value;
    } damage[] = {{3, 9}, {24, 1}, {25, 1}, {35, 5}};
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        uint8_t header[HEADER] = {0, 0, 0, 1};
        header[15] = 1;
        header[damage[i].at] = damage[i].value;
        make(&f, "dfu", true);
        ub_usbip_feed(&f.conn, header, sizeof(header), 0);
        assert_true(f.conn.finished);
        unmake(&f);
    }
    make(&f, "dfu", false);
    ub_usbip_feed(&f.conn, (const uint8_t *)"GET / HTTP/1.1\r\n", 16, 0);
    assert_true(f.conn.finished);
    unmake(&f);
    /* Too many at once. */
    make(&f, "dfu,fault=timeout@1", true);
    configure(&f);
    for (uint32_t n = 0; n < UB_USBIP_URBS_MAX + 1; n++)
        submit(&f, n, ask_state, NULL, 0);
    assert_true(f.conn.finished);
    unmake(&f);
}

static void lengths_and_directions_must_agree(void **state)
{
    (void)state;
    struct fixture f;
    uint8_t header[HEADER] = {0, 0, 0, 1, 0, 0, 0, 5};
    make(&f, "dfu", true);
    header[15] = 1; /* IN, but the setup says OUT with 3 bytes */
    header[27] = 3;
    memcpy(header + 40, "\x21\x01\0\0\0\0\x03", 8);
    ub_usbip_feed(&f.conn, header, sizeof(header), 0);
    settle(&f, 1000000);
    expect_reply(&f, 3, 5, -32, 0);
    header[15] = 0; /* OUT of 1 byte, but the setup says 3 */
    header[27] = 1;
    ub_usbip_feed(&f.conn, header, sizeof(header), f.now);
    ub_usbip_feed(&f.conn, header, 1, f.now);
    settle(&f, 1000000);
    expect_reply(&f, 3, 5, -32, 0);
    assert_int_equal(f.conn.in_length, 0);
    unmake(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_the_device),
        cmocka_unit_test(lists_nothing_when_it_is_away),
        cmocka_unit_test(imports_once),
        cmocka_unit_test(carries_transfers_both_ways),
        cmocka_unit_test(a_stall_is_epipe),
        cmocka_unit_test(a_deaf_device_answers_late),
        cmocka_unit_test(unlink_takes_a_waiting_transfer_back),
        cmocka_unit_test(a_mute_device_blocks_until_unlinked),
        cmocka_unit_test(sees_a_bus_reset),
        cmocka_unit_test(refuses_what_breaks_the_protocol),
        cmocka_unit_test(lengths_and_directions_must_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
