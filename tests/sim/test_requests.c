/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chapter 9 of USB 2.0, byte by byte, on a device that nobody has configured yet. */
#include "bench.h"

struct fixture {
    struct ub_sim_device *device;
    uint64_t now;
    uint8_t data[4096];
    struct ub_sim_reply reply;
};

static void make(struct fixture *f, const char *text)
{
    struct ub_sim_spec spec;
    struct ub_error err = {0};
    memset(f, 0, sizeof(*f));
    assert_int_equal(ub_sim_spec_parse(text, &spec, &err), UB_OK);
    assert_int_equal(ub_sim_device_open(&spec, &f->device, &err), UB_OK);
    ub_sim_device_advance(f->device, 0);
    assert_true(f->device->present);
}

static enum ub_sim_answer request(struct fixture *f, uint8_t type, uint8_t request_, uint16_t value,
                                  uint16_t index, uint16_t length)
{
    const struct ub_setup setup = {type, request_, value, index, length};
    ub_sim_device_control(f->device, f->now, &setup, f->data, &f->reply);
    f->now = f->reply.complete_at_us;
    return f->reply.answer;
}

static void sends_its_descriptors(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "stm32f405");
    static const uint8_t device[] = {18,   1,    0x00, 0x01, 0,    0, 0, 64, 0x83,
                                     0x04, 0x11, 0xdf, 0x00, 0x22, 1, 2, 3,  1};
    assert_int_equal(request(&f, 0x80, 6, 0x0100, 0, 64), UB_SIM_ANSWER_OK);
    assert_int_equal(f.reply.length, 18);
    assert_memory_equal(f.data, device, 18);
    static const uint8_t config[] = {9, 2, 54, 0,    1, 1, 0, 0xc0, 50, 9, 4,
                                     0, 0, 0,  0xfe, 1, 2, 4, 9,    4,  0, 1};
    assert_int_equal(request(&f, 0x80, 6, 0x0200, 0, 9), UB_SIM_ANSWER_OK);
    assert_int_equal(f.reply.length, 9);
    assert_int_equal(request(&f, 0x80, 6, 0x0200, 0, 255), UB_SIM_ANSWER_OK);
    assert_int_equal(f.reply.length, 54);
    assert_memory_equal(f.data, config, 14);
    assert_memory_equal(f.data + 14, config + 14, sizeof(config) - 14);
    static const uint8_t language[] = {4, 3, 9, 4};
    assert_int_equal(request(&f, 0x80, 6, 0x0300, 0, 255), UB_SIM_ANSWER_OK);
    assert_memory_equal(f.data, language, 4);
    static const uint8_t serial[] = {26, 3, '3', 0, '5', 0, '7', 0};
    assert_int_equal(request(&f, 0x80, 6, 0x0303, 0x0409, 255), UB_SIM_ANSWER_OK);
    assert_int_equal(f.reply.length, 26);
    assert_memory_equal(f.data, serial, sizeof(serial));
    assert_int_equal(request(&f, 0x80, 6, 0x0307, 0x0409, 255), UB_SIM_ANSWER_OK);
    assert_int_equal(f.reply.length, 2 + 2 * strlen("@Device Feature/0xFFFF0000/01*004 e"));
    assert_int_equal(request(&f, 0x80, 6, 0x0308, 0x0409, 255), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0x80, 6, 0x0201, 0, 9), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0x80, 6, 0x0600, 0, 10), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0x80, 6, 0x0f00, 0, 5), UB_SIM_ANSWER_STALL);
    assert_int_equal(f.device->transfers, 0);
    ub_sim_device_close(f.device);
}

