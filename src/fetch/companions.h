/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file companions.h
 * What lies beside a file on its server to check it by: signatures, a manifest, digests.
 */
#ifndef UB_FETCH_COMPANIONS_H
#define UB_FETCH_COMPANIONS_H

#include "fetch/download.h"

/** What is wanted, and where it was put: beside the download's file, under the names by which
 * ub_trust_image() finds it. Strings are the caller's; paths are owned, NULL if it is not there. */
struct ub_companions {
    const char *signature_url; /**< NULL: beside the file, if it is there */
    const char *manifest_url;  /**< NULL: beside the file, if it is there */
    bool digests;              /**< digests beside the file are wanted */
    char *signature;
    char *manifest;
};

/**
 * Fetches them. What was not named may be missing, and so is what is none (a page that says "not
 * found", a signature of another program). Errors: as ub_net_get(), UB_NET_URL, UB_TRU_SIGNATURE
 * and UB_TRU_MANIFEST (what was named is none), UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_MEMORY.
 */
enum ub_code ub_companions_fetch(struct ub_companions *companions, struct ub_download *download,
                                 struct ub_net *net, struct ub_error *err);
/** Frees the paths. */
void ub_companions_free(struct ub_companions *companions);

#endif
