/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "match/release.h"

#include "base/text.h"
#include "trust/version.h"

bool ub_release_valid(uint16_t bcd)
{
    for (unsigned shift = 0; shift < 16; shift += 4)
        if (((unsigned)bcd >> shift & 0xfu) > 9)
            return false;
    return true;
}

static unsigned decimal(unsigned bcd)
{
    return (bcd >> 4) * 10 + (bcd & 0xfu);
}

void ub_release_print(char to[UB_RELEASE_TEXT], uint16_t bcd)
{
    (void)ub_print(to, UB_RELEASE_TEXT, "%x.%02x", bcd >> 8, bcd & 0xffu);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

/** fwupd's ways to write a release (fu-version-common.c): "1.20", 1.32, 288 for 0x0120. */
static bool write_as(const char *format, uint16_t bcd, char to[UB_RELEASE_TEXT])
{
    if (ub_same_word(format, "bcd") && ub_release_valid(bcd))
        return ub_print(to, UB_RELEASE_TEXT, "%u.%u", decimal(bcd >> 8u), decimal(bcd & 0xffu));
    if (ub_same_word(format, "pair"))
        return ub_print(to, UB_RELEASE_TEXT, "%u.%u", bcd >> 8u, bcd & 0xffu);
    if (ub_same_word(format, "plain") || ub_same_word(format, "number"))
        return ub_print(to, UB_RELEASE_TEXT, "%u", bcd);
    return false;
}

bool ub_release_compare(const char *version, const char *format, uint16_t bcd, int *order)
{
    char pairs[UB_RELEASE_TEXT];
    char digits[UB_RELEASE_TEXT];
    int by_pairs;
    int by_digits;
    if (!write_as(format ? format : "bcd", bcd, pairs) ||
        !ub_version_compare(version, pairs, &by_pairs))
        return false;
    *order = sign(by_pairs);
    if (format)
        return true;
    (void)ub_print(digits, sizeof(digits), "%u.%u.%u", decimal(bcd >> 8u), bcd >> 4 & 0xfu,
                   bcd & 0xfu);
    return ub_version_compare(version, digits, &by_digits) && sign(by_digits) == *order;
}
