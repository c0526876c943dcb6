/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clones and the odd plain devices: who they are on the bus, and what is wrong with each. */
#include "bench.h"

#include "usb/dfu_interface.h"

#define CODE(vid, pid, bcd) ((uint64_t)(vid) << 32 | (uint64_t)(pid) << 16 | (uint64_t)(bcd))

/* Who each one is, as `lsusb -v` would show it. */
static const struct {
    const char *model;
    uint64_t ids;
    const char *manufacturer;
    const char *product;
    const char *serial; /* as its bytes are; "": none */
    const char *name;   /* of the interface; NULL: none */
    uint8_t protocol;
    uint8_t functional[9];
} faces[] = {
    {"gd32vf103",
     CODE(0x28e9, 0x0189, 0x1000),
     "GigaDevice",
     "GD32 0x418 DFU Bootloader",
     "3CBJ",
     "@Internal Flash  /0x08000000/512*002Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1}},
    {"gd32vf103-64k",
     CODE(0x28e9, 0x0189, 0x1000),
     "GigaDevice",
     "GD32 0x418 DFU Bootloader",
     "3C8J",
     "@Internal Flash  /0x08000000/512*002Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1}},
    {"gd32vf103b",
     CODE(0x28e9, 0x0189, 0x0100),
     "GigaDevice",
     "GD32 USB DFU in FS Mode",
     "3CBJ",
     "@Internal Flash  /0x08000000/128*001Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1}},
    {"gd32f103",
     CODE(0x28e9, 0x0189, 0x0100),
     "GigaDevice",
     "GD32 USB DFU in FS Mode",
     "32374D4C3233",
     "@Internal Flash   /0x08000000/16*002Ka,112*002Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1}},
    {"at32f435",
     CODE(0x2e3c, 0xdf11, 0x0200),
     "Artery-Tech",
     "DFU in FS Mode",
     "AT32",
     "@Internal Flash   /0x08000000/08*04Ka,1000*04Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1}},
    {"at32f415",
     CODE(0x2e3c, 0xdf11, 0x0200),
     "Artery-Tech",
     "DFU in FS Mode",
     "AT32",
     "@Internal Flash  /0x08000000/ 128*1Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1}},
    {"apm32",
     CODE(0x314b, 0x0106, 0x0010),
     "Geehy",
     "APM32 DFU ISP Mode",
     "0448",
     "@Internal Flash  /0x8000000/06*002Kg,058*002Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 8, 0x1a, 1}},
    {"hackrf",
     CODE(0x1fc9, 0x000c, 0x0100),
     "NXP",
     "LPC",
     "ABCD",
     "DFU",
     1,
     {7, 0x21, 0x01, 0xe8, 3, 0, 8}},
    {"ubertooth",
     CODE(0x1d50, 0x6003, 0x0100),
     "http://github.com/greatscottgadgets/ubertooth",
     "usb_bootloader",
     "",
     NULL,
     2,
     {9, 0x21, 0x0f, 0x98, 0x3a, 0, 1, 0x01, 1}},
    {"blackmagic",
     CODE(0x1d50, 0x6017, 0x0100),
     "Black Magic Debug",
     "Black Magic Probe DFU v1.10.2",
     "7BB180B4",
     "@Internal Flash   /0x08000000/8*001Ka,120*001Kg",
     2,
     {9, 0x21, 0x0b, 0xff, 0, 0, 4, 0x1a, 1}},
    {"openmoko",
     CODE(0x1457, 0x5119, 0x0000),
     "OpenMoko, Inc",
     "Neo1973 Bootloader U-Boot",
     "0000000",
     "u-boot",
     2,
     {9, 0x21, 0x07, 0x00, 0xff, 0, 16, 0x00, 1}},
    {"jabra",
     CODE(0x0b0e, 0x0411, 0x0100),
     "GN Netcom A/S",
     "Jabra SPEAK 410 USB",
     "50C971AC0B3D",
     NULL,
     0,
     {9, 0x21, 0x07, 0xe8, 3, 0, 4, 0x10, 1}},
    {"mstack",
     CODE(0x273f, 0x1003, 0x0101),
     "Hughski Ltd.",
     "ColorHug+ [DFU]",
     "",
     "@Flash /0x0/1*16Ke",
     2,
     {9, 0x21, 0x0f, 100, 0, 64, 0, 0x10, 1}},
    {"slowmanifest",
     CODE(0x095d, 0x9218, 0x0100),
     "Poly",
     "Poly Studio USB",
     "8L19240A55D0",
     NULL,
     2,
     {9, 0x21, 0x09, 0xe8, 3, 0, 16, 0x10, 1}},
    {"nofunctional",
     CODE(0x1209, 0x000d, 0x0100),
     "unbrick bench",
     "Bench (DFU)",
     "BENCH-000C",
     "Flash",
     2,
     {0}},
};

static uint16_t read_descriptor(struct bench *b, uint16_t value)
{
    const struct ub_setup setup = {0x80, 6, value, 0x0409, 255};
    enum ub_code code = b->transport.ops->control(b->transport.self, b->handle, &setup, b->data,
                                                  1000, &b->actual, &b->err);
    return code ? 0 : b->actual;
}

/* Reads a string with two bytes, or one, for each character. */
static void check_string(struct bench *b, uint8_t index, const char *text, size_t width)
{
    size_t length = strlen(text);
    uint16_t actual = read_descriptor(b, (uint16_t)(0x0300 | index));
    if (length == 0) {
        assert_int_equal(actual, 0);
        return;
    }
    assert_int_equal(actual, 2 + length * width);
    assert_int_equal(b->data[0], actual);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(b->data[2 + i * width], text[i]);
}

static void each_shows_its_own_face(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(faces) / sizeof(faces[0]); i++) {
        struct bench b;
        bench_open(&b, faces[i].model);
        assert_int_equal(read_descriptor(&b, 0x0100), 18);
        assert_int_equal(CODE(b.data[8] | b.data[9] << 8, b.data[10] | b.data[11] << 8,
                              b.data[12] | b.data[13] << 8),
                         faces[i].ids);
        assert_int_equal(b.data[16] != 0, faces[i].serial[0] != '\0');
        uint16_t length = read_descriptor(&b, 0x0200);
        assert_int_equal(b.data[9 + 7], faces[i].protocol);
        assert_int_equal(b.data[9 + 8], faces[i].name ? 4 : 0);
        uint8_t functional = faces[i].functional[0];
        assert_memory_equal(b.data + length - functional, faces[i].functional, functional);
        assert_int_equal(length, 9 + 9 * b.device->store.count + functional);
        check_string(&b, 1, faces[i].manufacturer, 2);
        check_string(&b, 2, faces[i].product, 2);
        check_string(&b, 3, faces[i].serial, strncmp(faces[i].serial, "3C", 2) == 0 ? 1 : 2);
        check_string(&b, 4, faces[i].name ? faces[i].name : "", 2);
        bench_close(&b);
    }
}

/* Writes one block of a plain stream; returns the status it ends with. */
static struct status write_block(struct bench *b, uint16_t number, uint16_t length, uint8_t fill)
{
    memset(b->data, fill, length);
    assert_int_equal(ask(b, DNLOAD, number, length), UB_OK);
    struct status s = get_status(b);
    for (; s.bState == UB_FN_DNBUSY; s = get_status(b))
        ub_sleep(&b->clock, 10000);
    return s;
}

/* ---- GigaDevice --------------------------------------------------------------------------- */

static void gd32vf103_erases_half_of_what_its_map_says(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "gd32vf103");
    make_idle(&b);
    assert_null(ub_sim_device_memory(b.device, 0x08020000, 1)); /* 128 KiB, not 1 MiB */
    memset(ub_sim_device_memory(b.device, 0x08000000, 2048), 0x12, 2048);
    assert_int_equal(command(&b, 0x41, 0x08000000).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x080003ff, 1), 0xff);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x08000400, 1), 0x12);
    assert_int_equal(counts(&b).busy_us, 50000);
    assert_int_equal(command(&b, 0x21, 0x08020000).bStatus, UB_FN_STATUS_TARGET);
    bench_close(&b);
    bench_open(&b, "gd32vf103-64k");
    assert_non_null(ub_sim_device_memory(b.device, 0x0800ffff, 1));
    assert_null(ub_sim_device_memory(b.device, 0x08010000, 1));
    bench_close(&b);
}

/* What the first of the two answers claims, in milliseconds. */
static uint32_t claims(struct bench *b, uint16_t block, const void *bytes, uint16_t length)
{
    memcpy(b->data, bytes, length);
    assert_int_equal(ask(b, DNLOAD, block, length), UB_OK);
    struct status s = get_status(b);
    assert_int_equal(s.bState, UB_FN_DNBUSY);
    assert_int_equal(get_status(b).bState, UB_FN_DNLOAD_IDLE);
    return s.poll_ms;
}

static void gd32_claims_the_same_whatever_it_does(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        uint32_t pointer, erase, write;
        uint32_t address;
    } rows[] = {{"gd32vf103", 100, 100, 104, 0x08000000},
                {"gd32vf103b", 80, 60, 80, 0x08000000},
                {"gd32f103", 80, 60, 80, 0x08008000}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        uint8_t set[5] = {0x21};
        uint8_t erase[5] = {0x41};
        ub_put_u32le(&set[1], rows[i].address);
        ub_put_u32le(&erase[1], rows[i].address);
        bench_open(&b, rows[i].model);
        make_idle(&b);
        uint64_t before = ub_now(&b.clock);
        assert_int_equal(claims(&b, 0, set, 5), rows[i].pointer);
        assert_true(ub_now(&b.clock) - before < 2000); /* ...and takes none of it */
        assert_int_equal(claims(&b, 0, erase, 5), rows[i].erase);
        assert_int_equal(claims(&b, 2, "abcd", 4), rows[i].write);
        bench_close(&b);
    }
}

static void gd32vf103_does_not_program_what_is_not_blank(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "gd32vf103b");
    memset(ub_sim_device_memory(b.device, 0x08000000, 4), 0x00, 4);
    assert_int_equal(download(&b, 2, "\x12\x34\x56\x78", 4).bStatus, UB_FN_STATUS_OK);
    assert_memory_equal(ub_sim_device_memory(b.device, 0x08000000, 4), "\0\0\0\0", 4);
    b.data[0] = 0x41;
    assert_int_equal(ask(&b, DNLOAD, 0, 1), UB_USB_STALL); /* no mass erase */
    bench_close(&b);
    bench_open(&b, "gd32vf103");
    make_idle(&b);
    assert_int_equal(download(&b, 0, "\x41", 1).bState, UB_FN_DNLOAD_IDLE);
    bench_close(&b);
}

