/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "fake.h"
#include "inspect/vectors.h"

#include <string.h>

static const struct ub_flash_options careful;

/** An image of one segment. */
static struct ub_image *image_of(int alt, bool has_address, uint64_t address, const uint8_t *data,
                                 size_t length)
{
    struct ub_image *image = NULL;
    assert_int_equal(ub_image_new("test", &image, NULL), UB_OK);
    assert_int_equal(ub_image_add(image, alt, has_address, address, data, length, NULL), UB_OK);
    assert_int_equal(ub_image_finish(image, NULL), UB_OK);
    return image;
}

static enum ub_code place(int alt, bool has_address, uint64_t address, size_t length,
                          const struct ub_flash_options *options, uint64_t *where)
{
    struct fake fake;
    static uint8_t data[2 * FAKE_SIZE];
    struct ub_placement placement;
    fake_init(&fake, 0xff);
    memset(data, 0x5a, sizeof(data));
    struct ub_image *image = image_of(alt, has_address, address, data, length);
    enum ub_code code = ub_place_image(&fake.target, image, options, &placement, NULL);
    if (!code && where)
        *where = placement.pieces[0].address;
    if (!code)
        ub_placement_free(&placement);
    ub_image_close(image);
    return code;
}

static void addresses_are_checked(void **state)
{
    uint64_t where = 0;
    assert_int_equal(place(-1, true, FAKE_BASE + 100, 10, &careful, &where), UB_OK);
    assert_int_equal(where, FAKE_BASE + 100);
    assert_int_equal(place(-1, true, FAKE_BASE, FAKE_SIZE, &careful, NULL), UB_OK);
    assert_int_equal(place(-1, true, FAKE_BASE, FAKE_SIZE + 1, &careful, NULL),
                     UB_IMG_DOES_NOT_FIT);
    assert_int_equal(place(-1, true, 0x20000000, 4, &careful, NULL), UB_MEM_OUTSIDE);
    assert_int_equal(place(-1, true, FAKE_BASE - 1, 4, &careful, NULL), UB_MEM_OUTSIDE);
    assert_int_equal(place(-1, true, UINT64_MAX - 1, 1, &careful, NULL), UB_MEM_OUTSIDE);
}

static void one_way_regions_need_their_name(void **state)
{
    struct ub_flash_options named = {.write_option_bytes = true};
    assert_int_equal(place(-1, true, 0x1fffc000, 16, &careful, NULL), UB_MEM_IRREVERSIBLE);
    assert_int_equal(place(1, true, 0x1fffc000, 16, &careful, NULL), UB_MEM_IRREVERSIBLE);
    assert_int_equal(place(1, true, 0x1fffc000, 16, &named, NULL), UB_OK);
}

static void a_target_must_exist(void **state)
{
    assert_int_equal(place(7, true, FAKE_BASE, 4, &careful, NULL), UB_IMG_WRONG_TARGET);
    assert_int_equal(place(1, true, FAKE_BASE, 4, &careful, NULL), UB_MEM_IRREVERSIBLE);
}

static void a_raw_file_needs_an_address(void **state)
{
    struct ub_flash_options at = {.has_at = true, .at = FAKE_BASE + FAKE_SECTOR};
    uint64_t where = 0;
    assert_int_equal(place(-1, false, 0, 16, &careful, NULL), UB_IMG_NO_ADDRESS);
    assert_int_equal(place(-1, false, 0, 16, &at, &where), UB_OK);
    assert_int_equal(where, FAKE_BASE + FAKE_SECTOR);
    assert_int_equal(place(-1, true, FAKE_BASE, 16, &at, NULL), UB_IMG_ADDRESS_CONFLICT);
    assert_int_equal(place(-1, true, FAKE_BASE + FAKE_SECTOR, 16, &at, NULL), UB_OK);
}

static void a_vector_table_is_evidence(void **state)
{
    uint8_t code[64] = {0};
    ub_put_u32le(code, 0x20001000);
    ub_put_u32le(code + 4, (uint32_t)FAKE_BASE + 0x21);
    assert_true(ub_vectors_fit(code, sizeof(code), FAKE_BASE));
    assert_false(ub_vectors_fit(code, sizeof(code), FAKE_BASE + 0x100));
    assert_false(ub_vectors_fit(code, 7, FAKE_BASE));
    ub_put_u32le(code + 4, (uint32_t)FAKE_BASE + 0x20); /* even: not Thumb */
    assert_false(ub_vectors_fit(code, sizeof(code), FAKE_BASE));
    ub_put_u32le(code + 4, (uint32_t)FAKE_BASE + 0x41); /* behind the end */
    assert_false(ub_vectors_fit(code, sizeof(code), FAKE_BASE));
    ub_put_u32le(code + 4, (uint32_t)FAKE_BASE + 0x21);
    ub_put_u32le(code, 0x08001000); /* the stack is not in flash */
    assert_false(ub_vectors_fit(code, sizeof(code), FAKE_BASE));
}

