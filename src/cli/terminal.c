/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _GNU_SOURCE /* wcwidth, vasprintf */
#include "terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define DEFAULT_COLUMNS 80
#define DEFAULT_LINES   24
#define TEXT_COLUMNS    100

/** What stands in for a character that ASCII lacks. */
struct substitute {
    const char *utf8;
    const char *ascii;
};

static const struct substitute substitutes[] = {
    {"✓", "+"}, {"▸", ">"},      {"✗", "x"}, {"·", "-"}, {"→", "->"}, {"←", "<-"}, {"…", "..."},
    {"–", "-"}, {"—", "-"},      {"×", "x"}, {"µ", "u"}, {"≤", "<="}, {"≥", ">="}, {"█", "#"},
    {"░", "."}, {"\u00a0", " "}, {"‘", "'"}, {"’", "'"}, {"“", "\""}, {"”", "\""}, {"°", " deg"},
};

static const char *const marks[] = {
    [TERM_MARK_DONE] = "✓",   [TERM_MARK_ACTIVE] = "▸",  [TERM_MARK_WARNING] = "!",
    [TERM_MARK_FAILED] = "✗", [TERM_MARK_SKIPPED] = "·",
};

static const enum term_style mark_styles[] = {
    [TERM_MARK_DONE] = TERM_GOOD,    [TERM_MARK_ACTIVE] = TERM_ACTIVE,
    [TERM_MARK_WARNING] = TERM_WARN, [TERM_MARK_FAILED] = TERM_BAD,
    [TERM_MARK_SKIPPED] = TERM_DIM,
};

/* ECMA-48 SGR, the sixteen colours that every palette has adapted to its background. */
static const char *const style_codes[] = {
    [TERM_PLAIN] = "",          [TERM_BOLD] = "\033[1m",   [TERM_DIM] = "\033[2m",
    [TERM_GOOD] = "\033[32m",   [TERM_BAD] = "\033[1;31m", [TERM_WARN] = "\033[33m",
    [TERM_ACTIVE] = "\033[36m",
};

static bool set(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

static bool dumb(void)
{
    const char *name = getenv("TERM");
    return name == NULL || name[0] == '\0' || strcmp(name, "dumb") == 0;
}

static void stream_open(struct term_stream *stream, FILE *file, bool utf8, bool plain)
{
    memset(stream, 0, sizeof(*stream));
    stream->file = file;
    stream->terminal = isatty(fileno(file)) == 1;
    stream->colour = stream->terminal && !plain && !dumb() && !set("NO_COLOR");
    stream->utf8 = utf8;
}

void term_open(struct term *term, bool ascii, bool plain)
{
    memset(term, 0, sizeof(*term));
    bool utf8 = setlocale(LC_CTYPE, "") != NULL && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    stream_open(&term->out, stdout, utf8 && !ascii, plain);
    stream_open(&term->err, stderr, utf8 && !ascii, plain);
    term->moving = term->out.terminal && !dumb();
}

static void put(struct term_stream *stream, const char *bytes, size_t length)
{
    if (stream->failed == 0 && length > 0 && fwrite(bytes, 1, length, stream->file) != length) {
        stream->failed = errno != 0 ? errno : EIO;
    }
}

/** The bytes of the UTF-8 character at `text`, at least 1; *valid tells whether it is one. */
static size_t character(const char *text, bool *valid)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80                    ? 1U
                    : first >= 0xc2 && first < 0xe0 ? 2U
                    : first >= 0xe0 && first < 0xf0 ? 3U
                    : first >= 0xf0 && first < 0xf5 ? 4U
                                                    : 0U;
    *valid = length > 0;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) {
            *valid = false;
        }
    }
    return *valid ? length : 1;
}

static const char *substitute(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof(substitutes) / sizeof(substitutes[0]); i++) {
        if (strlen(substitutes[i].utf8) == length &&
            memcmp(substitutes[i].utf8, text, length) == 0) {
            return substitutes[i].ascii;
        }
    }
    return "?";
}

/** U+0080 to U+009F: terminals obey them like the control characters of ASCII. */
static bool is_c1(const char *text, size_t length)
{
    return length == 2 && (unsigned char)text[0] == 0xc2 && (unsigned char)text[1] < 0xa0;
}

static void put_text(struct term_stream *stream, const char *text)
{
    while (*text != '\0') {
        bool valid = false;
        size_t length = character(text, &valid);
        unsigned char c = (unsigned char)text[0];
        if (!valid || is_c1(text, length) || c == 0x7f || (c < 0x20 && c != '\n')) {
            put(stream, "?", 1);
        } else if (length > 1 && !stream->utf8) {
            const char *other = substitute(text, length);
            put(stream, other, strlen(other));
        } else {
            put(stream, text, length);
        }
        text += length;
    }
}

static void put_styled(struct term_stream *stream, enum term_style style, const char *text)
{
    bool coloured = stream->colour && style != TERM_PLAIN;
    if (coloured) {
        put(stream, style_codes[style], strlen(style_codes[style]));
    }
    put_text(stream, text);
    if (coloured) {
        put(stream, "\033[0m", 4);
    }
}

