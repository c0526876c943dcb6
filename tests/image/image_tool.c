/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the library makes of a firmware file, for scripts that compare it with other tools.
 *
 *   image_tool info FILE             the segments and claims, a line each
 *   image_tool convert FILE OUT [FORMAT]   writes it again; OUT's ending or FORMAT chooses how
 *   image_tool read FILE             reads it and says nothing, for others to measure
 *   image_tool time FILE             milliseconds for reading the file, best of five
 *
 * Options before the verb: --accept-bad-crc; --member NAME; --at ADDRESS gives a raw image its
 * place; for writing --fill BYTE, --ids VID:PID:DEVICE, --prefix lpc|ti|none, --prefix-at ADDRESS,
 * --uf2-family ID.
 * Exit status: 0 done, 1 refused (the error's number and text on stderr), 2 wrong usage. */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "image/image.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    struct ub_image_options options;
    struct ub_save_options save;
    bool has_at;
    uint64_t at;
};

static int fail(const struct ub_error *err)
{
    (void)fprintf(stderr, "%d %s\n", (int)err->code, err->message);
    return 1;
}

static void print_info(const struct ub_image *image)
{
    struct ub_image_info info;
    struct ub_image_segment s;
    struct ub_claim claim;
    char hex[65];
    ub_image_info(image, &info);
    ub_print_hex(hex, info.sha256, sizeof(info.sha256));
    (void)printf("format %s\nsize %" PRIu64 "\nlength %" PRIu64 "\nsha256 %s\n", info.format,
                 info.file_size, info.length, hex);
    if (info.has_ids)
        (void)printf("ids %04x:%04x device %04x\n", info.vid, info.pid, info.bcdDevice);
    if (info.target_name[0])
        (void)printf("target %s\n", info.target_name);
    if (info.note[0])
        (void)printf("note %s\n", info.note);
    for (size_t i = 0; ub_image_claim(image, i, &claim); i++)
        (void)printf("claim %s 0x%" PRIx64 " 0x%" PRIx64 " %s\n", ub_claim_name(claim.kind),
                     claim.number, claim.detail, claim.text);
    for (size_t i = 0; ub_image_segment(image, i, &s); i++) {
        uint8_t sum[32];
        (void)crypto_hash_sha256(sum, s.data, s.length);
        ub_print_hex(hex, sum, sizeof(sum));
        if (s.has_address)
            (void)printf("segment alt %d at 0x%08" PRIx64 " length %zu sha256 %s\n", s.alt,
                         s.address, s.length, hex);
        else
            (void)printf("segment alt %d length %zu sha256 %s\n", s.alt, s.length, hex);
    }
}

static int convert(const struct ub_image *image, const char *path, const char *format_name,
                   const struct request *request)
{
    struct ub_error err;
    struct ub_save_options save = request->save;
    save.format = format_name;
    save.replace = true;
    return ub_image_save(image, path, &save, &err) ? fail(&err) : 0;
}

static int measure(const char *path, const struct request *request)
{
    struct ub_clock clock = ub_clock_real();
    struct ub_error err;
    uint64_t best = UINT64_MAX;
    for (int i = 0; i < 5; i++) {
        struct ub_image *image = NULL;
        uint64_t before = ub_now(&clock);
        if (ub_image_open(path, &request->options, &image, &err))
            return fail(&err);
        uint64_t took = ub_now(&clock) - before;
        ub_image_close(image);
        best = took < best ? took : best;
    }
    (void)printf("%" PRIu64 "\n", best / 1000);
    return 0;
}

static int run(int count, char **words, const struct request *request)
{
    struct ub_image *image = NULL;
    struct ub_error err;
    if (count == 2 && strcmp(words[0], "time") == 0)
        return measure(words[1], request);
    bool info = count == 2 && strcmp(words[0], "info") == 0;
    bool read = count == 2 && strcmp(words[0], "read") == 0;
    if (!info && !read && !((count == 3 || count == 4) && strcmp(words[0], "convert") == 0))
        return 2;
    if (ub_image_open(words[1], &request->options, &image, &err))
        return fail(&err);
    if (request->has_at && !image->segments[0].has_address) {
        image->segments[0].has_address = true;
        image->segments[0].address = request->at;
    }
    int status = 0;
    if (info)
        print_info(image);
    else if (!read)
        status = convert(image, words[2], count == 4 ? words[3] : NULL, request);
    ub_image_close(image);
    return status;
}

/** "1209:70b1:0102" */
static bool take_ids(struct ub_save_options *save, const char *text)
{
    uint64_t ids[3];
    if (strlen(text) != 14 || text[4] != ':' || text[9] != ':')
        return false;
    for (size_t i = 0; i < 3; i++)
        if (!ub_parse_digits(text + 5 * i, 4, 16, UINT16_MAX, &ids[i]))
            return false;
    save->has_ids = true;
    save->vid = (uint16_t)ids[0];
    save->pid = (uint16_t)ids[1];
    save->bcdDevice = (uint16_t)ids[2];
    return true;
}

static bool take_option(struct request *request, const char *option, const char *value)
{
    struct ub_save_options *save = &request->save;
    uint64_t number = 0;
    bool good = ub_parse_number(value, UINT32_MAX, &number);
    if (strcmp(option, "--member") == 0) {
        request->options.member = value;
    } else if (strcmp(option, "--prefix") == 0) {
        save->prefix = value;
    } else if (strcmp(option, "--ids") == 0) {
        return take_ids(save, value);
    } else if (strcmp(option, "--at") == 0 && good) {
        request->has_at = true;
        request->at = number;
    } else if (strcmp(option, "--fill") == 0 && good) {
        save->has_fill = true;
        save->fill = (uint8_t)number;
    } else if (strcmp(option, "--prefix-at") == 0 && good) {
        save->prefix_address = number;
    } else if (strcmp(option, "--uf2-family") == 0 && good) {
        save->has_uf2_family = true;
        save->uf2_family = (uint32_t)number;
    } else {
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct request request = {0};
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i++) {
        if (strcmp(argv[i], "--accept-bad-crc") == 0)
            request.options.accept_bad_crc = true;
        else if (i + 1 == argc || !take_option(&request, argv[i], argv[i + 1]))
            return 2;
        else
            i++;
    }
    int status = run(argc - i, argv + i, &request);
    if (status == 2)
        (void)fprintf(stderr,
                      "usage: image_tool [OPTION...] info|convert|read|time FILE [OUT [FORMAT]]\n");
    return status;
}