static enum ub_code blank(const char *what, struct ub_placement *placement, unsigned rights)
{
    static struct fake fake;
    fake_init(&fake, 0);
    fake.runs[0].rights = rights;
    return ub_place_blank(&fake.target, what, &careful, placement, NULL);
}

static void ranges_are_whole_sectors(void **state)
{
    struct ub_placement placement;
    assert_int_equal(blank("0x08000400-0x080007ff", &placement, 7), UB_OK);
    assert_int_equal(placement.pieces[0].address, FAKE_BASE + FAKE_SECTOR);
    assert_int_equal(placement.pieces[0].length, FAKE_SECTOR);
    ub_placement_free(&placement);
    assert_int_equal(blank("0x08000000+2K", &placement, 7), UB_OK);
    assert_int_equal(placement.pieces[0].length, 2048);
    ub_placement_free(&placement);
    assert_int_equal(blank("Internal Flash", &placement, 7), UB_MEM_ERASE_ALL);
    assert_int_equal(blank("0x08000000+4K", &placement, 7), UB_MEM_ERASE_ALL);
    assert_int_equal(blank("0x08000001-0x080003ff", &placement, 7), UB_MEM_RANGE);
    assert_int_equal(blank("0x08000400-0x08000800", &placement, 7), UB_MEM_RANGE);
    assert_int_equal(blank("0x08000800-0x08000400", &placement, 7), UB_MEM_RANGE);
    assert_int_equal(blank("nonsense", &placement, 7), UB_MEM_RANGE);
    assert_int_equal(blank("0x20000000+1K", &placement, 7), UB_MEM_OUTSIDE);
    assert_int_equal(blank("0x08000c00+2K", &placement, 7), UB_MEM_OUTSIDE);
    assert_int_equal(blank("0x08000000+1K", &placement, UB_CAN_READ), UB_MEM_NOT_ERASABLE);
    assert_int_equal(blank("Option Bytes", &placement, 7), UB_MEM_IRREVERSIBLE);
}

static void a_read_only_part_is_refused(void **state)
{
    struct fake fake;
    uint8_t data[16] = {0};
    struct ub_placement placement;
    fake_init(&fake, 0xff);
    fake.runs[0].rights = UB_CAN_READ;
    struct ub_image *image = image_of(-1, true, FAKE_BASE, data, sizeof(data));
    assert_int_equal(ub_place_image(&fake.target, image, &careful, &placement, NULL),
                     UB_MEM_READ_ONLY);
    ub_image_close(image);
}

static void a_stream_takes_one_part(void **state)
{
    struct fake fake;
    uint8_t data[16] = {1};
    struct ub_placement placement;
    struct ub_flash_options at = {.has_at = true, .at = FAKE_BASE};
    fake_init(&fake, 0xff);
    fake.target.caps.addressed = false;
    fake.regions[0].kind = UB_REGION_STREAM;
    fake.regions[0].run_count = 0;
    fake.target.region_count = 1;
    struct ub_image *image = image_of(-1, false, 0, data, sizeof(data));
    assert_int_equal(ub_place_image(&fake.target, image, &careful, &placement, NULL), UB_OK);
    assert_ptr_equal(placement.pieces[0].region, &fake.regions[0]);
    ub_placement_free(&placement);
    assert_int_equal(ub_place_image(&fake.target, image, &at, &placement, NULL), UB_USE_CONFLICT);

    fake.regions[1].kind = UB_REGION_STREAM;
    fake.regions[1].run_count = 0;
    fake.target.region_count = 2;
    assert_int_equal(ub_place_image(&fake.target, image, &careful, &placement, NULL),
                     UB_USE_OPTION);
    struct ub_flash_options second = {.region = "1"};
    assert_int_equal(ub_place_image(&fake.target, image, &second, &placement, NULL), UB_OK);
    assert_ptr_equal(placement.pieces[0].region, &fake.regions[1]);
    ub_placement_free(&placement);
    ub_image_close(image);
}

/** A device whose alternate settings disagree: `kind` lies in the middle of sector 1 of the flash.
 */
