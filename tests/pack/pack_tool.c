/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the library makes of an archive, for peers.sh.
 *
 *   pack_tool open FILE [MEMBER]   how it is packed, which member it is, and its claims
 *   pack_tool list FILE            its members: F for firmware or -, length, what it is, path
 *
 * Exit status: 0 done, 1 refused (the error's number and text on stderr), 2 wrong usage. */
#include "unbrick.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const struct ub_error *err)
{
    (void)fprintf(stderr, "%d %s\n", (int)err->code, err->message);
    for (unsigned i = 0; i < err->depth; i++)
        (void)fprintf(stderr, "  %s\n", err->context[i]);
    return 1;
}

static int open_file(const char *path, const char *member)
{
    struct ub_image_options options = {.member = member};
    struct ub_image *image = NULL;
    struct ub_image_info info;
    struct ub_claim claim;
    struct ub_error err;
    if (ub_image_open(path, &options, &image, &err))
        return fail(&err);
    ub_image_info(image, &info);
    (void)printf("packed %s\nmember %s\nname %s\nsize %" PRIu64 "\n", info.packed, info.member,
                 info.name, info.file_size);
    for (size_t i = 0; ub_image_claim(image, i, &claim); i++)
        (void)printf("%s %s (%s)\n", ub_claim_name(claim.kind), claim.text, claim.source);
    ub_image_close(image);
    return 0;
}

static int list_file(const char *path)
{
    struct ub_member *members = NULL;
    size_t count = 0;
    struct ub_error err;
    if (ub_image_members(path, &members, &count, &err))
        return fail(&err);
    for (size_t i = 0; i < count; i++)
        (void)printf("%c %" PRIu64 " %s: %s\n", members[i].firmware ? 'F' : '-', members[i].length,
                     members[i].what, members[i].path);
    free(members);
    return 0;
}

int main(int argc, char **argv)
{
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "open") == 0)
        return open_file(argv[2], argc == 4 ? argv[3] : NULL);
    if (argc == 3 && strcmp(argv[1], "list") == 0)
        return list_file(argv[2]);
    (void)fprintf(stderr, "usage: pack_tool open FILE [MEMBER] | list FILE\n");
    return 2;
}
