/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file label.h
 * What a person reads on the device's label.
 */
#ifndef UB_MATCH_LABEL_H
#define UB_MATCH_LABEL_H

#include "unbrick.h"

/** "" is not told. */
struct ub_label {
    char vendor[UB_STRING_TEXT];
    char model[UB_STRING_TEXT];
    char revision[UB_STRING_TEXT];
    char market[UB_STRING_TEXT];
};

/**
 * Reads "model=X,revision=B,market=EU": keys vendor, model, revision, market, each at most once and
 * not empty. NULL is no label. Errors: UB_USE_OPTION.
 */
enum ub_code ub_label_parse(const char *text, struct ub_label *out, struct ub_error *err);

#endif
