/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file answer.h
 * The header lines of an answer (RFC 9110), out of which comes what is worth knowing of the file.
 */
#ifndef UB_FETCH_ANSWER_H
#define UB_FETCH_ANSWER_H

#include "fetch/net.h"

/** What header lines said; starts zeroed. */
struct ub_headers {
    char etag[UB_NET_VALIDATOR_TEXT];
    char modified[UB_NET_VALIDATOR_TEXT];
    bool has_range; /**< a Content-Range that can be read: */
    uint64_t from;
    bool has_total;
    uint64_t total;
};

/** Takes one line as libcurl hands it on; a status line begins anew. What is too long or is no text
 * counts as not there. */
void ub_headers_take(struct ub_headers *headers, const char *line, size_t length);

/** The answer: a piece of the file, or the whole, which has `length` bytes (-1: not known). False
 * if it is a piece, and it does not say which. */
bool ub_headers_answer(const struct ub_headers *headers, bool partial, int64_t length,
                       struct ub_net_answer *out);

#endif