static void gd32_serial_number_is_bytes(void **state)
{
    (void)state;
    struct bench b;
    struct ub_usb_list list;
    bench_open(&b, "gd32vf103");
    assert_int_equal(read_descriptor(&b, 0x0303), 6);
    assert_memory_equal(b.data,
                        "\x06\x03"
                        "3CBJ",
                        6);
    /* The system takes them for UTF-16 and shows two Chinese characters. */
    assert_int_equal(b.transport.ops->enumerate(b.transport.self, &list, &b.err), UB_OK);
    assert_string_equal(list.items[0].serial, "\xe4\x8c\xb3\xe4\xa9\x82");
    ub_usb_list_free(&list);
    bench_close(&b);
}

/* How the status question behind "leave" ends. */
static enum ub_code leave_with(const char *spec)
{
    struct bench b;
    bench_open(&b, spec);
    make_idle(&b);
    assert_int_equal(download(&b, 2, "\x6f\0\0\0", 4).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(ask(&b, DNLOAD, 0, 0), UB_OK);
    enum ub_code code = get_status(&b).code;
    while (wait_change(&b, 2000000))
        continue;
    assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
    assert_true(b.device->present);
    bench_close(&b);
    return code;
}

static void gd32_leaves_as_the_seed_has_it(void **state)
{
    (void)state;
    unsigned seen = 0;
    for (unsigned seed = 0; seed < 24; seed++) {
        char spec[64];
        (void)snprintf(spec, sizeof(spec), "gd32vf103,seed=%u", seed);
        enum ub_code code = leave_with(spec);
        assert_int_equal(leave_with(spec), code);
        assert_true(code == UB_OK || code == UB_USB_STALL || code == UB_USB_GONE);
        seen |= code == UB_OK ? 1u : code == UB_USB_STALL ? 2u : 4u;
    }
    assert_int_equal(seen, 7);
    assert_int_equal(leave_with("gd32vf103,leave=well"), UB_OK);
}

static void gd32f103_takes_its_400_ms(void **state)
{
    (void)state;
    static const char *const specs[] = {"gd32f103", "gd32f103,speed=typical",
                                        "gd32f103,speed=slow"};
    static const uint32_t us[] = {50000, 50000, 400000};
    for (size_t i = 0; i < 3; i++) {
        struct bench b;
        bench_open(&b, specs[i]);
        assert_int_equal(command(&b, 0x41, 0x08008000).bState, UB_FN_DNLOAD_IDLE);
        assert_int_equal(counts(&b).busy_us, us[i]);
        assert_int_equal(command(&b, 0x41, 0x08007800).bStatus, UB_FN_STATUS_TARGET);
        bench_close(&b);
    }
}

/* ---- Artery, Geehy, Black Magic ----------------------------------------------------------- */

static void a_bootloader_keeps_its_own_area(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        uint32_t own;
        uint32_t first;
    } rows[] = {{"at32f435", 0x08007fff, 0x08008000},
                {"gd32f103", 0x08007fff, 0x08008000},
                {"blackmagic", 0x08001fff, 0x08002000}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_open(&b, rows[i].model);
        *ub_sim_device_memory(b.device, rows[i].own, 1) = 0x12;
        memset(b.data, 0x41, 1);
        uint8_t erase[5] = {0x41};
        ub_put_u32le(&erase[1], rows[i].own);
        memcpy(b.data, erase, 5);
        assert_int_equal(ask(&b, DNLOAD, 0, 5), UB_OK);
        (void)get_status(&b);
        struct status s = get_status(&b);
        for (; s.bState == UB_FN_DNBUSY; s = get_status(&b))
            ub_sleep(&b.clock, 1000);
        assert_int_equal(s.bStatus, UB_FN_STATUS_TARGET);
        assert_int_equal(*ub_sim_device_memory(b.device, rows[i].own, 1), 0x12);
        make_idle(&b);
        ub_put_u32le(&erase[1], rows[i].first);
        memcpy(b.data, erase, 5);
        assert_int_equal(ask(&b, DNLOAD, 0, 5), UB_OK);
        for (s = get_status(&b); s.bState == UB_FN_DNBUSY; s = get_status(&b))
            ub_sleep(&b.clock, 1000);
        assert_int_equal(s.bStatus, UB_FN_STATUS_OK);
        bench_close(&b);
    }
}

