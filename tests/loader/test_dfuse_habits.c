/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every habit is obeyed, and so is who knows more of the device. */
#include "base/text.h"
#include "mock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#define FLASH 0x08000000u
#define BLOCK 2048u

static struct mock mock;
static struct ub_loader *loader;
static struct ub_error err;
static struct ub_loader_habits *habits;
static uint8_t buffer[16 * 1024];

static int setup(void **state)
{
    (void)state;
    mock_init(&mock, 0x011a);
    habits = &mock.port.habits;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (loader)
        loader->ops->close(loader);
    loader = NULL;
    return 0;
}

static enum ub_code try_open(void)
{
    return ub_loader_for(&mock.interface)->open(&mock.port, &loader, &err);
}

static const struct ub_region *open_it(void)
{
    size_t count;
    assert_int_equal(try_open(), UB_OK);
    const struct ub_region *regions = loader->ops->regions(loader, &count);
    assert_true(count > 0);
    mock_forget(&mock);
    return regions;
}

static struct ub_loader_caps caps_of(void)
{
    struct ub_loader_caps caps;
    loader->ops->caps(loader, &caps);
    return caps;
}

static void memory_map_takes_the_place_of_the_first_name(void **state)
{
    (void)state;
    size_t count;
    mock.strings[1] = "@Internal Flash  /0x08000000/512*002Kg";
    habits->memory_map = "@Internal Flash  /0x08000000/128*001Kg";
    const struct ub_region *regions = open_it();
    assert_int_equal(regions[0].runs[0].count, 128);
    assert_int_equal(regions[0].runs[0].size, 1024);
    teardown(NULL);
    /* also of one that cannot be read at all */
    mock.strings[1] = "@Internal Flash  /0x0800";
    regions = open_it();
    (void)loader->ops->regions(loader, &count);
    assert_int_equal(count, 1);
    assert_int_equal(regions[0].runs[0].count, 128);
}

struct adviser {
    unsigned asked;
    char name[64];
    size_t count;
    const char *map;
    uint16_t version;
};

static void advise(void *self, const char *const *names, size_t count, struct ub_loader_habits *to)
{
    struct adviser *adviser = self;
    adviser->asked++;
    adviser->count = count;
    (void)ub_print(adviser->name, sizeof(adviser->name), "%s", names[0]);
    for (size_t i = 0; i < count; i++)
        assert_non_null(names[i]);
    if (adviser->map)
        to->memory_map = adviser->map;
    if (adviser->version)
        to->bcdDFUVersion = adviser->version;
    to->transfer_size_max = 1024;
}

static void adviser_is_asked_once_with_the_names(void **state)
{
    (void)state;
    struct adviser adviser = {.map = "@Other /0x20000000/4*1Kg"};
    mock.port.adviser = (struct ub_loader_adviser){.advise = advise, .self = &adviser};
    mock.interface.alt_count = 3;
    for (uint8_t i = 0; i < 3; i++) {
        mock.interface.alts[i].alt = i;
        mock.interface.alts[i].iInterface = (uint8_t)(i + 1);
    }
    mock.interface.alts[2].iInterface = 0; /* one without a name */
    mock.strings[2] = "@Option Bytes  /0x1FFFC000/01*016 e";
    const struct ub_region *regions = open_it();
    assert_int_equal(adviser.asked, 1);
    assert_int_equal(adviser.count, 3);
    assert_int_equal(strncmp(adviser.name, "@Internal Flash", 15), 0);
    assert_int_equal(regions[0].runs[0].address, 0x20000000);
    assert_int_equal(caps_of().transfer_size, 1024);
    teardown(NULL);
    /* what it says of the version decides who the loader is */
    adviser = (struct adviser){.version = 0x0110};
    (void)open_it();
    assert_string_equal(loader->ops->name, "DFU 1.1");
}

static void version_is_believed_instead_of_the_devices(void **state)
{
    (void)state;
    habits->bcdDFUVersion = 0x0110; /* LeafLabs Maple */
    (void)open_it();
    assert_string_equal(loader->ops->name, "DFU 1.1");
    assert_false(caps_of().addressed);
}

static void functional_descriptor_is_not_asked_for(void **state)
{
    (void)state;
    static const uint8_t functional[] = {9, 0x21, 3, 255, 0, 0, 8, 0x1a, 1};
    mock.interface.functional.present = false;
    mock.functional = functional;
    mock.functional_length = sizeof(functional);
    mock.interface.functional.wTransferSize = 64;
    habits->descriptor_mute = true;
    (void)open_it();
    assert_int_equal(caps_of().transfer_size, 64);
    teardown(NULL);
    habits->descriptor_mute = false;
    mock.interface.functional.bcdDFUVersion = 0x0110;
    (void)open_it();
    assert_int_equal(caps_of().transfer_size, 2048);
}

