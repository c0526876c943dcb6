/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes keys, signs and verifies for peers.sh, which compares that with what other programs do.
 *
 *     trust_tool new PATH [PASSWORD]           PATH.key and PATH.pub
 *     trust_tool sign KEY FILE [PASSWORD]      FILE.minisig
 *     trust_tool comment KEY FILE COMMENT      FILE.minisig with that trusted comment
 *     trust_tool verify KEY.pub SIGNATURE FILE
 *
 * Prints nothing and exits with 0, or prints code and message of the error and exits with 1.
 */
#include "base/file.h"
#include "base/text.h"
#include "image/image.h"
#include "trust/signature.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool answer(void *user, const char *question, char *to, size_t size)
{
    (void)question;
    return ub_print(to, size, "%s", (const char *)user);
}

static enum ub_code sign(const char *key, const char *file, const char *password,
                         const char *comment, struct ub_error *err)
{
    char user[256];
    (void)ub_print(user, sizeof(user), "%s", password ? password : "");
    const struct ub_sign_options options = {
        .key = key, .password = password ? answer : NULL, .user = user, .comment = comment};
    return ub_image_sign(file, &options, err);
}

static enum ub_code verify(const char *key_path, const char *signature_path, const char *path,
                           struct ub_error *err)
{
    static struct ub_signature signature;
    struct ub_public_key key;
    uint8_t *text = NULL;
    uint8_t *content = NULL;
    size_t text_length = 0;
    size_t length = 0;
    const char *slash = strrchr(path, '/');
    enum ub_code code = ub_public_key_read(key_path, &key, err);
    if (!code)
        code = ub_file_read(signature_path, UB_SIGNATURE_FILE_MAX, &text, &text_length, err);
    if (!code)
        code = ub_signature_parse(signature_path, text, text_length, &signature, err);
    if (!code)
        code = ub_file_read(path, UB_IMAGE_FILE_MAX, &content, &length, err);
    if (!code)
        code = ub_signature_verify(&signature, &key, slash ? slash + 1 : path, content, length,
                                   err);
    free(text);
    free(content);
    return code;
}

int main(int argc, char **argv)
{
    struct ub_error err = {0};
    enum ub_code code = UB_USE_ARGUMENT;
    const char *verb = argc > 1 ? argv[1] : "";
    char password[256];
    (void)ub_print(password, sizeof(password), "%s", argc > 3 ? argv[3] : "");
    if (strcmp(verb, "new") == 0 && (argc == 3 || argc == 4))
        code = ub_key_new(argv[2], argc == 4 ? answer : NULL, password, &err);
    else if (strcmp(verb, "sign") == 0 && (argc == 4 || argc == 5))
        code = sign(argv[2], argv[3], argc == 5 ? argv[4] : NULL, NULL, &err);
    else if (strcmp(verb, "comment") == 0 && argc == 5)
        code = sign(argv[2], argv[3], NULL, argv[4], &err);
    else if (strcmp(verb, "verify") == 0 && argc == 5)
        code = verify(argv[2], argv[3], argv[4], &err);
    if (code)
        (void)printf("%d %s\n", (int)code, err.message);
    return code ? 1 : 0;
}
