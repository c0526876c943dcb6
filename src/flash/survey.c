/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Learns what has to be known of each sector: from the backup, or by reading the device, one sector
 * at a time. compare.c decides which of those that need not be known are worth a look. */
#include "flash/survey.h"

#include "base/bytes.h"
#include "base/error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool ub_survey_readable(const struct survey *survey, const struct ub_sector_work *work)
{
    return survey->target->caps.can_read && (work->sector.rights & UB_CAN_READ) != 0;
}

/** Does what it holds beside the image have to stay? */
static bool needs_neighbours(const struct survey *survey, const struct ub_sector_work *work)
{
    bool given_up = survey->wish->options->discard_neighbours && work->covered > 0;
    return work->covered < work->sector.size && !work->wiped && !given_up;
}

/** Copies the pieces over `to`, which stands for the whole sector. */
static void overlay(const struct survey *survey, const struct ub_sector_work *work, uint8_t *to)
{
    const struct ub_placement *placement = survey->wish->placement;
    const uint64_t end = work->sector.address + work->sector.size;
    for (size_t i = work->first_piece; work->covered && i < placement->count; i++) {
        const struct ub_piece *piece = &placement->pieces[i];
        if (piece->region != work->region || piece->address >= end)
            return;
        uint64_t from = piece->address > work->sector.address ? piece->address
                                                              : work->sector.address;
        uint64_t until = piece->address + piece->length < end ? piece->address + piece->length
                                                              : end;
        uint8_t *at = to + (from - work->sector.address);
        if (piece->data)
            memcpy(at, piece->data + (from - piece->address), (size_t)(until - from));
        else
            memset(at, survey->plan->erased_value, (size_t)(until - from));
    }
}

/** The piece that covers all of the sector, or NULL. */
static const struct ub_piece *only_piece(const struct survey *survey,
                                         const struct ub_sector_work *work)
{
    const struct ub_piece *piece = &survey->wish->placement->pieces[work->first_piece];
    bool all = work->covered == work->sector.size && piece->address <= work->sector.address &&
               piece->address + piece->length >= work->sector.address + work->sector.size;
    return all ? piece : NULL;
}

/** What the sector shall hold: the image's own bytes where they cover it, else put together on
 * `neighbours`, NULL for blank ones. */
static enum ub_code compose(const struct survey *survey, struct ub_sector_work *work,
                            const uint8_t *neighbours, struct ub_error *err)
{
    const struct ub_piece *piece = work->covered ? only_piece(survey, work) : NULL;
    if (piece && piece->data)
        work->want = piece->data + (work->sector.address - piece->address);
    if (piece || (!work->covered && !neighbours))
        return UB_OK;
    work->owned = malloc(work->sector.size);
    if (!work->owned)
        return ub_fail_memory(err);
    if (neighbours)
        memcpy(work->owned, neighbours, work->sector.size);
    else
        memset(work->owned, survey->plan->erased_value, work->sector.size);
    overlay(survey, work, work->owned);
    work->want = work->owned;
    return UB_OK;
}

static enum ub_code make_room(struct survey *survey, size_t length, struct ub_error *err)
{
    if (length <= survey->room)
        return UB_OK;
    free(survey->have);
    survey->room = 0;
    survey->length = 0;
    survey->have = malloc(length);
    if (!survey->have)
        return ub_fail_memory(err);
    survey->room = length;
    return UB_OK;
}

static enum ub_code read_some(const struct survey *survey, const struct ub_sector_work *work,
                              uint64_t address, uint8_t *to, size_t length, struct ub_error *err)
{
    enum ub_code code = ub_env_check(survey->target->env, err);
    if (!code)
        code = ub_access_read_all(survey->target, work->region, address, to, length, err);
    return code ? ub_wrap(err, code, "while reading the sector at 0x%08" PRIx64,
                          work->sector.address)
                : UB_OK;
}

/** Could the sector still be kept or filled, as far as it was read? Every byte has to be right, or
 * blank. */