/* The device still counts in its own blocks; each of the smaller ones gets its own pointer, which
 * is right for devices that count in what is asked for as well. */
static void blocks_are_no_larger_than_allowed(void **state)
{
    (void)state;
    size_t actual;
    habits->transfer_size_max = 128;
    const struct ub_region *region = open_it();
    assert_int_equal(caps_of().transfer_size, 128);
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, 300, &actual, &err), UB_OK);
    assert_int_equal(loader->ops->write(loader, region, FLASH + 512, buffer, 256, &err), UB_OK);
    const uint32_t addresses[] = {FLASH, FLASH + 128, FLASH + 256, FLASH + 512, FLASH + 640};
    assert_memory_equal(mock.touched, addresses, sizeof(addresses));
    for (size_t i = 0; i < mock.log_length; i++) {
        assert_true(mock.log[i].length <= 128);
        if (mock.log[i].request == DFU_UPLOAD ||
            (mock.log[i].request == DFU_DNLOAD && mock.log[i].value))
            assert_int_equal(mock.log[i].value, 2);
    }
    /* a limit that is none */
    teardown(NULL);
    habits->transfer_size_max = 4096;
    (void)open_it();
    assert_int_equal(caps_of().transfer_size, 2048);
}

static void uploads_that_lie_are_not_asked_for(void **state)
{
    (void)state;
    size_t actual;
    habits->no_upload = true;
    const struct ub_region *region = open_it();
    assert_false(caps_of().can_read);
    assert_int_equal(loader->ops->read(loader, region, FLASH, buffer, 4, &actual, &err),
                     UB_DFU_NO_UPLOAD);
    assert_int_equal(mock.log_length, 0);
}

static void mass_erase_that_is_missing_is_not_sent(void **state)
{
    (void)state;
    habits->no_erase_all = true;
    (void)open_it();
    assert_int_equal(loader->ops->erase_all(loader, &err), UB_DFU_COMMAND);
    assert_int_equal(mock.log_length, 0);
}

static void habits_that_come_later_count(void **state)
{
    (void)state;
    struct ub_loader_habits later = {.no_erase_all = true, .transfer_size_max = 64};
    (void)open_it();
    loader->ops->adopt(loader, &later);
    assert_int_equal(loader->ops->erase_all(loader, &err), UB_DFU_COMMAND);
    assert_int_equal(caps_of().transfer_size, 64);
}

/* Zero is a device of which nothing is known; it has deadlines all the same. */
static void silence_means_what_every_device_gets(void **state)
{
    (void)state;
    *habits = (struct ub_loader_habits){.erased_value = 0xff};
    const struct ub_region *region = open_it();
    const struct mock_step stuck[] = {TAKES(DFU_DNLOAD, 0), STATUS_FOREVER(0, 500, 4)};
    PLAY(&mock, stuck);
    uint64_t began = mock.time.now;
    assert_int_equal(loader->ops->erase(loader, region, FLASH, &err), UB_DFU_BUSY);
    assert_true(mock.time.now - began >= DFU_ERASE_MS * UINT64_C(1000));
    assert_true(mock.time.now - began < (DFU_ERASE_MS + 1000) * UINT64_C(1000));
}

static void pointer_to_leave_with_is_the_devices_own(void **state)
{
    (void)state;
    habits->has_leave_address = true; /* STM32WB55 */
    habits->leave_address = 0x080fffff;
    (void)open_it();
    assert_int_equal(loader->ops->leave(loader, FLASH, &err), UB_OK);
    assert_int_equal(mock.pointer, 0x080fffff);
    assert_int_equal(mock.log[2].length, 0);
}

static void one_block_is_read_before_leaving(void **state)
{
    (void)state;
    habits->upload_to_run = true;
    (void)open_it();
    assert_int_equal(loader->ops->leave(loader, FLASH, &err), UB_OK);
    assert_int_equal(mock_count(&mock, DFU_UPLOAD), 1);
    assert_int_equal(mock.touched[0], FLASH);
    assert_int_equal(mock.log[mock.log_length - 2].request, DFU_DNLOAD);
    assert_int_equal(mock.log[mock.log_length - 2].length, 0);
}

static void ecc(uint16_t unit)
{
    habits->write_once = true;
    habits->program_unit = unit;
    mock.interface.functional.wTransferSize = 64;
}

