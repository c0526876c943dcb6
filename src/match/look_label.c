/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What its manifest says it is for, against the device and what a person reads on its label. */
#include "base/text.h"
#include "match/rows.h"

#include <string.h>

/** True if any claim of that kind has this text. */
static bool claims(const struct ub_image *image, enum ub_claim_kind kind, const char *text)
{
    const struct ub_claim *claim;
    for (size_t i = 0; text && text[0] && (claim = ub_match_claim(image, kind, &i)) != NULL;)
        if (ub_same_word(claim->text, text))
            return true;
    return false;
}

static bool has_claim(const struct ub_image *image, enum ub_claim_kind kind)
{
    size_t index = 0;
    return ub_match_claim(image, kind, &index) != NULL;
}

/** The closest relation of the device's family to those that the manifest names. */
static enum ub_family_relation relation(const struct ub_match_case *what)
{
    const struct ub_claim *claim;
    enum ub_family_relation best = UB_FAMILY_OTHER;
    for (size_t i = 0; (claim = ub_match_claim(what->image, UB_CLAIM_FAMILY, &i)) != NULL;) {
        const enum ub_family_relation found = ub_family_relation(what->family, claim->text);
        best = found > best ? found : best;
    }
    return best;
}

void ub_match_family(const struct ub_match_row *row, const struct ub_match_case *what,
                     struct ub_match *out)
{
    char list[128];
    if (!what->family || !has_claim(what->image, UB_CLAIM_FAMILY))
        return;
    ub_match_claims(what->image, UB_CLAIM_FAMILY, list, sizeof(list));
    const enum ub_family_relation found = relation(what);
    if (found == UB_FAMILY_COVERED)
        UB_MATCH_FOR("its manifest is for %s", list);
    else if (found != UB_FAMILY_OTHER)
        UB_MATCH_WEAK("its manifest is for %s; of %s no more is known than %s", list, what->where,
                      what->family->name);
    else
        UB_MATCH_AGAINST("its manifest is for %s; %s is %s", list, what->where, what->family->name);
}

/** Something that only a label tells for sure. `shown` is what the device says itself, or NULL. */
struct told {
    const struct ub_match_row *row;
    const struct ub_match_case *what;
    struct ub_match *out;
    enum ub_claim_kind kind;
    const char *noun;
    const char *label;
    const char *shown[2];
};

static void compare(const struct told *told)
{
    const struct ub_image *image = told->what->image;
    char list[128];
    if (!has_claim(image, told->kind))
        return;
    ub_match_claims(image, told->kind, list, sizeof(list));
    bool same = claims(image, told->kind, told->label);
    for (size_t i = 0; !told->label[0] && i < 2; i++)
        same = same || claims(image, told->kind, told->shown[i]);
    if (same)
        ub_match_say(told->out, told->what, told->row, UB_FINDING_FOR, "it is for %s %s",
                     told->noun, list);
    else if (told->label[0])
        ub_match_say(told->out, told->what, told->row, UB_FINDING_AGAINST,
                     "it is for %s %s; the label says %.64s", told->noun, list, told->label);
}

void ub_match_vendor(const struct ub_match_row *row, const struct ub_match_case *what,
                     struct ub_match *out)
{
    const struct told told = {row,
                              what,
                              out,
                              UB_CLAIM_VENDOR,
                              "vendor",
                              what->label.vendor,
                              {what->dfu.manufacturer, what->runtime.manufacturer}};
    compare(&told);
}

void ub_match_model(const struct ub_match_row *row, const struct ub_match_case *what,
                    struct ub_match *out)
{
    const struct told told = {row,
                              what,
                              out,
                              UB_CLAIM_MODEL,
                              "model",
                              what->label.model,
                              {what->dfu.product, what->runtime.product}};
    compare(&told);
}

void ub_match_revision(const struct ub_match_row *row, const struct ub_match_case *what,
                       struct ub_match *out)
{
    const struct told told = {
        row, what, out, UB_CLAIM_REVISION, "revision", what->label.revision, {NULL, NULL}};
    compare(&told);
}

void ub_match_market(const struct ub_match_row *row, const struct ub_match_case *what,
                     struct ub_match *out)
{
    const struct told told = {row,         what, out, UB_CLAIM_MARKET, "market", what->label.market,
                              {NULL, NULL}};
    compare(&told);
}

static void add_unread(const struct ub_image *image, enum ub_claim_kind kind, const char *noun,
                       char *to, size_t size)
{
    char list[64];
    if (!has_claim(image, kind))
        return;
    ub_match_claims(image, kind, list, sizeof(list));
    (void)ub_append(to, size, "%s%s %s", to[0] ? ", " : "", noun, list);
}

/* The image says for what it is, and nobody compared: that is for the person's eyes. */
void ub_match_label(const struct ub_match_row *row, const struct ub_match_case *what,
                    struct ub_match *out)
{
    const struct ub_image *image = what->image;
    char list[192] = "";
    if (what->family_only)
        return;
    if (!what->label.model[0] && !claims(image, UB_CLAIM_MODEL, what->dfu.product) &&
        !claims(image, UB_CLAIM_MODEL, what->runtime.product))
        add_unread(image, UB_CLAIM_MODEL, "model", list, sizeof(list));
    if (!what->label.revision[0])
        add_unread(image, UB_CLAIM_REVISION, "revision", list, sizeof(list));
    if (!what->label.market[0])
        add_unread(image, UB_CLAIM_MARKET, "market", list, sizeof(list));
    if (list[0])
        UB_MATCH_WEAK("it is for %s: compare the device's label, and say it with --label", list);
}
