/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whatever the device, its content and the image: the plan, carried out on a memory with the rules
 * of flash, ends with the wanted content, breaks no rule on the way, touches no byte that it said
 * it would keep, can be cut anywhere, and costs no more than any other way that was allowed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/text.h"
#include "chip.h"

#include <stdlib.h>
#include <string.h>

#define CASES      1500u
#define PIECES     4u
#define IMAGES     3u /* written to each device, one after the other */
#define COUNT(all) (sizeof(all) / sizeof((all)[0]))

static struct chip chip;
static uint8_t image[CHIP_MOST];
static uint8_t want[CHIP_MOST];

/** One random case, which its number alone decides. */
struct random {
    uint64_t state;
};

static uint32_t draw(struct random *random, uint32_t below)
{
    random->state = random->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random->state >> 33) % below;
}

static bool chance(struct random *random, uint32_t percent)
{
    return draw(random, 100) < percent;
}

/** Sectors of random sizes and rights, in memory of at most CHIP_MOST bytes. */
static void draw_layout(struct random *random, struct chip_layout *layout)
{
    static const uint32_t sizes[] = {128, 256, 512, 1024, 2048, 4096};
    static const uint16_t blocks[] = {64, 128, 256, 512, 1024, 2048};
    static const uint16_t units[] = {2, 4, 8, 16, 32};
    memset(layout, 0, sizeof(*layout));
    layout->run_count = 1 + draw(random, CHIP_RUNS);
    layout->block = blocks[draw(random, COUNT(blocks))];
    layout->unit = units[draw(random, COUNT(units))];
    layout->ecc = chance(random, 40);
    layout->erased = chance(random, 30) ? 0x00 : 0xff;
    for (size_t i = 0; i < layout->run_count; i++) {
        struct ub_sector_run *run = &layout->runs[i];
        run->size = sizes[draw(random, COUNT(sizes))];
        run->count = 1 + draw(random, (uint32_t)(CHIP_MOST / CHIP_RUNS / run->size) - 1);
        run->rights = UB_CAN_READ | UB_CAN_WRITE | UB_CAN_ERASE;
        if (i > 0 && chance(random, 10))
            run->rights = UB_CAN_READ;
        else if (chance(random, 5))
            run->rights = UB_CAN_WRITE | UB_CAN_ERASE;
        else if (i > 0 && chance(random, 5))
            run->rights = UB_CAN_READ | UB_CAN_WRITE;
    }
}

static void draw_costs(struct random *random, struct chip *one)
{
    one->family.costs = (struct ub_costs){.erase_sector_us = 10 + draw(random, 50000),
                                          .erase_kib_us = draw(random, 5000),
                                          .erase_all_us = 10 + draw(random, 3000000),
                                          .write_kib_us = 10 + draw(random, 20000),
                                          .transfer_us = 50 + draw(random, 3000),
                                          .transfer_kib_us = 10 + draw(random, 3000)};
    one->costs = one->family.costs;
    one->family.rom_by_pin = chance(random, 50);
    if (chance(random, 40))
        one->family.boot_address = CHIP_BASE + draw(random, (uint32_t)one->size);
    one->target.caps.can_read = chance(random, 95);
}

/** Bytes that are blank in places, like those of `like` in others, and new in the rest. */
static void draw_bytes(struct random *random, uint8_t *to, const uint8_t *like, size_t length,
                       uint8_t erased)
{
    for (size_t at = 0; at < length;) {
        size_t stretch = 1 + draw(random, 3000);
        stretch = stretch < length - at ? stretch : length - at;
        uint32_t what = draw(random, 10);
        for (size_t i = at; i < at + stretch; i++)
            to[i] = what < 3 ? erased : what < 6 ? like[i] : (uint8_t)draw(random, 256);
        at += stretch;
    }
}

