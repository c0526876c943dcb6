/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file download.h
 * A file on its way into the vault. It has a folder of its own until it is whole and verified:
 *
 *     <vault>/downloads/.fetch-KEY/NAME           the file, as far as it came
 *     <vault>/downloads/.fetch-KEY/NAME.minisig   and what was fetched to check it by
 *     <vault>/downloads/.fetch-KEY/.record        what is known of it (record.h)
 *     <vault>/downloads/.fetch-KEY/.lock          held by who fetches it
 *
 * KEY is made of the address.
 */
#ifndef UB_FETCH_DOWNLOAD_H
#define UB_FETCH_DOWNLOAD_H

#include "fetch/net.h"
#include "fetch/record.h"

/** A download in hand. */
struct ub_download {
    struct ub_env *env; /**< borrowed */
    struct ub_url url;
    char digest[129]; /**< that the whole must have, or "" */
    char *downloads;  /**< the folder of all; owned */
    char *folder;     /**< its own; owned */
    char *path;       /**< the file; owned */
    char *record;     /**< the note; owned */
    int lock;         /**< descriptor of the lock, or -1 */
    uint64_t length;  /**< bytes of the whole, once it is there */
    uint64_t resumed; /**< of these, those that an earlier try had left */
};

/**
 * Takes the download of `url` in hand: makes its folder in `vault`, and waits until no other
 * program has it in hand; `stall_us` after that one made the last progress it gives up. `digest`
 * may be NULL. *out is the caller's (ub_download_close()). Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL,
 * UB_NET_TIMEOUT, UB_SYS_INTERRUPTED, UB_SYS_MEMORY.
 */
enum ub_code ub_download_open(struct ub_env *env, const char *vault, const struct ub_url *url,
                              const char *digest, uint64_t stall_us, struct ub_download **out,
                              struct ub_error *err);
/** Lets go of it; what came stays for the next try if that can go on there. NULL is allowed. */
void ub_download_close(struct ub_download *download);

/**
 * Fetches it, going on behind what is there. Errors: as ub_net_get(), UB_NET_CHANGED,
 * UB_SYS_WRITE, UB_SYS_DISK_FULL.
 */
enum ub_code ub_download_run(struct ub_download *download, struct ub_net *net,
                             struct ub_error *err);
/** Copies a file of this computer instead (download->url.path). Errors: UB_NET_REFUSED (it cannot
 * be read), UB_NET_TOO_LARGE, UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_MEMORY. */
enum ub_code ub_download_copy(struct ub_download *download, struct ub_error *err);
/** Deletes all that came. */
void ub_download_discard(struct ub_download *download);

#endif