static void disagree(struct fake *fake, enum ub_region_kind kind)
{
    fake_init(fake, 0xff);
    fake->option_runs[0].address = FAKE_BASE + FAKE_SECTOR + 512;
    fake->regions[1].kind = kind;
}

static enum ub_code place_there(struct fake *fake, int alt, uint64_t address, size_t length,
                                const struct ub_flash_options *options)
{
    static uint8_t data[FAKE_SIZE];
    struct ub_placement placement;
    struct ub_image *image = image_of(alt, true, address, data, length);
    enum ub_code code = ub_place_image(&fake->target, image, options, &placement, NULL);
    if (!code)
        ub_placement_free(&placement);
    ub_image_close(image);
    return code;
}

static enum ub_code blank_there(struct fake *fake, const char *what,
                                const struct ub_flash_options *options)
{
    struct ub_placement placement;
    enum ub_code code = ub_place_blank(&fake->target, what, options, &placement, NULL);
    if (!code)
        ub_placement_free(&placement);
    return code;
}

static void where_memories_overlap_the_strictest_kind_holds(void **state)
{
    static const struct ub_flash_options all = {.erase_all = true};
    static const struct {
        enum ub_region_kind kind;
        enum ub_code refused;
        struct ub_flash_options named;
        enum ub_code then;
    } rows[] = {
        {UB_REGION_OPTION, UB_MEM_IRREVERSIBLE, {.write_option_bytes = true}, UB_OK},
        {UB_REGION_OPTION, UB_MEM_IRREVERSIBLE, {.write_otp = true}, UB_MEM_IRREVERSIBLE},
        {UB_REGION_OTP, UB_MEM_IRREVERSIBLE, {.write_otp = true}, UB_OK},
        {UB_REGION_OTHER,
         UB_MEM_READ_ONLY,
         {.write_otp = true, .write_option_bytes = true},
         UB_MEM_READ_ONLY},
        {UB_REGION_FLASH, UB_OK, {0}, UB_OK},
    };
    const uint64_t sector = FAKE_BASE + FAKE_SECTOR;
    struct fake fake;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const enum ub_code refused = rows[i].refused;
        struct ub_flash_options named_all = rows[i].named;
        named_all.erase_all = true;
        disagree(&fake, rows[i].kind);
        /* the very bytes, however the memory is named; and what shares a sector with them */
        assert_int_equal(place_there(&fake, -1, sector + 512, 16, &careful), refused);
        assert_int_equal(place_there(&fake, 0, sector + 512, 16, &careful), refused);
        assert_int_equal(place_there(&fake, 0, sector, 4, &careful), refused);
        assert_int_equal(place_there(&fake, 0, FAKE_BASE, FAKE_SIZE, &careful), refused);
        assert_int_equal(place_there(&fake, 0, sector, 4, &rows[i].named), rows[i].then);
        assert_int_equal(blank_there(&fake, "0x08000400+1K", &careful), refused);
        assert_int_equal(blank_there(&fake, "0x08000400+1K", &rows[i].named), rows[i].then);
        assert_int_equal(blank_there(&fake, "Internal Flash", &all), refused);
        /* the others are free, unless everything is erased for them */
        assert_int_equal(place_there(&fake, -1, FAKE_BASE, FAKE_SECTOR, &careful), UB_OK);
        assert_int_equal(blank_there(&fake, "0x08000800+2K", &careful), UB_OK);
        assert_int_equal(place_there(&fake, -1, FAKE_BASE, FAKE_SECTOR, &all), refused);
        assert_int_equal(place_there(&fake, -1, FAKE_BASE, FAKE_SECTOR, &named_all), rows[i].then);
        const bool guarded = rows[i].kind != UB_REGION_FLASH;
        assert_int_equal(ub_place_is_guarded(&fake.target, sector + 527, 1), guarded);
        assert_false(ub_place_is_guarded(&fake.target, sector + 528, UINT64_MAX));
        assert_false(ub_place_is_guarded(&fake.target, sector, 512));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_memories_overlap_the_strictest_kind_holds),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(one_way_regions_need_their_name),
        cmocka_unit_test(a_target_must_exist),
        cmocka_unit_test(a_raw_file_needs_an_address),
        cmocka_unit_test(a_vector_table_is_evidence),
        cmocka_unit_test(ranges_are_whole_sectors),
        cmocka_unit_test(a_read_only_part_is_refused),
        cmocka_unit_test(a_stream_takes_one_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
