/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file access.h
 * The loader's operations as the engine and the procedure call them: each is timed, and goes into
 * the ledger if there is one. Contracts and errors are those of struct ub_loader_ops.
 */
#ifndef UB_FLASH_ACCESS_H
#define UB_FLASH_ACCESS_H

#include "flash/tally.h"

/** Bytes to read at once: a multiple of the block that fills the longest queue of most devices. */
size_t ub_access_chunk(const struct ub_target *target);

enum ub_code ub_access_read(const struct ub_target *target, const struct ub_region *region,
                            uint64_t address, uint8_t *data, size_t length, size_t *actual,
                            struct ub_error *err);
/** As ub_access_read(), where anything but all of it is an error (UB_USB_SHORT). */
enum ub_code ub_access_read_all(const struct ub_target *target, const struct ub_region *region,
                                uint64_t address, uint8_t *data, size_t length,
                                struct ub_error *err);
/**
 * Is this how a device refuses to give its memory out, as units with spoiled ECC make it do: a
 * stall, or a status of DFU's own? It still answers; one that is read-protected is not meant.
 */
bool ub_access_refused(enum ub_code code);
/** Brings the device back to dfuIDLE after it refused. Errors: as ub_loader_ops.abort. */
enum ub_code ub_access_recover(const struct ub_target *target, struct ub_error *err);
enum ub_code ub_access_erase(const struct ub_target *target, const struct ub_region *region,
                             uint64_t address, uint32_t size, struct ub_error *err);
enum ub_code ub_access_erase_all(const struct ub_target *target, struct ub_error *err);
/** `commands` is how many commands the write is expected to need between its blocks. */
enum ub_code ub_access_write(const struct ub_target *target, const struct ub_region *region,
                             uint64_t address, const uint8_t *data, size_t length,
                             uint64_t commands, struct ub_error *err);
enum ub_code ub_access_commit(const struct ub_target *target, struct ub_error *err);

#endif