static void option_bytes_go_by_odd_names(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        const char *name;
        uint32_t address;
    } rows[] = {{"gd32vf103", "@Option Bytes  /0x1FFFF800/01*016 g", 0x1ffff800},
                {"at32f435", "@Option byte   /0x1FFFC000/01*4096 g", 0x1fffc000},
                {"at32f415", "@Option Byte   /0x1FFFF800/02*016 e", 0x1ffff800},
                {"apm32", "@Option Bytes  /0x1FFFF800/01*016 e", 0x1ffff800}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_open(&b, rows[i].model);
        check_string(&b, 5, rows[i].name, 2);
        assert_memory_equal(ub_sim_device_memory(b.device, rows[i].address, 2), "\xa5\x5a", 2);
        bench_close(&b);
    }
}

static void blackmagic_is_busy_for_no_time_at_all(void **state)
{
    (void)state;
    struct bench b;
    unsigned answers = 0;
    bench_open(&b, "blackmagic");
    uint8_t set[5] = {0x21, 0x00, 0x20, 0x00, 0x08};
    memcpy(b.data, set, 5);
    assert_int_equal(ask(&b, DNLOAD, 0, 5), UB_OK);
    while (get_status(&b).bState == UB_FN_DNBUSY)
        continue;
    memset(b.data, 0x11, 1024);
    assert_int_equal(ask(&b, DNLOAD, 2, 1024), UB_OK);
    for (struct status s = get_status(&b); s.bState == UB_FN_DNBUSY; s = get_status(&b)) {
        assert_int_equal(s.poll_ms, 0);
        answers++;
    }
    assert_in_range(answers, 50, 200); /* 26.9 ms of programming at 303 us a question */
    assert_int_equal(*ub_sim_device_memory(b.device, 0x08002000, 1), 0x11);
    bench_close(&b);
}

