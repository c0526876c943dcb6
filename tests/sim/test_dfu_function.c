/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every cell of the DFU state machine, against a table written down by hand from DFU 1.1 A.2. */
#include "bench.h"

#include "usb/dfu_interface.h"

/* What a cell does: the state afterwards, and whether the request is stalled. */
#define OK(state)    (state)
#define STALL(state) (0x80 | (state))
#define E            STALL(10)

/* Requests in the order of DFU_DETACH (0) to DFU_ABORT (6), with the empty DFU_DNLOAD behind
 * DFU_DNLOAD and a request that DFU does not have at the end. dfuDNBUSY and dfuMANIFEST: still at
 * work; dfuDNLOAD-SYNC: a block waits; dfuMANIFEST-SYNC: not begun. Attributes: everything, not
 * detaching by itself. */
static const uint8_t expected[UB_FN_STATES][UB_FN_REQUESTS] = {
    /*           DETACH DNLOAD EMPTY UPLOAD GETSTATUS CLR GETSTATE ABORT other */
    /* 0 */ {OK(1), STALL(0), STALL(0), STALL(0), OK(0), STALL(0), OK(0), STALL(0), STALL(0)},
    /* 1 */ {STALL(0), STALL(0), STALL(0), STALL(0), OK(1), STALL(0), OK(1), STALL(0), STALL(0)},
    /* 2 */ {E, OK(3), E, OK(9), OK(2), E, OK(2), OK(2), E},
    /* 3 */ {E, E, E, E, OK(4), E, OK(3), OK(2), E},
    /* 4 */ {E, E, E, E, OK(4), E, OK(4), E, E},
    /* 5 */ {E, OK(3), OK(6), E, OK(5), E, OK(5), OK(2), E},
    /* 6 */ {E, E, E, E, OK(7), E, OK(6), OK(2), E},
    /* 7 */ {E, E, E, E, OK(7), E, OK(7), E, E},
    /* 8 */
    {STALL(8), STALL(8), STALL(8), STALL(8), STALL(8), STALL(8), STALL(8), STALL(8), STALL(8)},
    /* 9 */ {E, E, E, OK(9), OK(9), E, OK(9), OK(2), E},
    /* 10 */ {E, E, E, E, OK(10), OK(2), OK(10), E, E},
};

static struct ub_setup setup_of(enum ub_dfu_fn_request request)
{
    static const struct ub_setup setups[UB_FN_REQUESTS] = {
        [UB_FN_REQ_DETACH] = {0x21, 0, 1000, 0, 0},   [UB_FN_REQ_DNLOAD] = {0x21, 1, 0, 0, 64},
        [UB_FN_REQ_DNLOAD_ZERO] = {0x21, 1, 0, 0, 0}, [UB_FN_REQ_UPLOAD] = {0xa1, 2, 0, 0, 64},
        [UB_FN_REQ_GETSTATUS] = {0xa1, 3, 0, 0, 6},   [UB_FN_REQ_CLRSTATUS] = {0x21, 4, 0, 0, 0},
        [UB_FN_REQ_GETSTATE] = {0xa1, 5, 0, 0, 1},    [UB_FN_REQ_ABORT] = {0x21, 6, 0, 0, 0},
        [UB_FN_REQ_UNKNOWN] = {0x21, 7, 0, 0, 0}};
    return setups[request];
}

/* Brings the function into a state as far as the requests look at it. */
static void put_into(struct bench *b, uint8_t state)
{
    struct ub_dfu_fn *fn = &b->device->fn;
    ub_dfu_fn_start(fn, state, state == UB_FN_ERROR ? UB_FN_STATUS_VENDOR : UB_FN_STATUS_OK);
    if (state == UB_FN_APP_DETACH || state == UB_FN_DNBUSY || state == UB_FN_MANIFEST) {
        fn->detach_until_us = 1000000;
        fn->busy_until_us = 1000000;
    }
    if (state == UB_FN_DNLOAD_SYNC) {
        fn->block_waits = true;
        fn->block_length = 64;
    }
    if (state == UB_FN_DNLOAD_IDLE)
        b->device->plain.begun = true;
}

/* DFU_CLRSTATUS in every state by the two ways of taking it that are not DFU 1.1's. */
static void clears_in_three_ways(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    struct ub_dfu_fn *fn = &b.device->fn;
    const struct ub_setup clear = setup_of(UB_FN_REQ_CLRSTATUS);
    uint16_t length = 0;
    for (uint8_t s = 0; s < UB_FN_STATES; s++) {
        bool odd = s >= UB_FN_IDLE && s != UB_FN_MANIFEST_WAIT_RESET && s != UB_FN_ERROR;
        bool taken = (expected[s][UB_FN_REQ_CLRSTATUS] & 0x80) == 0;
        b.device->spec.dfu.clear = UB_SIM_CLEAR_REFUSED;
        put_into(&b, s);
        assert_int_equal(ub_dfu_fn_control(fn, 0, &clear, b.data, &length), taken);
        if (odd)
            assert_int_equal(fn->state, s);
        b.device->spec.dfu.clear = UB_SIM_CLEAR_LENIENT;
        put_into(&b, s);
        assert_int_equal(ub_dfu_fn_control(fn, 0, &clear, b.data, &length), taken || odd);
        if (!odd)
            continue;
        assert_int_equal(fn->state, UB_FN_ERROR);
        assert_int_equal(fn->status, UB_FN_STATUS_UNKNOWN);
        assert_true(ub_dfu_fn_control(fn, 0, &clear, b.data, &length));
        assert_int_equal(fn->state, UB_FN_IDLE);
        assert_int_equal(fn->status, UB_FN_STATUS_OK);
    }
    bench_close(&b);
}

