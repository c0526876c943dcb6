/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file plan.h
 * The plan: which sectors are kept, erased and written, in which order, at what price.
 *
 * Built in two passes: survey.c reads the device and gives each touched sector a verdict; plan.c
 * turns the verdicts into operations in brick-safe order. execute.c walks those operations and
 * nothing else.
 */
#ifndef UB_FLASH_PLAN_H
#define UB_FLASH_PLAN_H

#include "flash/place.h"
#include "loader/layout.h"
#include "vault/vault.h"

enum ub_verdict {
    UB_VERDICT_KEEP,    /**< holds what it should */
    UB_VERDICT_FILL,    /**< is blank where it has to change: written without erase */
    UB_VERDICT_REWRITE, /**< erased, then written */
};

/** One touched sector. */
struct ub_sector_work {
    struct ub_sector sector;
    const struct ub_region *region;
    uint8_t *want;    /**< what it shall hold, sector.size bytes; points into its area */
    uint8_t *have;    /**< what it holds, if `known`; points into its area */
    uint64_t covered; /**< bytes of it that belong to the image */
    bool known;       /**< `have` is what the device holds */
    bool boot;        /**< finished last: what makes the device bootable */
    enum ub_verdict verdict;
};

/** Touched sectors without a gap between them, in one region. */
struct ub_area {
    const struct ub_region *region;
    uint64_t start;
    size_t length;
    uint8_t *want; /**< owned */
    uint8_t *have; /**< owned */
    size_t first;  /**< of its sectors, in ub_plan.sectors */
    size_t count;
};

/** One operation; `data` points into an area or the stream. */
struct ub_plan_op {
    struct ub_plan_step step;
    const struct ub_region *region;
    const uint8_t *data;
};

struct ub_plan {
    struct ub_area *areas;
    size_t area_count;
    struct ub_sector_work *sectors;
    size_t sector_count;
    struct ub_plan_op *ops;
    size_t op_count;
    size_t op_room;
    bool stream; /**< plain DFU: one write of everything */
    struct ub_piece stream_piece;
    uint8_t *stream_data; /**< owned copy */
    bool erase_all;
    const struct ub_region
        *wiped;          /**< the region that erase_all erases: the first erasable flash */
    uint64_t bytes_done; /**< written by ub_plan_execute() */
    size_t sectors_done; /**< erased by it */
    uint8_t erased_value;
    uint16_t block; /**< bytes of a full block */
    struct ub_plan_info info;
};

/**
 * Surveys the device and makes the plan. `known` (may be NULL) is what was just read from this
 * device, and spares the reading. The plan keeps its own copies. *out is the caller's. Errors:
 * UB_MEM_NEIGHBOURS, UB_MEM_READ_ONLY, UB_SYS_INTERRUPTED, UB_SYS_MEMORY, UB_USB and UB_DFU
 * domains.
 */
enum ub_code ub_plan_build(const struct ub_target *target, const struct ub_placement *placement,
                           const struct ub_flash_options *options, const struct ub_backup *known,
                           struct ub_plan **out, struct ub_error *err);

/** First pass: areas, sectors and their verdicts. */
enum ub_code ub_plan_survey(struct ub_plan *plan, const struct ub_target *target,
                            const struct ub_placement *placement,
                            const struct ub_flash_options *options, const struct ub_backup *known,
                            struct ub_error *err);

/** Lays out areas and sectors over the pieces; verdicts and contents are not set yet. */
enum ub_code ub_plan_lay_out(struct ub_plan *plan, const struct ub_target *target,
                             const struct ub_placement *placement, struct ub_error *err);

/** Copies the pieces over `want` of one sector. */
void ub_plan_overlay(struct ub_sector_work *work, const struct ub_placement *placement,
                     uint8_t erased_value);

/** Predicted cost of erasing a sector, of writing and of reading bytes, in microseconds. */
uint64_t ub_cost_erase(const struct ub_costs *costs, uint64_t size);
uint64_t ub_cost_write(const struct ub_costs *costs, uint64_t length, uint16_t block);
uint64_t ub_cost_read(const struct ub_costs *costs, uint64_t length, uint16_t block);

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
enum ub_code ub_plan_verify(const struct ub_plan *plan, const struct ub_target *target,
                            struct ub_error *err);

/**
 * Compares pieces with the device. Errors: UB_VER_MISMATCH with the first difference,
 * UB_VER_NO_READ_BACK.
 */
enum ub_code ub_pieces_verify(const struct ub_target *target, const struct ub_placement *placement,
                              struct ub_error *err);

/**
 * Is everything that the plan erases or overwrites in the backup? Errors: UB_MEM_NO_BACKUP, with
 * the first address that is not.
 */
enum ub_code ub_plan_check_kept(const struct ub_plan *plan, const struct ub_backup *backup,
                                struct ub_error *err);

/** Bytes that the plan writes or erases and that cannot be read back. */
uint64_t ub_plan_unreadable(const struct ub_plan *plan);

/** True if any of what the plan writes can be read back before leaving. */
bool ub_plan_can_read_back(const struct ub_plan *plan, const struct ub_target *target);

#endif
