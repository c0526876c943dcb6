/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file plan.h
 * The plan: which sectors are kept, erased and written, in which order, at what price.
 *
 * Built in four passes: lay_out.c finds the sectors concerned; survey.c learns what they hold, one
 * at a time, and notes what would have to be sent to each; choose.c prices the ways that lead to
 * the image and takes the cheapest one that is allowed; operations.c turns it into operations in
 * brick-safe order. execute.c walks those operations and nothing else.
 */
#ifndef UB_FLASH_PLAN_H
#define UB_FLASH_PLAN_H

#include "flash/place.h"
#include "flash/tally.h"
#include "loader/layout.h"
#include "vault/vault.h"

enum ub_verdict {
    UB_VERDICT_KEEP,    /**< holds what it should */
    UB_VERDICT_FILL,    /**< is blank where it has to change: written without erase */
    UB_VERDICT_REWRITE, /**< erased, then written */
};

/** Ways to bring the device to the image. */
enum ub_way {
    UB_WAY_DIFFERENCE, /**< what differs */
    UB_WAY_WHOLE,      /**< every sector of the image, compared or not */
    UB_WAY_SECTORS,    /**< everything blank but the image, by erasing what is not, by sectors */
    UB_WAY_ERASE_ALL,  /**< everything blank but the image, by the mass erase */
    UB_WAY_UNREAD,     /**< a stream, without reading it back */
    UB_WAYS,
};

/** A stretch of a sector that is programmed without an erase. */
struct ub_fill {
    uint32_t offset;
    uint32_t length;
};

/** One sector that the plan thinks about. */
struct ub_sector_work {
    struct ub_sector sector;
    const struct ub_region *region;
    const uint8_t *want; /**< what it shall hold, sector.size bytes; NULL: to be blank */
    uint8_t *owned;      /**< `want`, where it had to be put together; NULL: it is the image's */
    size_t first_piece;  /**< first piece of the placement that touches it, if covered */
    uint32_t covered;    /**< bytes of it that belong to the image */
    uint32_t fills;      /**< number of its stretches */
    size_t first_fill;   /**< the first of them, in ub_plan.fills */
    bool looked;         /**< what it holds was looked at, as far as that was of use */
    bool known;          /**< all of it was */
    bool same;           /**< known, and it holds `want` */
    bool fillable;       /**< known, and its stretches can be programmed without an erase, which is
                              no dearer than erasing it */
    bool wiped;          /**< the command to erase everything reaches it, and that is asked for */
    bool unread;         /**< the device refuses to read it: poisoned memory, say */
    bool once;           /**< what it holds is known by one reading alone, which may lie */
    bool doubtful;       /**< once, and a device that makes answers up could have said it */
    bool checked;        /**< read back even if it is kept: it has to be blank, and one reading that
                              said so is no proof */
    bool boot;           /**< finished last: what makes the device bootable */
    bool boots;          /**< the boot sector, known, and its first block is not blank */
    enum ub_verdict verdict;
};

/** One operation; `data` points into the image, a sector's own bytes, or a patch. */
struct ub_plan_op {
    struct ub_plan_step step;
    const struct ub_region *region;
    const uint8_t *data;
    uint32_t commands; /**< that the loader is expected to need for it, blocks apart */
};

/** Bytes that are sent together and come from several places. */
struct ub_patch {
    struct ub_patch *next;
    uint8_t bytes[];
};

/** A way that was considered. The texts are static. */
struct ub_considered {
    enum ub_way way;
    bool allowed;
    bool chosen;
    const char *why_chosen;   /**< said if it is chosen */
    const char *why_rejected; /**< said if it is not */
    uint64_t us;
};

struct ub_plan {
    struct ub_sector_work *sectors; /**< in order of region and address */
    size_t sector_count;
    struct ub_fill *fills;
    size_t fill_count;
    size_t fill_room;
    struct ub_plan_op *ops;
    size_t op_count;
    size_t op_room;
    struct ub_patch *patches;
    bool stream;                   /**< plain DFU: one write of everything */
    bool once;                     /**< nothing has to be done, as one reading alone said */
    struct ub_piece stream_piece;  /**< borrowed from the image */
    enum ub_way way;               /**< that was chosen */
    const struct ub_region *wiped; /**< the region that the mass erase reaches: the first erasable
                                        flash */
    bool compared;                 /**< looking at what is there was free, or was worth it */
    uint64_t look_us;              /**< what looking costs, where it was not free */
    uint64_t bytes_done;           /**< written by ub_plan_execute() */
    size_t sectors_done;           /**< erased by it */
    uint64_t predicted[UB_PHASES]; /**< microseconds */
    uint64_t actual[UB_PHASES];    /**< microseconds, as ub_plan_execute() and _verify() ran */
    uint8_t erased_value;
    uint16_t block;                           /**< bytes of a full block */
    struct ub_considered considered[UB_WAYS]; /**< cheapest first, once decided */
    size_t considered_count;
    struct ub_plan_info info;
};

/** What a plan is made for. Everything is borrowed, the image's bytes for the life of the plan. */
struct ub_plan_wish {
    const struct ub_placement *placement;
    const struct ub_flash_options *options;
    const struct ub_backup *known; /**< what was just read from this device and need not be read
                                        again; or NULL */
    bool foretold;      /**< nothing will be done by this plan, and who does it will know everything
                             by a backup: look at everything */
    bool erases_itself; /**< the device will have erased everything before the plan begins */
};

/**
 * Surveys the device and makes the plan. *out is the caller's. Errors: UB_MEM_NEIGHBOURS,
 * UB_MEM_READ_ONLY, UB_VER_READS_DIFFER, UB_DFU_COMMAND, UB_SYS_INTERRUPTED, UB_SYS_MEMORY, UB_VLT,
 * UB_USB and UB_DFU domains.
 */