static void walks_every_cell(void **state)
{
    (void)state;
    struct bench b;
    uint8_t data[64] = {0};
    bench_open(&b, "dfu");
    for (unsigned from = 0; from < UB_FN_STATES; from++) {
        for (unsigned r = 0; r < UB_FN_REQUESTS; r++) {
            const struct ub_setup setup = setup_of((enum ub_dfu_fn_request)r);
            struct ub_dfu_fn *fn = &b.device->fn;
            uint16_t length = 0;
            b.device->plain = (struct ub_sim_plain){.store = &b.device->store};
            put_into(&b, (uint8_t)from);
            bool ok = ub_dfu_fn_control(fn, 1000, &setup, data, &length);
            uint8_t got = (uint8_t)((ok ? 0 : 0x80) | fn->state);
            if (got != expected[from][r])
                fail_msg("state %u, request %u: 0x%02x, not 0x%02x", from, r, got,
                         expected[from][r]);
            if (expected[from][r] == E)
                assert_int_equal(fn->status, UB_FN_STATUS_STALLEDPKT);
            if (ok && r == UB_FN_REQ_GETSTATUS) {
                assert_int_equal(length, 6);
                assert_int_equal(data[4], fn->state);
                assert_int_equal(data[0],
                                 from == UB_FN_ERROR ? UB_FN_STATUS_VENDOR : UB_FN_STATUS_OK);
            }
            if (ok && r == UB_FN_REQ_GETSTATE)
                assert_int_equal(data[0], from);
        }
    }
    bench_close(&b);
}

/* U-Boot took data in the wrong direction for ten years (CVE-2022-2347). */
static void refuses_the_wrong_direction(void **state)
{
    (void)state;
    struct bench b;
    uint8_t data[64] = {0};
    bench_open(&b, "dfu");
    for (unsigned r = 0; r < UB_FN_REQ_UNKNOWN; r++) {
        struct ub_setup setup = setup_of((enum ub_dfu_fn_request)r);
        uint16_t length = 0;
        setup.bmRequestType ^= 0x80;
        put_into(&b, UB_FN_IDLE);
        assert_false(ub_dfu_fn_control(&b.device->fn, 0, &setup, data, &length));
        assert_int_equal(b.device->fn.state, UB_FN_ERROR);
    }
    bench_close(&b);
}

static void refuses_more_than_the_transfer_size(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    assert_int_equal(ask(&b, DNLOAD, 0, 1025), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 0, 1025), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(ask(&b, DNLOAD, 0, 1024), UB_OK);
    assert_int_equal(get_status(&b).bState, UB_FN_DNBUSY);
    bench_close(&b);
}

static void respects_its_attributes(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu-noupload");
    assert_int_equal(ask(&b, UPLOAD, 0, 64), UB_USB_STALL);
    assert_int_equal(get_status(&b).bStatus, UB_FN_STATUS_STALLEDPKT);
    b.device->spec.dfu.bmAttributes = UB_DFU_CAN_UPLOAD;
    make_idle(&b);
    assert_int_equal(ask(&b, DNLOAD, 0, 64), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 0, 64), UB_OK);
    bench_close(&b);
}

/* While it works a plain device tells the time that is left, and the sync state once it is over. */
static void tells_the_time_left(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "dfu");
    memset(b.data, 0x5a, 1024);
    assert_int_equal(ask(&b, DNLOAD, 0, 1024), UB_OK);
    struct status s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_DNBUSY);
    assert_int_equal(s.poll_ms, 47); /* 20 ms for the page, 512 half-words of 52.5 us */
    s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_DNBUSY);
    assert_in_range(s.poll_ms, 46, 47);
    ub_sleep(&b.clock, 47000);
    assert_int_equal(get_state(&b), UB_FN_DNLOAD_SYNC);
    s = get_status(&b);
    assert_int_equal(s.bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(s.poll_ms, 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_every_cell),
        cmocka_unit_test(clears_in_three_ways),
        cmocka_unit_test(refuses_the_wrong_direction),
        cmocka_unit_test(refuses_more_than_the_transfer_size),
        cmocka_unit_test(respects_its_attributes),
        cmocka_unit_test(tells_the_time_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
