/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file terminal.h
 * The two places that text goes to, and the only code that writes to them: characters the place can
 * show, colours and moving lines where it is a terminal, write errors remembered.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** How a piece of text looks where colours are shown. */
enum term_style {
    TERM_PLAIN,
    TERM_BOLD,
    TERM_DIM,
    TERM_GOOD,
    TERM_BAD,
    TERM_WARN,
    TERM_ACTIVE,
};

/** Marks at the beginning of a line. */
enum term_mark {
    TERM_MARK_DONE,    /**< a step is complete */
    TERM_MARK_ACTIVE,  /**< a step is under way, or a question */
    TERM_MARK_WARNING, /**< something to know */
    TERM_MARK_FAILED,  /**< an error */
    TERM_MARK_SKIPPED, /**< not done */
};

/** One of the two places. */
struct term_stream {
    FILE *file;
    bool terminal; /**< it is a terminal */
    bool colour;   /**< it shows colours */
    bool utf8;     /**< it shows more than ASCII */
    int failed;    /**< errno of the first write that failed, or 0 */
};

/** Standard output and standard error. */
struct term {
    struct term_stream out;
    struct term_stream err;
    bool moving;  /**< lines of standard output may be rewritten */
    bool pending; /**< the last line of standard output is one that will be rewritten */
};

/** Looks at the two streams and the environment. `ascii` and `plain`: the person wants no more. */
void term_open(struct term *term, bool ascii, bool plain);

/** Prints text. Control characters except newline become '?'; without UTF-8, what ASCII lacks is
 * replaced by what comes closest. */
void term_print(struct term_stream *stream, enum term_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * Prints text in lines of at most `columns`, broken at spaces; lines after the first are indented
 * by `indent`. The cursor is assumed in column `indent`. No newline at the end. `columns` 0 breaks
 * nothing.
 */
void term_wrap(struct term_stream *stream, enum term_style style, size_t indent, size_t columns,
               const char *text);

/** Prints a mark in its colour. */
void term_mark(struct term_stream *stream, enum term_mark mark);

/** Removes the line that is to be rewritten, if there is one. */
void term_clear_line(struct term *term);

/** Removes the `lines` lines above the cursor, and what stands in its own; the cursor is then where
 * the first of them began. */
void term_clear_block(struct term *term, unsigned lines);

/** Writes bytes as they are (JSON, scripts). */
void term_raw(struct term_stream *stream, const char *text);

/** Pushes out what is buffered and remembers a failure. */
void term_flush(struct term_stream *stream);

/** Columns of the terminal behind the stream; 80 where that is not known. */
size_t term_columns(const struct term_stream *stream);
/** Lines of the terminal behind the stream; 24 where that is not known. */
size_t term_lines(const struct term_stream *stream);
/** Columns to break running text at: the terminal's, at most 100; 0 (no breaks) if it is none. */
size_t term_text_columns(const struct term_stream *stream);

/** How many columns a UTF-8 text takes on a terminal. */
size_t term_width(const char *text);

/** Prints `text` and spaces up to `width` columns. */
void term_pad(struct term_stream *stream, enum term_style style, const char *text, size_t width);

#endif
