/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* docs/images.md says what the code does: formats, limits, names to accept, kinds that are refused.
 */
#include "inspect_test.h"

#include "image/magic.h"
#include "pack/pack.h"

/** The page as one line, so that text may be broken anywhere; the caller frees. */
static char *read_page(void)
{
    const char *repo = getenv("REPO");
    char path[1024];
    uint8_t *bytes = NULL;
    size_t length = 0;
    assert_true(ub_print(path, sizeof(path), "%s/docs/images.md", repo ? repo : "."));
    assert_int_equal(ub_file_read(path, 1 << 20, &bytes, &length, NULL), UB_OK);
    char *text = calloc(1, length + 1);
    assert_non_null(text);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        bool blank = bytes[i] == ' ' ||
                     (bytes[i] == '\n' && !(i + 1 < length && bytes[i + 1] == '|'));
        if (!blank)
            text[n++] = (char)bytes[i];
        else if (n && text[n - 1] != ' ')
            text[n++] = ' ';
    }
    free(bytes);
    return text;
}

static void expect_in(const char *page, const char *text)
{
    if (!strstr(page, text))
        print_error("docs/images.md does not have: %s\n", text);
    assert_non_null(strstr(page, text));
}

static size_t count_of(const char *page, const char *text)
{
    size_t n = 0;
    for (const char *at = strstr(page, text); at; at = strstr(at + 1, text))
        n++;
    return n;
}

static bool is_writable(const struct ub_format *format)
{
    const char *name;
    for (size_t i = 0; (name = ub_image_format_at(i)) != NULL; i++)
        if (strcmp(name, format->name) == 0)
            return true;
    return false;
}

static void formats(void **state)
{
    (void)state;
    char *page = read_page();
    size_t writable = 0;
    for (size_t i = 0; ub_formats[i]; i++) {
        const struct ub_format *f = ub_formats[i];
        char row[512];
        assert_true(ub_print(row, sizeof(row), "| %s | `%s` |", f->title, f->name));
        for (const char *const *ending = f->endings; *ending; ending++)
            assert_true(ub_append(row, sizeof(row), " `%s`", *ending));
        assert_true(ub_append(row, sizeof(row), " | %s |", is_writable(f) ? "yes" : "no"));
        expect_in(page, row);
        writable += is_writable(f);
    }
    assert_null(ub_image_format_at(writable)); /* none that the table of formats does not have */
    free(page);
}

static void names_to_accept(void **state)
{
    (void)state;
    char *page = read_page();
    const char *name;
    const char *meaning;
    size_t count = 0;
    for (; (name = ub_acceptable_at(count, &meaning)) != NULL; count++) {
        char row[512];
        assert_true(ub_print(row, sizeof(row), "| `%s` | %s |", name, meaning));
        expect_in(page, row);
    }
    /* and no others */
    const char *from = strstr(page, "| name | what is accepted |");
    const char *to = strstr(page, "## Recognised and refused");
    assert_true(from && to && from < to);
    char *part = calloc(1, (size_t)(to - from) + 1);
    assert_non_null(part);
    memcpy(part, from, (size_t)(to - from));
    assert_int_equal(count_of(part, "| `"), count);
    free(part);
    free(page);
}

static void kinds_that_are_refused(void **state)
{
    (void)state;
    char *page = read_page();
    for (const struct ub_magic *m = ub_magics; m->what.name; m++)
        expect_in(page, m->what.name);
    free(page);
}

static void limits(void **state)
{
    (void)state;
    char *page = read_page();
    char row[256];
    char pieces[32];
    assert_true(ub_print(row, sizeof(row),
                         "| a file, and all that an archive unpacks to | %zu MiB |",
                         UB_IMAGE_FILE_MAX >> 20));
    expect_in(page, row);
    assert_true(ub_print(row, sizeof(row), "| a file of hexadecimal lines | %zu MiB |",
                         UB_IMAGE_TEXT_MAX >> 20));
    expect_in(page, row);
    ub_print_grouped(pieces, sizeof(pieces), UB_IMAGE_PIECES_MAX);
    assert_true(ub_print(row, sizeof(row), "| pieces of an image | %s |", pieces));
    expect_in(page, row);
    assert_true(ub_print(row, sizeof(row), "| claims of an image | %zu |", UB_IMAGE_CLAIMS_MAX));
    expect_in(page, row);
    ub_print_grouped(pieces, sizeof(pieces), ub_pack_limits.members);
    assert_true(ub_print(row, sizeof(row), "| files in an archive | %s |", pieces));
    expect_in(page, row);
    assert_true(
        ub_print(row, sizeof(row), "| archives in one another | %u |", ub_pack_limits.layers));
    expect_in(page, row);
    assert_true(ub_pack_limits.bytes == UB_IMAGE_FILE_MAX);
    assert_true(
        ub_print(row, sizeof(row), "| versions that `image info` shows | %d |", UB_FACT_VERSIONS));
    expect_in(page, row);
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(names_to_accept),
        cmocka_unit_test(kinds_that_are_refused),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