static bool promising(const struct survey *survey, const struct ub_sector_work *work,
                      const uint8_t *have, size_t from, size_t length)
{
    const uint8_t erased = survey->plan->erased_value;
    for (size_t i = from; i < from + length; i++)
        if (have[i] != erased && (!work->want || have[i] != work->want[i]))
            return false;
    return true;
}

/** Reads a sector, in steps that grow; not to the end if that is not asked for and it turns out to
 * have to be rewritten, which the first block usually tells. */
static enum ub_code read_sector(struct survey *survey, const struct ub_sector_work *work,
                                bool to_the_end, const uint8_t **have, struct ub_error *err)
{
    const size_t most = ub_access_chunk(survey->target);
    size_t step = to_the_end ? most : survey->plan->block;
    enum ub_code code = make_room(survey, work->sector.size, err);
    survey->length = 0;
    for (size_t at = 0; !code && at < work->sector.size;) {
        size_t length = work->sector.size - at < step ? work->sector.size - at : step;
        code = read_some(survey, work, work->sector.address + at, survey->have + at, length, err);
        if (code || (!to_the_end && !promising(survey, work, survey->have, at, length)))
            return code;
        at += length;
        step = 2 * step < most ? 2 * step : most;
    }
    *have = survey->have;
    return code;
}

/** Bytes worth reading at once from a small sector on: its neighbours that are concerned too, and a
 * full block, which is reached by its number. */
static size_t window_length(const struct survey *survey, const struct ub_sector_work *work,
                            size_t most)
{
    const struct ub_sector_work *end = survey->plan->sectors + survey->plan->sector_count;
    const size_t block = survey->plan->block;
    size_t length = work->sector.size;
    for (const struct ub_sector_work *next = work + 1;
         next < end && length < most && ub_work_joins(next - 1, next) &&
         ub_survey_readable(survey, next);
         next++)
        length += next->sector.size;
    length = length > most ? most : length;
    uint64_t reach = ub_region_reach(work->region, work->sector.address, UB_CAN_READ);
    size_t full = (length + block - 1) / block * block;
    return reach < full ? (size_t)reach : full;
}

/** Sectors smaller than a block are read several at a time. */
static enum ub_code read_window(struct survey *survey, const struct ub_sector_work *work,
                                const uint8_t **have, struct ub_error *err)
{
    const uint64_t address = work->sector.address;
    bool inside = work->region == survey->region && address >= survey->address &&
                  address - survey->address + work->sector.size <= survey->length;
    if (!inside) {
        size_t length = window_length(survey, work, survey->window);
        enum ub_code code = make_room(survey, ub_access_chunk(survey->target), err);
        survey->length = 0;
        if (!code)
            code = read_some(survey, work, address, survey->have, length, err);
        if (code)
            return code;
        survey->region = work->region;
        survey->address = address;
        survey->length = length;
    }
    *have = survey->have + (address - survey->address);
    return UB_OK;
}

/** What the sector holds, for as long as no other is asked for; *have stays NULL if that cannot be
 * known, or was not read to the end. */
static enum ub_code learn(struct survey *survey, const struct ub_sector_work *work, bool to_the_end,
                          const uint8_t **have, struct ub_error *err)
{
    const struct ub_backup *known = survey->wish->known;
    size_t part;
    uint64_t offset;
    if (ub_survey_in_backup(survey, work, &part, &offset)) {
        enum ub_code code = make_room(survey, work->sector.size, err);
        survey->length = 0;
        if (!code)
            code = ub_backup_read(known, part, offset, survey->have, work->sector.size, err);
        *have = code ? NULL : survey->have;
        return code;
    }
    if (!ub_survey_readable(survey, work))
        return UB_OK;
    if (work->sector.size >= survey->plan->block)
        return read_sector(survey, work, to_the_end, have, err);
    enum ub_code code = read_window(survey, work, have, err);
    if (!ub_access_refused(code) || ub_access_recover(survey->target, NULL) != UB_OK)
        return code;
    return read_sector(survey, work, true, have, err); /* it may be a neighbour that is refused */
}

/** As learn(); but what the device refuses to read of a sector that can be erased, as it does with
 * memory whose ECC was spoiled, is not known, and no more than that. */