/* ---- HackRF ------------------------------------------------------------------------------- */

#define GOOD_PREFIX "\xda\xff\x02\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static struct status send_hackrf(struct bench *b, const char *prefix, uint16_t length)
{
    memset(b->data, 0x55, length);
    memcpy(b->data, prefix, length < 16 ? length : 16);
    assert_int_equal(ask(b, DNLOAD, 0, length), UB_OK);
    (void)get_status(b);
    return get_status(b);
}

static void hackrf_wants_the_prefix(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        uint16_t length;
        uint8_t status;
    } rows[] = {
        {"an image without", 1040, UB_FN_STATUS_FILE},
        {GOOD_PREFIX, 1040, UB_FN_STATUS_OK},
        {GOOD_PREFIX, 15, UB_FN_STATUS_FILE},
        {GOOD_PREFIX, 1041, UB_FN_STATUS_FILE}, /* more than it announces */
        {"\x1a\x3f\x02\x00\0\0\0\0\0\0\0\0\0\0\0\0", 1040, UB_FN_STATUS_OK}, /* dfu-prefix's */
        {"\x1a\x3f\x00\x00\0\0\0\0\0\0\0\0\0\0\0\0", 1040, UB_FN_STATUS_FILE},
        {"\x1b\x3f\x02\x00\0\0\0\0\0\0\0\0\0\0\0\0", 1040, UB_FN_STATUS_FILE},
        {"\x1a\x3e\x02\x00\0\0\0\0\0\0\0\0\0\0\0\0", 1040, UB_FN_STATUS_FILE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        bench_open(&b, "hackrf");
        struct status s = send_hackrf(&b, rows[i].prefix, rows[i].length);
        if (s.bStatus != rows[i].status)
            fail_msg("row %zu: status %u", i, s.bStatus);
        bool good = rows[i].status == UB_FN_STATUS_OK;
        assert_int_equal(s.bState, good ? UB_FN_DNLOAD_IDLE : UB_FN_ERROR);
        assert_int_equal(*ub_sim_device_memory(b.device, 0x10000000, 1), good ? 0x55 : 0xff);
        bench_close(&b);
    }
}