/** Pieces in order, in memory that can be written, as a placement has them. */
static size_t draw_pieces(struct random *random, struct ub_piece *pieces)
{
    size_t count = 0;
    size_t at = draw(random, (uint32_t)chip.size);
    at = chance(random, 30) ? 0 : at;
    while (count < PIECES && at < chip.size) {
        uint64_t room = ub_region_reach(&chip.region, CHIP_BASE + at, UB_CAN_WRITE);
        if (room) {
            size_t length = chance(random, 30) ? (size_t)room : 1 + draw(random, (uint32_t)room);
            pieces[count++] = (struct ub_piece){&chip.region, CHIP_BASE + at, length, image + at};
            at += length;
        }
        at += 1 + draw(random, (uint32_t)chip.size);
    }
    return count;
}

static bool inside(const struct ub_placement *placement, uint64_t address)
{
    for (size_t i = 0; i < placement->count; i++)
        if (address >= placement->pieces[i].address &&
            address - placement->pieces[i].address < placement->pieces[i].length)
            return true;
    return false;
}

static bool touches(const struct ub_placement *placement, const struct ub_sector *sector)
{
    for (size_t i = 0; i < placement->count; i++) {
        const struct ub_piece *piece = &placement->pieces[i];
        if (piece->address < sector->address + sector->size &&
            piece->address + piece->length > sector->address)
            return true;
    }
    return false;
}

/** What the device shall hold in the end. */
static void foresee(const struct ub_placement *placement, const struct ub_flash_options *options)
{
    struct ub_sector sector;
    for (size_t n = 0; ub_region_sector_at(&chip.region, n, &sector); n++) {
        bool erasable = (sector.rights & UB_CAN_ERASE) != 0;
        bool lost = (options->erase_all && erasable) ||
                    (options->discard_neighbours && touches(placement, &sector));
        for (size_t i = 0; i < sector.size; i++) {
            size_t at = (size_t)(sector.address - CHIP_BASE) + i;
            want[at] = inside(placement, CHIP_BASE + at) ? image[at]
                       : lost                            ? chip.erased
                                                         : chip.memory[at];
        }
    }
}

static struct ub_backup *back_up(void)
{
    struct ub_backup *backup = ub_backup_new(1);
    assert_non_null(backup);
    backup->info.readings = 2;
    backup->info.parts[0] = (struct ub_backup_part){
        .has_address = true, .address = CHIP_BASE, .length = chip.size};
    backup->contents[0] = malloc(chip.size);
    assert_non_null(backup->contents[0]);
    memcpy(backup->contents[0], chip.memory, chip.size);
    return backup;
}

static void keeps_were_kept(const struct ub_plan *plan)
{
    struct ub_plan_step step;
    for (size_t i = 0; ub_plan_step(plan, i, &step); i++)
        for (uint64_t at = 0; step.action == UB_PLAN_KEEP && at < step.length; at++)
            assert_false(chip.touched[step.address - CHIP_BASE + at]);
}

static void chosen_is_cheapest(const struct ub_plan *plan)
{
    struct ub_plan_info info;
    struct ub_plan_choice choice;
    unsigned chosen = 0;
    ub_plan_info(plan, &info);
    for (size_t i = 0; ub_plan_choice(plan, i, &choice); i++) {
        assert_true(choice.way && choice.why);
        assert_true(!choice.chosen || choice.allowed);
        if (choice.chosen)
            assert_int_equal(choice.predicted_us, info.predicted_us);
        if (choice.allowed)
            assert_true(choice.predicted_us >= info.predicted_us);
        chosen += choice.chosen;
    }
    assert_int_equal(chosen, 1);
}

static void watch(const struct ub_plan *plan)
{
    const struct ub_sector_work *boot = NULL;
    for (size_t i = 0; i < plan->sector_count; i++)
        if (plan->sectors[i].boot)
            boot = &plan->sectors[i];
    bool watched = boot && !chip.family.rom_by_pin && chip.target.caps.can_read &&
                   (boot->sector.rights & UB_CAN_READ);
    size_t first = watched && boot->sector.size < plan->block ? boot->sector.size : plan->block;
    chip_watch(&chip, want, boot ? boot->sector.address : 0, watched ? first : 0);
}