static enum ub_code learn_or_not(struct survey *survey, struct ub_sector_work *work,
                                 bool to_the_end, const uint8_t **have, struct ub_error *err)
{
    enum ub_code code = learn(survey, work, to_the_end, have, err);
    if (!ub_access_refused(code) || !(work->sector.rights & UB_CAN_ERASE) ||
        ub_access_recover(survey->target, NULL) != UB_OK)
        return code;
    work->unread = true;
    *have = NULL;
    if (!survey->told && !survey->wish->known)
        ub_env_warn(survey->target->env,
                    "the sector at 0x%08" PRIx64 " cannot be read, so what it holds is not known; "
                    "further ones are not told",
                    work->sector.address);
    survey->told = true;
    ub_error_clear(err);
    return UB_OK;
}

bool ub_survey_in_backup(const struct survey *survey, const struct ub_sector_work *work,
                         size_t *part, uint64_t *offset)
{
    const struct ub_backup *known = survey->wish->known;
    return known && ub_backup_find(known, work->region->alt, work->sector.address,
                                   work->sector.size, part, offset);
}

/** Is it in a backup that was read twice? */
static bool known_by_two(const struct survey *survey, const struct ub_sector_work *work)
{
    size_t part;
    uint64_t offset;
    return ub_survey_in_backup(survey, work, &part, &offset) &&
           survey->wish->known->info.readings >= 2;
}

/** Does any block of it hold one value only? A device that answers with nothing but that is a
 * common defect, so one reading of it proves little; other content it cannot make up. */
static bool could_be_made_up(const struct survey *survey, const struct ub_sector_work *work,
                             const uint8_t *have)
{
    const size_t size = work->sector.size;
    const size_t block = survey->plan->block;
    const size_t step = block && block < size ? block : size;
    for (size_t at = 0; have && at < size; at += step)
        if (ub_all_bytes(have + at, size - at < step ? size - at : step, have[at]))
            return true;
    return false;
}

/** What is going to be erased and written again for its own sake has to be read right: a second
 * reading must agree. */
static enum ub_code read_twice(const struct survey *survey, const struct ub_sector_work *work,
                               const uint8_t *first, struct ub_error *err)
{
    const size_t chunk = ub_access_chunk(survey->target);
    const struct ub_backup *known = survey->wish->known;
    if (known && known->info.readings >= 2)
        return UB_OK;
    uint8_t *again = malloc(chunk);
    if (!again)
        return ub_fail_memory(err);
    enum ub_code code = UB_OK;
    for (size_t at = 0; !code && at < work->sector.size; at += chunk) {
        size_t length = work->sector.size - at < chunk ? work->sector.size - at : chunk;
        code = read_some(survey, work, work->sector.address + at, again, length, err);
        if (!code && memcmp(again, first + at, length) != 0)
            code = ub_fail(err, UB_VER_READS_DIFFER,
                           "two readings of the sector at 0x%08" PRIx64 " differ",
                           work->sector.address);
    }
    free(again);
    return code;
}

/** Keeps what shares the sector with the image: read twice, merge. */
static enum ub_code merge_neighbours(const struct survey *survey, struct ub_sector_work *work,
                                     const uint8_t *have, struct ub_error *err)
{
    if (!have)
        return ub_fail(err, UB_MEM_NEIGHBOURS,
                       "the sector at 0x%08" PRIx64
                       " holds more than the image, and cannot be read "
                       "to keep the rest (give it up with --discard-neighbours)",
                       work->sector.address);
    enum ub_code code = read_twice(survey, work, have, err);
    if (!code)
        code = compose(survey, work, have, err);
    if (!code && work->covered)
        survey->plan->info.bytes_preserved += work->sector.size - work->covered;
    return code;
}