enum ub_code ub_plan_build(const struct ub_target *target, const struct ub_plan_wish *wish,
                           struct ub_plan **out, struct ub_error *err);

/** Finds the sectors concerned; nothing of them is known yet. Errors: UB_SYS_MEMORY. */
enum ub_code ub_plan_lay_out(struct ub_plan *plan, const struct ub_target *target,
                             const struct ub_plan_wish *wish, struct ub_error *err);

/** Learns what has to be known of each sector. Errors: as ub_plan_build(). */
enum ub_code ub_plan_survey(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_plan_wish *wish, const struct ub_rates *rates,
                            struct ub_error *err);

/**
 * Notes the stretches of a known sector that would have to be sent if it were not erased, and
 * whether that is possible. `have` is what it holds. Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_plan_judge(struct ub_plan *plan, const struct ub_target *target,
                           const struct ub_rates *rates, struct ub_sector_work *work,
                           const uint8_t *have, struct ub_error *err);

/** Notes the whole sector as to be sent, as nothing is known of it. Errors: UB_SYS_MEMORY. */
enum ub_code ub_plan_fill_all(struct ub_plan *plan, struct ub_sector_work *work,
                              struct ub_error *err);

/** Would programming alone not do? Programming moves bits away from the erased value only. */
bool ub_plan_needs_erase(uint8_t erased_value, const uint8_t *have, const uint8_t *want,
                         size_t length);

/** Prices the ways, takes the cheapest that is allowed, and sets the verdicts by it. Errors:
 * UB_DFU_COMMAND, UB_SYS_MEMORY. */
enum ub_code ub_plan_choose(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_plan_wish *wish, const struct ub_rates *rates,
                            struct ub_error *err);

/** Plans a stream, which is written whole or not at all. Errors: as ub_plan_build(). */
enum ub_code ub_plan_stream(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_plan_wish *wish, const struct ub_rates *rates,
                            struct ub_error *err);

/** Adds a way that was considered, with what is said of it if it is chosen, and if it is not. */
void ub_plan_consider(struct ub_plan *plan, enum ub_way way, bool allowed, const char *chosen,
                      const char *rejected, uint64_t us);
/** Sorts the ways by price and marks the cheapest that is allowed (one has to be), which it
 * returns. */
enum ub_way ub_plan_decide(struct ub_plan *plan);

/**
 * Makes the operations that the verdicts ask for. With `keep` they go into the plan, with its sums;
 * else only their price is worked out. Errors: UB_SYS_MEMORY.
 */
enum ub_code ub_plan_operations(struct ub_plan *plan, const struct ub_target *target,
                                const struct ub_rates *rates, enum ub_way way, bool keep,
                                uint64_t *us, struct ub_error *err);

/**
 * Does what the plan says. *left becomes "incomplete" with the first operation. On error or
 * interruption the device is brought back to dfuIDLE where it still answers.
 */
enum ub_code ub_plan_execute(struct ub_plan *plan, const struct ub_target *target,
                             enum ub_left *left, struct ub_error *err);

/**
 * Reads back every sector that was written or erased and compares. Errors: UB_VER_NOT_WRITTEN at
 * the first difference, UB_SYS_INTERRUPTED, UB_USB and UB_DFU domains.
 */
enum ub_code ub_plan_verify(struct ub_plan *plan, const struct ub_target *target,
                            struct ub_error *err);

/** Does the plan keep something of which one reading alone said that it is right? */
bool ub_plan_trusts_one_reading(const struct ub_plan *plan);

/**
 * Where nothing has to be done as one reading said: reads once more. Errors: UB_VER_READS_DIFFER,
 * and otherwise as ub_plan_verify().
 */
enum ub_code ub_plan_confirm(struct ub_plan *plan, const struct ub_target *target,
                             struct ub_error *err);

/**
 * Compares pieces with the device. Errors: UB_VER_MISMATCH with the first difference,
 * UB_VER_NO_READ_BACK.
 */
enum ub_code ub_pieces_verify(const struct ub_target *target, const struct ub_placement *placement,
                              struct ub_error *err);

/** Could a backup hold everything that the plan erases or overwrites? A stream is taken whole. */
bool ub_plan_readable(const struct ub_plan *plan, const struct ub_target *target);

/**
 * Is everything that the plan erases or overwrites in the backup, or, sector by sector, in an
 * `earlier` one (NULL: there is none)? Errors: UB_MEM_NO_BACKUP, with the first address that is
 * not.
 */
enum ub_code ub_plan_check_kept(const struct ub_plan *plan, const struct ub_backup *backup,
                                const struct ub_backup *earlier, struct ub_error *err);

/** Bytes that the plan writes or erases and that cannot be read back. */
uint64_t ub_plan_unreadable(const struct ub_plan *plan);

/** True if any of what the plan writes can be read back before leaving. */
bool ub_plan_can_read_back(const struct ub_plan *plan, const struct ub_target *target);

/** True if the sector is read back after the plan was carried out: it was changed, or the plan
 * keeps what one doubtful reading alone said of it. */
static inline bool ub_work_read_back(const struct ub_sector_work *work)
{
    const bool kept_on_one_word = work->doubtful && work->covered > 0;
    return (work->verdict != UB_VERDICT_KEEP || work->checked || kept_on_one_word) &&
           (work->sector.rights & UB_CAN_READ) != 0;
}

/** True if `b` follows `a` without a gap. */
static inline bool ub_work_joins(const struct ub_sector_work *a, const struct ub_sector_work *b)
{
    return a->region == b->region && a->sector.address + a->sector.size == b->sector.address;
}

#endif