static bool may_fail(enum ub_code code)
{
    return code == UB_MEM_NEIGHBOURS || code == UB_MEM_READ_ONLY;
}

/** Plans, carries out and looks. */
static void write_one(struct random *random, const struct ub_placement *placement,
                      const struct ub_flash_options *options)
{
    struct ub_plan *plan = NULL;
    enum ub_left left = UB_LEFT_UNCHANGED;
    struct ub_ledger ledger = {0};
    bool backed_up = chip.target.caps.can_read && chance(random, 40);
    struct ub_backup *backup = backed_up ? back_up() : NULL;
    const struct ub_plan_wish wish = {.placement = placement, .options = options, .known = backup};
    foresee(placement, options);
    ub_rates_start(&ledger.rates, &chip.family.costs);
    chip.target.ledger = &ledger;
    enum ub_code code = ub_plan_build(&chip.target, &wish, &plan, NULL);
    ub_backup_free(backup);
    if (code) {
        assert_true(may_fail(code));
        assert_true(chip_unharmed(&chip));
        return;
    }
    watch(plan);
    chosen_is_cheapest(plan);
    assert_int_equal(ub_plan_execute(plan, &chip.target, &left, NULL), UB_OK);
    if (ub_plan_can_read_back(plan, &chip.target))
        assert_int_equal(ub_plan_verify(plan, &chip.target, NULL), UB_OK);
    assert_memory_equal(chip.memory, want, chip.size);
    keeps_were_kept(plan);
    assert_int_equal(chip.faults.bits, 0);
    assert_int_equal(chip.faults.ecc, 0);
    assert_int_equal(chip.faults.torn, 0);
    assert_int_equal(chip.faults.rights, 0);
    assert_int_equal(chip.faults.booted, 0);
    ub_plan_free(plan);
}

/** Another tool sent what it has, blank blocks and all: what reads as blank may be used up. Only
 * where that can be mended: nothing can tell in memory that is never erased. */
static void use_blanks(struct random *random)
{
    struct ub_sector sector;
    for (size_t n = 0; ub_region_sector_at(&chip.region, n, &sector); n++)
        if ((sector.rights & UB_CAN_ERASE) && chance(random, 30))
            chip_use(&chip, (size_t)(sector.address - CHIP_BASE), sector.size);
}

static void run_case(uint64_t number)
{
    struct random random = {number * UINT64_C(0x9e3779b97f4a7c15) + 1};
    struct chip_layout layout;
    static uint8_t first[CHIP_MOST];
    draw_layout(&random, &layout);
    chip_init(&chip, &layout);
    draw_costs(&random, &chip);
    draw_bytes(&random, first, chip.memory, chip.size, chip.erased);
    if (chance(&random, 70))
        chip_load(&chip, first);
    if (chance(&random, 50))
        use_blanks(&random);
    for (size_t i = 0; i < IMAGES; i++) {
        struct ub_piece pieces[PIECES];
        draw_bytes(&random, image, chip.memory, chip.size, chip.erased);
        const struct ub_placement placement = {.pieces = pieces,
                                               .count = draw_pieces(&random, pieces)};
        const struct ub_flash_options options = {.no_backup = true,
                                                 .whole = chance(&random, 20),
                                                 .discard_neighbours = chance(&random, 30),
                                                 .erase_all = chance(&random, 20)};
        if (placement.count)
            write_one(&random, &placement, &options);
    }
}

static void every_plan_is_right(void **state)
{
    uint64_t first = 0;
    uint64_t cases = CASES;
    const char *one = getenv("UNBRICK_CASE"); /* to look at the one that failed */
    const char *more = getenv("UNBRICK_CASES");
    if (one && ub_parse_number(one, UINT64_MAX - 1, &first))
        cases = first + 1;
    else if (more)
        assert_true(ub_parse_number(more, UINT64_MAX, &cases));
    for (uint64_t number = first; number < cases; number++)
        run_case(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_plan_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