static void is_configured_and_selected(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "stm32f405");
    /* Nothing of the function answers before it is configured. */
    assert_int_equal(request(&f, 0xa1, 5, 0, 0, 1), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0x01, 11, 1, 0, 0), UB_SIM_ANSWER_STALL);
    assert_int_equal(f.device->fn.state, UB_FN_ERROR);
    assert_int_equal(f.device->fn.status, UB_FN_STATUS_FIRMWARE);
    assert_int_equal(request(&f, 0x00, 5, 7, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x00, 9, 2, 0, 0), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0x00, 9, 1, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x80, 8, 0, 0, 1), UB_SIM_ANSWER_OK);
    assert_int_equal(f.data[0], 1);
    assert_int_equal(request(&f, 0x01, 11, 3, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x81, 10, 0, 0, 1), UB_SIM_ANSWER_OK);
    assert_int_equal(f.data[0], 3);
    assert_int_equal(request(&f, 0x01, 11, 4, 0, 0), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0x01, 11, 0, 1, 0), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0xa1, 5, 0, 0, 1), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0xa1, 5, 0, 1, 1), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0xc0, 5, 0, 0, 1), UB_SIM_ANSWER_STALL);
    assert_int_equal(f.device->transfers, 3);
    ub_sim_device_close(f.device);
}

static void answers_the_rest(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "stm32f405");
    assert_int_equal(request(&f, 0x00, 9, 1, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x80, 0, 0, 0, 2), UB_SIM_ANSWER_OK);
    assert_memory_equal(f.data, "\x01\x00", 2);
    assert_int_equal(request(&f, 0x81, 0, 0, 0, 2), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x82, 0, 0, 0, 2), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x82, 0, 0, 0x81, 2), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0x02, 1, 0, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x00, 3, 1, 0, 0), UB_SIM_ANSWER_STALL);
    static const uint8_t functional[] = {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1};
    assert_int_equal(request(&f, 0x81, 6, 0x2100, 0, 9), UB_SIM_ANSWER_OK);
    assert_memory_equal(f.data, functional, 9);
    assert_int_equal(request(&f, 0x81, 6, 0x2200, 0, 9), UB_SIM_ANSWER_STALL);
    ub_sim_device_close(f.device);
    make(&f, "stm32f405,nofunc");
    assert_int_equal(request(&f, 0x00, 9, 1, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x81, 6, 0x2100, 0, 9), UB_SIM_ANSWER_STALL);
    ub_sim_device_close(f.device);
}

/* In runtime mode the DFU interface is the second one. */
static void has_two_faces(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "dfu,mode=runtime");
    assert_int_equal(request(&f, 0x00, 9, 1, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x80, 6, 0x0200, 0, 255), UB_SIM_ANSWER_OK);
    static const uint8_t config[] = {9, 2, 36, 0, 2, 1, 0, 0xc0, 50,   9, 4, 0, 0, 0,   0xff,
                                     0, 0, 0,  9, 4, 1, 0, 0,    0xfe, 1, 1, 0, 9, 0x21};
    assert_int_equal(f.reply.length, 36);
    assert_memory_equal(f.data, config, 13);
    assert_memory_equal(f.data + 14, config + 14, sizeof(config) - 14);
    assert_int_equal(request(&f, 0xa1, 5, 0, 0, 1), UB_SIM_ANSWER_STALL);
    assert_int_equal(request(&f, 0xa1, 5, 0, 1, 1), UB_SIM_ANSWER_OK);
    assert_int_equal(f.data[0], UB_FN_APP_IDLE);
    assert_int_equal(request(&f, 0x01, 11, 0, 1, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x01, 11, 0, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(request(&f, 0x01, 11, 1, 1, 0), UB_SIM_ANSWER_STALL);
    ub_sim_device_close(f.device);
}

static void a_transfer_takes_its_time_on_the_wire(void **state)
{
    (void)state;
    struct fixture f;
    make(&f, "dfu");
    assert_int_equal(request(&f, 0x00, 9, 1, 0, 0), UB_SIM_ANSWER_OK);
    assert_int_equal(f.now, UB_SIM_TRANSFER_US);
    assert_int_equal(request(&f, 0xa1, 2, 0, 0, 1000), UB_SIM_ANSWER_OK);
    assert_int_equal(f.now, 2 * UB_SIM_TRANSFER_US + 16 * UB_SIM_PACKET_US);
    assert_int_equal(f.device->wire_us, f.now);
    ub_sim_device_close(f.device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_its_descriptors),
        cmocka_unit_test(is_configured_and_selected),
        cmocka_unit_test(answers_the_rest),
        cmocka_unit_test(has_two_faces),
        cmocka_unit_test(a_transfer_takes_its_time_on_the_wire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
