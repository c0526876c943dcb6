/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loader/memory_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

struct good {
    const char *text;
    const char *name;
    enum ub_region_kind kind;
    bool odd;
    size_t run_count;
    struct ub_sector_run runs[5];
};

#define R  UB_CAN_READ
#define E  UB_CAN_ERASE
#define W  UB_CAN_WRITE
#define RW (R | W)

/* As devices have them. */
static const struct good goods[] = {
    {"@Internal Flash  /0x08000000/04*016Kg,01*064Kg,07*128Kg",
     "Internal Flash",
     UB_REGION_FLASH,
     false,
     3,
     {{0x08000000, 16384, 4, R | E | W},
      {0x08010000, 65536, 1, R | E | W},
      {0x08020000, 131072, 7, R | E | W}}},
    {"@Option Bytes  /0x1FFFC000/01*016 e",
     "Option Bytes",
     UB_REGION_OPTION,
     false,
     1,
     {{0x1fffc000, 16, 1, RW}}},
    {"@OTP Memory /0x1FFF7800/01*512 e,01*016 e",
     "OTP Memory",
     UB_REGION_OTP,
     false,
     2,
     {{0x1fff7800, 512, 1, RW}, {0x1fff7a00, 16, 1, RW}}},
    {"@Device Feature/0xFFFF0000/01*004 e",
     "Device Feature",
     UB_REGION_OTHER,
     false,
     1,
     {{0xffff0000, 4, 1, RW}}},
    {"@Device Feature/0xFFFF0000/01*004",
     "Device Feature",
     UB_REGION_OTHER,
     true,
     1,
     {{0xffff0000, 4, 1, RW}}},
    {"@Internal Flash   /0x08000000/064*0002Kg",
     "Internal Flash",
     UB_REGION_FLASH,
     false,
     1,
     {{0x08000000, 2048, 64, R | E | W}}},
    {"@Internal Flash  /0x08000000/0512*002Kg",
     "Internal Flash",
     UB_REGION_FLASH,
     false,
     1,
     {{0x08000000, 2048, 512, R | E | W}}},
    {"@Internal Flash  /0x08000000/6*8Ka,122*8Kg",
     "Internal Flash",
     UB_REGION_FLASH,
     false,
     2,
     {{0x08000000, 8192, 6, R}, {0x0800c000, 8192, 122, R | E | W}}},
    {"@Dice /0x08005400/43*001Kg/0x08010000/64*001Kg/0x08080000/1*256Bf/0x08080100/79*256Bg",
     "Dice",
     UB_REGION_FLASH,
     false,
     4,
     {{0x08005400, 1024, 43, R | E | W},
      {0x08010000, 1024, 64, R | E | W},
      {0x08080000, 256, 1, E | W},
      {0x08080100, 256, 79, R | E | W}}},
    {"@Option Bytes   /0x1FFF7800/01*048 e/0x1FFFF800/01*048 e",
     "Option Bytes",
     UB_REGION_OPTION,
     false,
     2,
     {{0x1fff7800, 48, 1, RW}, {0x1ffff800, 48, 1, RW}}},
    {"@Option Bytes /0x5200201C/01*528e",
     "Option Bytes",
     UB_REGION_OPTION,
     true,
     1,
     {{0x5200201c, 528, 1, RW}}},
    {"@Internal Flash /0x08000000/08*04Ka,1000*04Kg",
     "Internal Flash",
     UB_REGION_FLASH,
     false,
     2,
     {{0x08000000, 4096, 8, R}, {0x08008000, 4096, 1000, R | E | W}}},
    {"@External Flash /0x90000000/1*64Mg",
     "External Flash",
     UB_REGION_FLASH,
     false,
     1,
     {{0x90000000, 64u << 20, 1, R | E | W}}},
    {"@Late /0x2000/1*1Kg/0x1000/1*1Kg",
     "Late",
     UB_REGION_FLASH,
     false,
     2,
     {{0x1000, 1024, 1, R | E | W}, {0x2000, 1024, 1, R | E | W}}},
    {"@Internal Flash /134217728/4*1kg",
     "Internal Flash",
     UB_REGION_FLASH,
     true,
     1,
     {{0x08000000, 1024, 4, R | E | W}}},
    {"@Top /0xFFFFFFF0/1*16 a", "Top", UB_REGION_OTHER, false, 1, {{0xfffffff0, 16, 1, R}}},
    {"@RAM / 0x20000000 / 2 * 8 e , 1*16Be ",
     "RAM",
     UB_REGION_OTHER,
     false,
     2,
     {{0x20000000, 8, 2, RW}, {0x20000010, 16, 1, RW}}},
};

static void reads_what_devices_have(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
        struct ub_memory_map map;
        struct ub_error err = {0};
        const struct good *good = &goods[i];
        if (ub_memory_map_parse(good->text, &map, &err) != UB_OK)
            fail_msg("%s: %s", good->text, err.message);
        assert_string_equal(map.name, good->name);
        assert_int_equal(map.kind, good->kind);
        assert_int_equal(map.oddity[0] != 0, good->odd);
        assert_int_equal(map.run_count, good->run_count);
        unsigned rights = 0;
        for (size_t r = 0; r < map.run_count; r++) {
            assert_int_equal(map.runs[r].address, good->runs[r].address);
            assert_int_equal(map.runs[r].size, good->runs[r].size);
            assert_int_equal(map.runs[r].count, good->runs[r].count);
            assert_int_equal(map.runs[r].rights, good->runs[r].rights);
            rights |= good->runs[r].rights;
        }
        assert_int_equal(map.rights, rights);
    }
}