/** Memory that cannot be erased is written only where that can come out right. */
static enum ub_code check_one_way(const struct survey *survey, const struct ub_sector_work *work,
                                  const uint8_t *have, struct ub_error *err)
{
    const struct ub_loader_habits *habits = &survey->target->habits;
    if ((work->sector.rights & UB_CAN_ERASE) || work->region->kind == UB_REGION_OPTION ||
        !work->covered || work->same)
        return UB_OK;
    bool possible = have && !ub_plan_needs_erase(survey->plan->erased_value, have, work->want,
                                                 work->sector.size);
    if (possible && habits->write_once)
        possible = ub_all_bytes(have, work->sector.size, survey->plan->erased_value);
    if (possible)
        return UB_OK;
    return ub_fail(err, UB_MEM_READ_ONLY, "the sector at 0x%08" PRIx64 " cannot be erased, and %s",
                   work->sector.address,
                   have ? "what it holds would have to be" : "what it holds is not known");
}

enum ub_code ub_survey_look(struct survey *survey, struct ub_sector_work *work, bool to_the_end,
                            struct ub_error *err)
{
    const uint8_t *have = NULL;
    const bool merges = needs_neighbours(survey, work);
    work->looked = true;
    enum ub_code code = learn_or_not(survey, work, to_the_end, &have, err);
    if (!code && work->unread && !work->covered && !work->wiped)
        return UB_OK; /* it only came along for safety */
    work->once = !merges && !known_by_two(survey, work);
    work->doubtful = !code && work->once && could_be_made_up(survey, work, have);
    if (!code && merges)
        code = merge_neighbours(survey, work, have, err);
    if (!code && have)
        code = ub_plan_judge(survey->plan, survey->target, survey->rates, work, have, err);
    if (!code)
        code = check_one_way(survey, work, have, err);
    if (code || !have || !work->boot)
        return code;
    size_t first = work->sector.size < survey->plan->block ? work->sector.size
                                                           : survey->plan->block;
    work->boots = !ub_all_bytes(have, first, survey->plan->erased_value);
    return UB_OK;
}

/** Must it be known, or is knowing it free? The rest is left to compare.c. */
static bool must_look(const struct survey *survey, const struct ub_sector_work *work)
{
    size_t part;
    uint64_t offset;
    if (needs_neighbours(survey, work) || !(work->sector.rights & UB_CAN_ERASE))
        return true;
    if (survey->wish->options->whole && work->covered)
        return false;
    return survey->wish->foretold || ub_survey_in_backup(survey, work, &part, &offset);
}

/** A boot sector that only came along for safety and cannot be read stays out of the plan. */
static bool left_out(const struct survey *survey, const struct ub_sector_work *work)
{
    return !work->covered && !work->wiped && !ub_survey_readable(survey, work);
}

static enum ub_code look_at_what_must_be_known(struct survey *survey, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    for (size_t i = 0; !code && i < survey->plan->sector_count; i++) {
        struct ub_sector_work *work = &survey->plan->sectors[i];
        if (left_out(survey, work))
            continue;
        if (!needs_neighbours(survey, work))
            code = compose(survey, work, NULL, err);
        if (!code && !survey->wish->erases_itself && must_look(survey, work))
            code = ub_survey_look(survey, work, true, err);
    }
    return code;
}

/** Option bytes are written whole if they cannot be compared. */
static enum ub_code fill_unknown(struct survey *survey, struct ub_error *err)
{
    enum ub_code code = UB_OK;
    struct ub_plan *plan = survey->plan;
    for (size_t i = 0; !code && i < plan->sector_count; i++) {
        struct ub_sector_work *work = &plan->sectors[i];
        if ((work->sector.rights & UB_CAN_ERASE) || work->known || !work->want)
            continue;
        code = ub_plan_fill_all(plan, work, err);
    }
    return code;
}

enum ub_code ub_plan_survey(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_plan_wish *wish, const struct ub_rates *rates,
                            struct ub_error *err)
{
    struct survey survey = {.plan = plan,
                            .target = target,
                            .wish = wish,
                            .rates = rates,
                            .window = wish->foretold ? ub_access_chunk(target) : plan->block};
    enum ub_code code = look_at_what_must_be_known(&survey, err);
    if (!code)
        code = ub_survey_compare(&survey, err);
    if (!code)
        code = fill_unknown(&survey, err);
    free(survey.have);
    return code;
}
