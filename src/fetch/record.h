/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file record.h
 * What is noted beside a file that is not complete, so that a later try knows whether it can go on.
 */
#ifndef UB_FETCH_RECORD_H
#define UB_FETCH_RECORD_H

#include "fetch/net.h"
#include "fetch/url.h"

/** A note. A plain value. */
struct ub_part_record {
    char url[UB_URL_MAX];
    char etag[UB_NET_VALIDATOR_TEXT];     /**< "" if the server gave none */
    char modified[UB_NET_VALIDATOR_TEXT]; /**< "" if the server gave none */
    char digest[129];                     /**< that the whole must have, lower case; or "" */
    bool has_total;
    uint64_t total;
};

/** Reads the note at `path`; false if there is none that makes sense. */
bool ub_part_record_read(const char *path, struct ub_part_record *out);
/** Writes it. Errors: UB_SYS_WRITE, UB_SYS_DISK_FULL, UB_SYS_MEMORY. */
enum ub_code ub_part_record_write(const char *path, const struct ub_part_record *record,
                                  struct ub_error *err);

/** What If-Range can be asked with: a strong ETag, else the date; NULL if there is neither
 * (RFC 9110 §13.1.5). */
const char *ub_part_record_validator(const struct ub_part_record *record);

#endif