static void hackrf_cannot_be_read_and_vanishes(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "hackrf");
    assert_int_equal(ask(&b, UPLOAD, 0, 64), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(send_hackrf(&b, GOOD_PREFIX, 1040).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(ask(&b, DNLOAD, 1, 0), UB_OK);
    assert_int_equal(get_status(&b).code, UB_USB_GONE);
    while (wait_change(&b, 2000000))
        continue;
    assert_int_equal(ub_sim_device_identity(b.device)->pid, 0x6089);
    bench_close(&b);
}

/* ---- Ubertooth ---------------------------------------------------------------------------- */

static void ubertooth_takes_whole_blocks_at_their_place(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "ubertooth");
    memset(ub_sim_device_memory(b.device, 0x4000, 4096), 0x12, 4096);
    assert_int_equal(ask(&b, DNLOAD, 0, 256), UB_USB_STALL); /* the bootloader's own */
    make_idle(&b);
    assert_int_equal(ask(&b, DNLOAD, 63, 256), UB_USB_STALL);
    make_idle(&b);
    assert_int_equal(ask(&b, DNLOAD, 64, 255), UB_USB_STALL); /* not whole */
    make_idle(&b);
    assert_int_equal(write_block(&b, 64, 256, 0x77).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(write_block(&b, 65, 256, 0x78).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x40ff, 1), 0x77);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x4100, 1), 0x78);
    assert_int_equal(*ub_sim_device_memory(b.device, 0x4200, 1), 0xff);
    assert_int_equal(counts(&b).erases, 1);
    assert_int_equal(counts(&b).busy_us, 100000 + 2 * 1000);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 65, 256), UB_OK);
    assert_int_equal(b.data[0], 0x78);
    assert_int_equal(get_state(&b), UB_FN_IDLE);
    assert_int_equal(get_status(&b).poll_ms, 20);
    assert_int_equal(ask(&b, UPLOAD, 1023, 256), UB_OK);
    assert_int_equal(ask(&b, UPLOAD, 1024, 256), UB_USB_STALL);
    assert_int_equal(get_status(&b).bStatus, UB_FN_STATUS_ADDRESS);
    bench_close(&b);
}

