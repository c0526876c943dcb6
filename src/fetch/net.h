/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file net.h
 * One request after the other over http and https: redirects within bounds, a deadline for silence,
 * the person's wish to stop heard at once.
 */
#ifndef UB_FETCH_NET_H
#define UB_FETCH_NET_H

#include "base/env.h"

#define UB_NET_STALL_US       UINT64_C(30000000) /**< unless said otherwise */
#define UB_NET_REDIRECTS_MAX  5
#define UB_NET_VALIDATOR_TEXT 256 /**< bytes of an ETag or a date, with its NUL */

/** How requests are made. */
struct ub_net_options {
    struct ub_env *env;      /**< borrowed: the wish to stop */
    bool insecure;           /**< the content is verified by other means: http:// is borne too */
    uint64_t stall_us;       /**< 0: UB_NET_STALL_US */
    const char *authorities; /**< file of certificates, borrowed; NULL: the system's */
};

struct ub_net;

/** Makes what requests need. *out is the caller's. Errors: UB_SYS_MEMORY, UB_SYS_INTERNAL. */
enum ub_code ub_net_open(const struct ub_net_options *options, struct ub_net **out,
                         struct ub_error *err);
/** NULL is allowed. */
void ub_net_close(struct ub_net *net);

/** How the server begins to answer. */
struct ub_net_answer {
    bool partial;  /**< it gives a piece (206), which begins at `from` */
    uint64_t from; /**< 0 for the whole */
    bool has_total;
    uint64_t total;                       /**< bytes of the whole file */
    char etag[UB_NET_VALIDATOR_TEXT];     /**< "" if none */
    char modified[UB_NET_VALIDATOR_TEXT]; /**< Last-Modified, or "" */
    bool downgraded;                      /**< a redirect led from https:// to http:// */
};

/** A request. */
struct ub_net_request {
    const char *url;
    uint64_t from;        /**< ask for the file from there on */
    const char *if_range; /**< if it is still the one with that ETag or date; or NULL */
    uint64_t max;         /**< bytes that the whole file may have; not less than `from` */
    /** The server gives the file, or the piece. Once for a request. */
    enum ub_code (*begin)(void *user, const struct ub_net_answer *answer, struct ub_error *err);
    /** More of it. */
    enum ub_code (*take)(void *user, const uint8_t *bytes, size_t length, struct ub_error *err);
    void *user;
};

/**
 * Makes a request and hands on what comes. *status is the server's, or 0 without an answer. Errors:
 * those of the request's functions, UB_NET domain except UB_NET_URL, UB_SYS_INTERRUPTED,
 * UB_SYS_MEMORY.
 */
enum ub_code ub_net_get(struct ub_net *net, const struct ub_net_request *request, long *status,
                        struct ub_error *err);

#endif
