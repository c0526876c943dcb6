/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A list of digests from a stranger: what is found in it stands in it. The name that is looked for
 * is the first line. */
#include "trust/digest.h"

#include <stdlib.h>
#include <string.h>

#define NAME_TEXT 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char lower(uint8_t c)
{
    return (char)(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
}

static bool stands_in(const uint8_t *sums, size_t length, const char *digits)
{
    const size_t count = strlen(digits);
    for (size_t i = 0; i + count <= length; i++) {
        size_t same = 0;
        while (same < count && lower(sums[i + same]) == digits[same])
            same++;
        if (same == count)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    const size_t length = end ? (size_t)(end - data) : 0;
    char name[NAME_TEXT] = "f.bin";
    char digits[129];
    struct ub_error err = {0};
    if (length > 0 && length < sizeof(name)) {
        memcpy(name, data, length);
        name[length] = '\0';
    }
    const uint8_t *sums = end ? end + 1 : data;
    const size_t sums_length = end ? size - length - 1 : size;
    if (!ub_digest_find(sums, sums_length, name, digits))
        return 0;
    const size_t count = strlen(digits);
    if ((count != 64 && count != 128) || strspn(digits, "0123456789abcdef") != count ||
        !stands_in(sums, sums_length, digits))
        abort();
    /* no list holds its own digest */
    if (ub_digest_check(name, digits, data, size, &err) != UB_TRU_DIGEST || !err.message[0])
        abort();
    return 0;
}
