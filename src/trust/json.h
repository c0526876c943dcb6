/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file json.h
 * Strict reading of small JSON files that may come from anybody.
 */
#ifndef UB_TRUST_JSON_H
#define UB_TRUST_JSON_H

#include "unbrick.h"

#include <jansson.h>

/** What is read, and what goes wrong: the first fault is kept, later calls do nothing. */
struct ub_json {
    const char *name; /**< of the file, for messages */
    enum ub_code bad; /**< the code of a malformed file */
    enum ub_code code;
    struct ub_error *err;
};

/** Notes a fault: "NAME: ...". */
void ub_json_fail(struct ub_json *json, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Reads the text; the caller's (json_decref()), NULL on failure. Keys may not be there twice. */
json_t *ub_json_load(struct ub_json *json, const uint8_t *bytes, size_t length);

/**
 * Is it an object whose keys all are in `keys` (ending with NULL) or begin with "x-"? Then true.
 * `what` names it in messages.
 */
bool ub_json_object(struct ub_json *json, const json_t *object, const char *what,
                    const char *const *keys);

/**
 * A text that is not empty, shorter than `size` bytes and printable; "" if it is not there and need
 * not be. False if there is none.
 */
bool ub_json_text(struct ub_json *json, const json_t *object, const char *key, bool must, char *to,
                  size_t size);

/** A whole number from `least` to `most`; 0 on failure. */
uint64_t ub_json_number(struct ub_json *json, const json_t *object, const char *key, uint64_t least,
                        uint64_t most);

/** 64 hexadecimal digits. */
void ub_json_sha256(struct ub_json *json, const json_t *object, const char *key,
                    uint8_t sha256[32]);

/** An RFC 3339 time. False if it is not there, which is no fault unless it `must` be. */
bool ub_json_moment(struct ub_json *json, const json_t *object, const char *key, bool must,
                    int64_t *seconds);

/** An array of at most `max` things; NULL if it is not there, which is no fault. */
const json_t *ub_json_array(struct ub_json *json, const json_t *object, const char *key,
                            size_t max);

#endif
