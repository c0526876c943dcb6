/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes from a server before the file does, and what is noted of it: by the first byte an
 * address ('u'), a note of an unfinished download ('r'), else header lines. */
#define _GNU_SOURCE
#include "fetch/answer.h"
#include "fetch/record.h"
#include "fetch/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

static void try_headers(const uint8_t *data, size_t size)
{
    struct ub_headers headers = {0};
    struct ub_net_answer answer;
    while (size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        const size_t length = end ? (size_t)(end + 1 - data) : size;
        ub_headers_take(&headers, (const char *)data, length);
        data += length;
        size -= length;
    }
    if (!is_plain(headers.etag) || !is_plain(headers.modified))
        abort();
    if (ub_headers_answer(&headers, true, -1, &answer) && answer.has_total &&
        answer.from >= answer.total)
        abort();
}

/** No address makes a file's name that leads elsewhere. */
static void try_url(const char *text)
{
    struct ub_url url;
    struct ub_url other;
    struct ub_error err = {0};
    const enum ub_code code = ub_url_parse(text, &url, &err);
    if (code) {
        if (code != UB_NET_URL || !err.message[0])
            abort();
        return;
    }
    if (!url.name[0] || url.name[0] == '.' || strpbrk(url.name, "/\\\n\r\t") ||
        strlen(url.name) >= UB_URL_NAME_TEXT)
        abort();
    if ((url.scheme == UB_URL_FILE) != (url.path[0] != '\0') ||
        (url.scheme == UB_URL_FILE) == (url.host[0] != '\0'))
        abort();
    if (ub_url_with_ending(&url, ".minisig", &other, NULL) == UB_OK &&
        (other.scheme != url.scheme || strcmp(other.host, url.host) != 0))
        abort();
    if (ub_url_beside(&url, "SHA256SUMS", &other, NULL) == UB_OK &&
        (other.scheme != url.scheme || strcmp(other.name, "SHA256SUMS") != 0))
        abort();
}

static void try_record(const uint8_t *data, size_t size)
{
    struct ub_part_record record;
    char path[64];
    const int fd = memfd_create("record", MFD_CLOEXEC);
    if (fd < 0)
        return;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t)size && ub_part_record_read(path, &record)) {
        const char *validator = ub_part_record_validator(&record);
        if (!is_plain(record.url) || (validator && !is_plain(validator)))
            abort();
    }
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 'u') {
        char *text = malloc(size);
        if (!text)
            return 0;
        memcpy(text, data + 1, size - 1);
        text[size - 1] = '\0';
        try_url(text);
        free(text);
    } else if (size > 0 && data[0] == 'r') {
        try_record(data + 1, size - 1);
    } else {
        try_headers(data, size);
    }
    return 0;
}