/* ---- The others --------------------------------------------------------------------------- */

static void openmoko_says_70_minutes(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, "openmoko");
    assert_int_equal(get_status(&b).poll_ms, 0x404040);
    assert_int_equal(write_block(&b, 0, 4096, 0x33).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(counts(&b).busy_us, 2000 + 32 * 50);
    check_string(&b, 5, "u-boot_env", 2);
    bench_close(&b);
}

static void jabra_uploads_rubbish(void **state)
{
    (void)state;
    struct bench b;
    uint8_t first[64];
    bench_open(&b, "jabra");
    assert_int_equal(ask(&b, UPLOAD, 0, 64), UB_OK);
    memcpy(first, b.data, 64);
    assert_memory_not_equal(first, ub_sim_device_memory(b.device, 0, 64), 64);
    make_idle(&b);
    assert_int_equal(ask(&b, UPLOAD, 0, 64), UB_OK);
    assert_memory_equal(first, b.data,
                        64); /* the same rubbish twice: reading twice tells nothing */
    bench_close(&b);
}

static void mstack_starts_nothing_untouched(void **state)
{
    (void)state;
    for (int touched = 0; touched < 2; touched++) {
        struct bench b;
        bench_open(&b, "mstack");
        *ub_sim_device_memory(b.device, 0, 1) = 0x12; /* there is a firmware */
        if (touched)
            assert_int_equal(ask(&b, UPLOAD, 0, 64), UB_OK);
        assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err),
                         touched ? UB_USB_GONE : UB_OK);
        while (wait_change(&b, 2000000))
            continue;
        assert_int_equal(b.device->mode, touched ? UB_MODE_RUNTIME : UB_MODE_DFU);
        bench_close(&b);
    }
}

