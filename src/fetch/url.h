/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file url.h
 * Addresses of files: which are taken, and what the file is called.
 */
#ifndef UB_FETCH_URL_H
#define UB_FETCH_URL_H

#include "unbrick.h"

#define UB_URL_MAX       4096 /**< bytes of an address, with its NUL */
#define UB_URL_NAME_TEXT 101  /**< bytes of a file's name, with its NUL */

enum ub_url_scheme {
    UB_URL_HTTPS,
    UB_URL_HTTP,
    UB_URL_FILE,
};

/** An address. A plain value. */
struct ub_url {
    enum ub_url_scheme scheme;
    char text[UB_URL_MAX];       /**< without fragment */
    char host[UB_STRING_TEXT];   /**< for a person; "" for a file */
    char path[UB_URL_MAX];       /**< of a file on this computer; else "" */
    char name[UB_URL_NAME_TEXT]; /**< the file's, made safe: no slashes, no control characters, no
                                      leading dot */
};

/** Reads an address that begins with https://, http:// or file://. One with a user or password is
 * refused: it would be noted and shown. Errors: UB_NET_URL, UB_SYS_MEMORY. */
enum ub_code ub_url_parse(const char *text, struct ub_url *out, struct ub_error *err);
/** The address of the file whose name is that one's with `ending` behind it. Errors: UB_NET_URL
 * (too long), UB_SYS_MEMORY. */
enum ub_code ub_url_with_ending(const struct ub_url *url, const char *ending, struct ub_url *out,
                                struct ub_error *err);
/** The address of the file `name` in the same folder. Errors: as ub_url_with_ending(). */
enum ub_code ub_url_beside(const struct ub_url *url, const char *name, struct ub_url *out,
                           struct ub_error *err);

#endif