struct bad {
    const char *text;
    unsigned position; /* as told, from 1 */
};

static const struct bad bads[] = {
    {"", 1},
    {"Internal Flash/0x08000000/1*1Kg", 1},
    {"@Internal Flash", 16},
    {"@Internal Flash/", 17},
    {"@F/0x", 6},
    {"@F/0x/1*1Kg", 6},
    {"@F/0x100000000/1*1Kg", 6},
    {"@F/0x08000000", 14},
    {"@F/0x08000000/", 15},
    {"@F/0x08000000/*1Kg", 15},
    {"@F/0x08000000/0*1Kg", 16},
    {"@F/0x08000000/4294967296*1Kg", 15},
    {"@F/0x08000000/1", 16},
    {"@F/0x08000000/1*", 17},
    {"@F/0x08000000/1*0Kg", 18},
    {"@F/0x08000000/1*1K", 19},
    {"@F/0x08000000/1*1Kh", 19},
    {"@F/0x08000000/1*1Kg,", 21},
    {"@F/0x08000000/1*1Kg/", 21},
    {"@F/0x08000000/1*1Kgx", 20},
    {"@F/0x08000000/04*016Kg,01*064Kg,07*128", 39},
    {"@F/0xFFFFFFF0/1*17 g", 21},
    {"@F/0x0/4294967295*4294967295Mg", 31},
    {"@F/0x0/1*4294967295Kg", 22},
    {"@F/0x1000/2*1Kg/0x1400/1*1Kg", 29},
    {"@F/0x1000/2*1Kg/0x1000/2*1Kg", 29},
    {"@F/0x1000/-1*1Kg", 11},
    {"@F/0x1000/1*-1Kg", 13},
};

static void refuses_what_lies_or_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
        struct ub_memory_map map;
        struct ub_error err = {0};
        char where[32];
        enum ub_code code = ub_memory_map_parse(bads[i].text, &map, &err);
        (void)snprintf(where, sizeof(where), "character %u of", bads[i].position);
        if (code != UB_DFU_MEMORY_MAP || !strstr(err.message, where))
            fail_msg("\"%s\": code %d, \"%s\" does not say \"%s\"", bads[i].text, (int)code,
                     err.message, where);
    }
}

static void every_cut_is_refused_or_harmless(void **state)
{
    (void)state;
    const char *whole = goods[8].text;
    for (size_t length = 0; length < strlen(whole); length++) {
        char cut[128];
        struct ub_memory_map map;
        (void)snprintf(cut, sizeof(cut), "%.*s", (int)length, whole);
        /* a cut behind a type letter leaves a shorter map that is right as far as it goes */
        bool complete = length > 0 && strchr("afg", cut[length - 1]) && strchr(cut, '*');
        assert_int_equal(ub_memory_map_parse(cut, &map, NULL) == UB_OK, complete);
    }
}

static void too_many_runs_are_refused(void **state)
{
    (void)state;
    char text[2048] = "@F/0x0/1*1Kg";
    struct ub_memory_map map;
    for (size_t i = 1; i < UB_MEMORY_MAP_RUNS; i++)
        (void)strncat(text, ",1*1Kg", sizeof(text) - strlen(text) - 1);
    assert_int_equal(ub_memory_map_parse(text, &map, NULL), UB_OK);
    assert_int_equal(map.run_count, UB_MEMORY_MAP_RUNS);
    (void)strncat(text, ",1*1Kg", sizeof(text) - strlen(text) - 1);
    assert_int_equal(ub_memory_map_parse(text, &map, NULL), UB_DFU_MEMORY_MAP);
}

static void one_way_places_are_known_by_name(void **state)
{
    (void)state;
    assert_int_equal(ub_memory_kind("option byte", 7), UB_REGION_OPTION);
    assert_int_equal(ub_memory_kind("Flash Option Bytes", 7), UB_REGION_OPTION);
    assert_int_equal(ub_memory_kind("eFuses", 7), UB_REGION_OPTION);
    assert_int_equal(ub_memory_kind("Flash OTP", 7), UB_REGION_OTP);
    assert_int_equal(ub_memory_kind("Device Feature", 7), UB_REGION_OTHER);
    assert_int_equal(ub_memory_kind("SRAM", UB_CAN_READ | UB_CAN_WRITE), UB_REGION_OTHER);
    assert_int_equal(ub_memory_kind("QSPI", 7), UB_REGION_FLASH);
    assert_int_equal(ub_memory_kind("", 0), UB_REGION_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_devices_have),
        cmocka_unit_test(refuses_what_lies_or_is_cut),
        cmocka_unit_test(every_cut_is_refused_or_harmless),
        cmocka_unit_test(too_many_runs_are_refused),
        cmocka_unit_test(one_way_places_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