static void writing_begins_at_a_whole_unit(void **state)
{
    (void)state;
    ecc(32);
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH + 16, buffer, 32, &err),
                     UB_MEM_RANGE);
    assert_int_equal(mock.log_length, 0);
    assert_int_equal(loader->ops->write(loader, region, FLASH + 32, buffer, 32, &err), UB_OK);
}

/* The rest of the last unit is filled up, if it is known to be blank. */
static void writing_ends_at_a_whole_unit(void **state)
{
    (void)state;
    ecc(8);
    const struct ub_region *region = open_it();
    const struct mock_step blank[] = {
        TAKES(DFU_DNLOAD, 0),
        STATUS(0, 0, 5),
        TAKES(DFU_DNLOAD, 2),
        STATUS(0, 0, 5),
        TAKES(DFU_DNLOAD, 0),
        STATUS(0, 0, 5),
        TAKES(DFU_ABORT, 0),
        {.request = DFU_UPLOAD, .value = 2, .length = 3, .answer = {255, 255, 255}},
        TAKES(DFU_ABORT, 0)};
    PLAY(&mock, blank);
    memset(buffer, 0x33, 128);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 64 + 5, &err), UB_OK);
    mock_played(&mock);
    const struct mock_entry *asked = &mock.log[4];
    assert_memory_equal(asked->data, "\x21\x45\x00\x00\x08", 5); /* behind the data */
    const struct mock_entry *last = &mock.log[mock.log_length - 2];
    assert_int_equal(last->length, 8);
    assert_memory_equal(last->data, "\x33\x33\x33\x33\x33\xff\xff\xff", 8);
    assert_int_equal(mock.touched[mock.touched_count - 1], FLASH + 64);
}

static void unit_that_is_not_blank_is_not_touched(void **state)
{
    (void)state;
    ecc(8);
    const struct ub_region *region = open_it();
    const struct mock_step used[] = {
        TAKES(DFU_DNLOAD, 0),
        STATUS(0, 0, 5),
        TAKES(DFU_ABORT, 0),
        {.request = DFU_UPLOAD, .value = 2, .length = 3, .answer = {255, 254, 255}}};
    PLAY(&mock, used);
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 5, &err), UB_MEM_RANGE);
    mock_played(&mock);
    teardown(NULL);
    habits->no_upload = true; /* nor is what cannot be read */
    region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 5, &err), UB_MEM_RANGE);
    assert_int_equal(mock_count(&mock, DFU_DNLOAD), 0);
}

static void blocks_hold_whole_units(void **state)
{
    (void)state;
    ecc(32);
    habits->transfer_size_max = 48;
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 96, &err), UB_OK);
    for (size_t i = 0; i < mock.log_length; i++)
        if (mock.log[i].request == DFU_DNLOAD && mock.log[i].value)
            assert_int_equal(mock.log[i].length, 32);
    teardown(NULL);
    habits->transfer_size_max = 16; /* too small for one */
    region = open_it();
    assert_int_equal(loader->ops->write(loader, region, FLASH, buffer, 96, &err),
                     UB_DFU_TRANSFER_SIZE);
}

static void memory_that_nothing_erases_is_not_filled_up(void **state)
{
    (void)state;
    ecc(8);
    mock.strings[1] = "@OTP Memory /0x1FFF7000/01*1024 e";
    const struct ub_region *region = open_it();
    assert_int_equal(loader->ops->write(loader, region, 0x1fff7000, buffer, 5, &err), UB_MEM_RANGE);
    assert_int_equal(mock.log_length, 0);
    assert_int_equal(loader->ops->write(loader, region, 0x1fff7000, buffer, 16, &err), UB_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(memory_map_takes_the_place_of_the_first_name),
        TEST(adviser_is_asked_once_with_the_names),
        TEST(version_is_believed_instead_of_the_devices),
        TEST(functional_descriptor_is_not_asked_for),
        TEST(blocks_are_no_larger_than_allowed),
        TEST(uploads_that_lie_are_not_asked_for),
        TEST(mass_erase_that_is_missing_is_not_sent),
        TEST(habits_that_come_later_count),
        TEST(silence_means_what_every_device_gets),
        TEST(pointer_to_leave_with_is_the_devices_own),
        TEST(one_block_is_read_before_leaving),
        TEST(writing_begins_at_a_whole_unit),
        TEST(writing_ends_at_a_whole_unit),
        TEST(unit_that_is_not_blank_is_not_touched),
        TEST(blocks_hold_whole_units),
        TEST(memory_that_nothing_erases_is_not_filled_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
