/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trust/moment.h"

#include "base/text.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#define DAY       INT64_C(86400)
#define YEAR_MIN  1970
#define YEAR_MAX  9999
#define DATE_TEXT (sizeof("2026-11-22T10:11:12") - 1)
#define ZONE_TEXT (sizeof("+01:00") - 1)

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_in(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/** Days from 1970-01-01 to January 1st of that year. */
static int64_t days_before(unsigned year)
{
    const int64_t past = (int64_t)year - 1;
    const int64_t base = YEAR_MIN - 1;
    return ((int64_t)year - YEAR_MIN) * 365 + (past / 4 - base / 4) - (past / 100 - base / 100) +
           (past / 400 - base / 400);
}

/** Reads `count` digits that are a number from `least` to `most`. */
static bool take(const char *text, size_t count, unsigned least, unsigned most, unsigned *value)
{
    uint64_t number = 0;
    if (!ub_parse_digits(text, count, 10, most, &number) || number < least)
        return false;
    *value = (unsigned)number;
    return true;
}

/** "Z", or "+01:00": seconds to be subtracted. */
static bool take_zone(const char *text, int64_t *offset)
{
    unsigned hours;
    unsigned minutes;
    *offset = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
        return true;
    if (strlen(text) != ZONE_TEXT || (text[0] != '+' && text[0] != '-') || text[3] != ':' ||
        !take(text + 1, 2, 0, 23, &hours) || !take(text + 4, 2, 0, 59, &minutes))
        return false;
    *offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    if (text[0] == '-')
        *offset = -*offset;
    return true;
}

static const char *skip_fraction(const char *text)
{
    if (text[0] != '.' || text[1] < '0' || text[1] > '9')
        return text;
    text++;
    while (*text >= '0' && *text <= '9')
        text++;
    return text;
}

/* Seconds up to 60: a leap second is one that RFC 3339 §5.7 lets be written. */
static bool take_clock(const char *text, int64_t *seconds)
{
    unsigned hour;
    unsigned minute;
    unsigned second;
    if (text[2] != ':' || text[5] != ':' || !take(text, 2, 0, 23, &hour) ||
        !take(text + 3, 2, 0, 59, &minute) || !take(text + 6, 2, 0, 60, &second))
        return false;
    *seconds = (int64_t)hour * 3600 + (int64_t)minute * 60 + second;
    return true;
}

static bool take_day(const char *text, int64_t *days)
{
    unsigned year;
    unsigned month;
    unsigned day;
    if (text[4] != '-' || text[7] != '-' || !take(text, 4, YEAR_MIN, YEAR_MAX, &year) ||
        !take(text + 5, 2, 1, 12, &month) || !take(text + 8, 2, 1, days_in(year, month), &day))
        return false;
    *days = days_before(year) + day - 1;
    for (unsigned m = 1; m < month; m++)
        *days += days_in(year, m);
    return true;
}

bool ub_moment_parse(const char *text, int64_t *seconds)
{
    int64_t days;
    int64_t clock;
    int64_t offset;
    if (strlen(text) <= DATE_TEXT || (text[10] != 'T' && text[10] != 't') ||
        !take_day(text, &days) || !take_clock(text + 11, &clock) ||
        !take_zone(skip_fraction(text + DATE_TEXT), &offset))
        return false;
    *seconds = days * DAY + clock - offset;
    return true;
}

void ub_moment_print(int64_t seconds, char to[UB_MOMENT_TEXT])
{
    to[0] = '\0';
    if (seconds < 0 || seconds >= days_before(YEAR_MAX + 1) * DAY)
        return;
    int64_t days = seconds / DAY;
    const int64_t rest = seconds % DAY;
    unsigned year = YEAR_MIN + (unsigned)(days / 366); /* or some years later */
    while (days_before(year + 1) <= days)
        year++;
    days -= days_before(year);
    unsigned month = 1;
    for (; days >= days_in(year, month); month++)
        days -= days_in(year, month);
    (void)ub_print(to, UB_MOMENT_TEXT, "%04u-%02u-%02uT%02" PRId64 ":%02" PRId64 ":%02" PRId64 "Z",
                   year, month, (unsigned)days + 1, rest / 3600, rest / 60 % 60, rest % 60);
}