static void slowmanifest_takes_three_minutes(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        struct bench b;
        bench_open(&b, "slowmanifest");
        assert_int_equal(write_block(&b, 0, 4096, 0x33).bState, UB_FN_DNLOAD_IDLE);
        assert_int_equal(ask(&b, DNLOAD, 1, 0), UB_OK);
        struct status s = get_status(&b);
        assert_int_equal(s.bState, UB_FN_MANIFEST);
        assert_int_equal(s.poll_ms, 0);
        ub_sleep(&b.clock, 170000000);
        assert_int_equal(get_status(&b).bState, UB_FN_MANIFEST);
        if (reset) {
            /* the image is lost */
            assert_int_equal(b.transport.ops->reset(b.transport.self, b.handle, &b.err), UB_OK);
            assert_int_equal(get_status(&b).bStatus, UB_FN_STATUS_FIRMWARE);
        } else {
            while (wait_change(&b, 11000000))
                continue;
            assert_int_equal(b.device->mode, UB_MODE_RUNTIME);
            assert_true(b.device->present);
        }
        bench_close(&b);
    }
}

static void nofunctional_takes_any_block_it_can_hold(void **state)
{
    (void)state;
    struct bench b;
    const struct ub_setup setup = {0x81, 6, 0x2100, 0, 9};
    bench_open(&b, "nofunctional");
    assert_int_equal(b.transport.ops->control(b.transport.self, b.handle, &setup, b.data, 1000,
                                              &b.actual, &b.err),
                     UB_USB_STALL);
    assert_int_equal(write_block(&b, 0, 64, 0x11).bState, UB_FN_DNLOAD_IDLE);
    assert_int_equal(ask(&b, DNLOAD, 1, 1025), UB_USB_STALL);
    bench_close(&b);
}

/* Every model of the bench, by whoever it was made: it can be found, opened and asked. */
static void every_model_can_be_talked_to(void **state)
{
    (void)state;
    for (size_t i = 0; ub_sim_model_at(i); i++) {
        const struct ub_sim_model *model = ub_sim_model_at(i);
        struct bench b;
        struct ub_usb_list list;
        struct ub_dfu_interface interface;
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(model->name, ub_sim_model_at(j)->name);
        bench_open(&b, model->name);
        assert_int_equal(b.transport.ops->enumerate(b.transport.self, &list, &b.err), UB_OK);
        if (!ub_dfu_interface_find(list.items[0].config, list.items[0].config_length, &interface))
            fail_msg("%s has no DFU interface", model->name);
        assert_int_equal(interface.alt_count, b.device->store.count);
        assert_int_equal(interface.functional.present, b.device->spec.dfu.functional);
        assert_true(list.items[0].vid != 0 && list.items[0].product[0] != '\0');
        ub_usb_list_free(&list);
        make_idle(&b);
        assert_int_equal(counts(&b).bit_violations, 0);
        bench_close(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_shows_its_own_face),
        cmocka_unit_test(gd32vf103_erases_half_of_what_its_map_says),
        cmocka_unit_test(gd32_claims_the_same_whatever_it_does),
        cmocka_unit_test(gd32vf103_does_not_program_what_is_not_blank),
        cmocka_unit_test(gd32_serial_number_is_bytes),
        cmocka_unit_test(gd32_leaves_as_the_seed_has_it),
        cmocka_unit_test(gd32f103_takes_its_400_ms),
        cmocka_unit_test(a_bootloader_keeps_its_own_area),
        cmocka_unit_test(option_bytes_go_by_odd_names),
        cmocka_unit_test(blackmagic_is_busy_for_no_time_at_all),
        cmocka_unit_test(hackrf_wants_the_prefix),
        cmocka_unit_test(hackrf_cannot_be_read_and_vanishes),
        cmocka_unit_test(ubertooth_takes_whole_blocks_at_their_place),
        cmocka_unit_test(openmoko_says_70_minutes),
        cmocka_unit_test(jabra_uploads_rubbish),
        cmocka_unit_test(mstack_starts_nothing_untouched),
        cmocka_unit_test(slowmanifest_takes_three_minutes),
        cmocka_unit_test(nofunctional_takes_any_block_it_can_hold),
        cmocka_unit_test(every_model_can_be_talked_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
