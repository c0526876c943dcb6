/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file seen.h
 * Which versions were put on devices: seen.json of the user's store. An older one of the same
 * vendor and model, signed by the same key, is a rollback.
 */
#ifndef UB_TRUST_SEEN_H
#define UB_TRUST_SEEN_H

#include "image/image.h"

#define UB_SEEN_NAME     "seen.json"
#define UB_SEEN_FILE_MAX ((size_t)2 * 1024 * 1024)
#define UB_SEEN_MAX      4096 /**< entries */

/** The highest version of one kind of device. */
struct ub_seen {
    char vendor[UB_STRING_TEXT];
    char kind[UB_STRING_TEXT]; /**< "model" or "family": what `name` is */
    char name[UB_STRING_TEXT];
    char key[UB_KEY_ID_TEXT];
    char bus[UB_STRING_TEXT]; /**< "libusb", or another: virtual devices have a memory of their own
                               */
    char version[UB_STRING_TEXT];
    char date[UB_STRING_TEXT]; /**< RFC 3339 */
};

/** What a file holds. Zero is nothing. */
struct ub_seen_list {
    struct ub_seen *list; /**< owned: free() */
    size_t count;
};

/** Reads a file's text; `name` is used in messages. out->list is the caller's on success. Errors:
 * UB_TRU_STORE, UB_SYS_MEMORY. */
enum ub_code ub_seen_parse(const char *name, const uint8_t *bytes, size_t length,
                           struct ub_seen_list *out, struct ub_error *err);

/**
 * Was a newer version than `version` seen, for any of the models (where it names none, families)
 * that the manifest's claims of the image name? *newest is that one, or "". `folder` may be NULL.
 * Errors: UB_TRU_STORE, UB_SYS_MEMORY.
 */
enum ub_code ub_seen_check(const char *folder, const struct ub_image *image, const char *version,
                           const char *key, const char *bus, char newest[UB_STRING_TEXT],
                           struct ub_error *err);

/**
 * Remembers the version of an image with a signed manifest (image->trust), for each of its models,
 * unless a newer one is remembered. Nothing for an image without one. `now` is in seconds since
 * 1970. Errors: UB_TRU_STORE, UB_SYS_MEMORY.
 */
enum ub_code ub_seen_record(const char *folder, const struct ub_image *image, const char *bus,
                            int64_t now, struct ub_error *err);

#endif