void term_print(struct term_stream *stream, enum term_style style, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length < 0) {
        stream->failed = stream->failed != 0 ? stream->failed : ENOMEM;
        return;
    }
    put_styled(stream, style, text);
    free(text);
}

/** Columns of the first `length` bytes. */
static size_t width_of(const char *text, size_t length)
{
    char *copy = strndup(text, length);
    size_t width = copy != NULL ? term_width(copy) : length;
    free(copy);
    return width;
}

/** True if the space at text[at] stands between a number and its unit ("1.8 s"). */
static bool before_unit(const char *text, size_t at)
{
    size_t unit = strcspn(text + at + 1, " \n,.;:)");
    return at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9' && unit > 0 && unit <= 3;
}

/** Where a word that is longer than the line is broken: behind the last comma that fits. */
static size_t break_word(const char *text, size_t length, size_t room)
{
    size_t fits = length;
    for (size_t at = 0; at < length && width_of(text, at + 1) <= room; at++) {
        if (text[at] == ',') {
            fits = at + 1;
        }
    }
    return fits;
}

/** The end of the next line: as many words as fit into `room` columns, at least one. */
static size_t line_length(const char *text, size_t room)
{
    size_t fits = 0;
    for (size_t at = 0;; at++) {
        at += strcspn(text + at, " \n");
        if (text[at] == ' ' && before_unit(text, at)) {
            continue;
        }
        if (fits > 0 && width_of(text, at) > room) {
            return fits;
        }
        if (fits == 0 && width_of(text, at) > room) {
            return break_word(text, at, room);
        }
        fits = at;
        if (text[at] != ' ') {
            return fits;
        }
    }
}

void term_wrap(struct term_stream *stream, enum term_style style, size_t indent, size_t columns,
               const char *text)
{
    size_t room = columns > indent + 20 ? columns - indent : columns == 0 ? SIZE_MAX : 20;
    while (*text != '\0') {
        size_t length = columns == 0 ? strcspn(text, "\n") : line_length(text, room);
        char *line = strndup(text, length);
        put_styled(stream, style, line != NULL ? line : "");
        free(line);
        text += length;
        if (*text != '\0') {
            text += *text == ' ' || *text == '\n'; /* at which the line was broken */
            term_print(stream, TERM_PLAIN, "\n%*s", (int)indent, "");
        }
    }
}

void term_mark(struct term_stream *stream, enum term_mark mark)
{
    put_styled(stream, mark_styles[mark], marks[mark]);
}

void term_clear_line(struct term *term)
{
    if (term->pending) {
        put(&term->out, "\r\033[K", 4);
        term->pending = false;
        term_flush(&term->out);
    }
}

void term_clear_block(struct term *term, unsigned lines)
{
    char codes[32];
    int length = snprintf(codes, sizeof(codes), "\033[%uA\r\033[J", lines);
    put(&term->out, codes, (size_t)length);
}

void term_raw(struct term_stream *stream, const char *text)
{
    put(stream, text, strlen(text));
}

void term_flush(struct term_stream *stream)
{
    if (fflush(stream->file) != 0 && stream->failed == 0) {
        stream->failed = errno != 0 ? errno : EIO;
    }
}

size_t term_columns(const struct term_stream *stream)
{
    struct winsize size;
    memset(&size, 0, sizeof(size));
    if (stream->terminal && ioctl(fileno(stream->file), TIOCGWINSZ, &size) == 0 &&
        size.ws_col > 0) {
        return size.ws_col;
    }
    return DEFAULT_COLUMNS;
}

size_t term_lines(const struct term_stream *stream)
{
    struct winsize size;
    memset(&size, 0, sizeof(size));
    if (stream->terminal && ioctl(fileno(stream->file), TIOCGWINSZ, &size) == 0 &&
        size.ws_row > 0) {
        return size.ws_row;
    }
    return DEFAULT_LINES;
}

size_t term_text_columns(const struct term_stream *stream)
{
    size_t columns = term_columns(stream);
    if (!stream->terminal) {
        return 0;
    }
    return columns < TEXT_COLUMNS ? columns : TEXT_COLUMNS;
}

size_t term_width(const char *text)
{
    size_t width = 0;
    while (*text != '\0') {
        bool valid = false;
        size_t length = character(text, &valid);
        wchar_t wide = 0;
        mbstate_t state;
        memset(&state, 0, sizeof(state));
        int columns = 1;
        if (valid && length > 1 && mbrtowc(&wide, text, length, &state) == length) {
            columns = wcwidth(wide);
        }
        width += columns > 0 ? (size_t)columns : columns == 0 ? 0U : 1U;
        text += length;
    }
    return width;
}

void term_pad(struct term_stream *stream, enum term_style style, const char *text, size_t width)
{
    size_t taken = term_width(text);
    put_styled(stream, style, text);
    if (taken < width) {
        term_print(stream, TERM_PLAIN, "%*s", (int)(width - taken), "");
    }
}
