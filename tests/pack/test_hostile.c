/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define _DEFAULT_SOURCE /* wait4, mkdtemp */
/* Archives made to hurt: each is refused in bounded time and memory, and nothing is ever written.
 * Each case runs in a process of its own, whose time and memory the system tells. */
#include "pack_test.h"

#include "base/bytes.h"
#include "image/dfu_suffix.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB     ((size_t)1 << 20)
#define ANY     UB_SYS_INTERNAL /* whatever comes of it, that depends on libarchive's version */
#define CPU_MAX 8 /* seconds; a sanitizer takes several times as long as the program */
/* The file, as much unpacked, as much in the image, and something for the program. */
#define RSS_MAX (3 * UB_IMAGE_FILE_MAX + 64 * MIB)

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifndef WATCHED
#define WATCHED 0 /* a sanitizer keeps memory of its own */
#endif

/** Opens the archive in a process of its own, with what that may take. */
static void expect_bounded(const char *name, const struct blob *blob, enum ub_code want,
                           size_t rss_max)
{
    struct rusage usage;
    int status = 0;
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct ub_image *image = NULL;
        struct ub_error err = {0};
        enum ub_code code = ub_image_open_bytes(name, blob->bytes, blob->length, NULL, &image,
                                                &err);
        bool good = code == want || (want == ANY && code != ANY);
        if (!good)
            print_error("%s: %d instead of %d: %s\n", name, (int)code, (int)want, err.message);
        ub_image_close(image);
        _exit(!good);
    }
    assert_int_equal(wait4(child, &status, 0, &usage), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s: status %d", name, status);
    long cpu = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
    if (cpu > CPU_MAX)
        fail_msg("%s: took %ld s", name, cpu);
    if (!WATCHED && (size_t)usage.ru_maxrss * 1024 > rss_max)
        fail_msg("%s: took %ld KiB", name, usage.ru_maxrss);
}

static void repeat(struct blob *to, const struct blob *what, size_t times)
{
    *to = (struct blob){malloc(what->length * times), what->length * times, 0};
    assert_non_null(to->bytes);
    for (size_t i = 0; i < times; i++)
        memcpy(to->bytes + i * what->length, what->bytes, what->length);
}

/** One mebibyte of zeros in each kind of compression, written one after the other. */
static void zeros(void **state)
{
    static const struct {
        const char *name;
        int filter;
    } kinds[] = {
        {"z.gz", ARCHIVE_FILTER_GZIP},  {"z.xz", ARCHIVE_FILTER_XZ},
        {"z.zst", ARCHIVE_FILTER_ZSTD}, {"z.bz2", ARCHIVE_FILTER_BZIP2},
        {"z.lz4", ARCHIVE_FILTER_LZ4},
    };
    (void)state;
    uint8_t *zero = calloc(1, MIB);
    assert_non_null(zero);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct blob one = compress_with(kinds[i].filter, zero, MIB);
        struct blob many;
        repeat(&many, &one, 4096); /* 4 GiB */
        expect_bounded(kinds[i].name, &many, UB_IMG_BOMB, many.length * 2 + 64 * MIB);
        free(one.bytes);
        free(many.bytes);
    }
    free(zero);
}

/** Bits of a DEFLATE stream (RFC 1951 section 3.1.1). */
struct bits {
    struct blob blob;
    unsigned pending;
    unsigned count;
};

static void put_bits(struct bits *bits, unsigned value, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        bits->pending |= (value >> i & 1) << bits->count;
        if (++bits->count == 8) {
            uint8_t byte = (uint8_t)bits->pending;
            blob_add(&bits->blob, &byte, 1);
            bits->pending = bits->count = 0;
        }
    }
}

/** A code of Huffman's goes with its highest bit first. */
static void put_code(struct bits *bits, unsigned code, unsigned count)
{
    while (count--)
        put_bits(bits, code >> count & 1, 1);
}

/** A block of 1 + 258 * 4064 zeros in the fixed code, and an empty stored one to end on a byte. */
static struct blob deflate_zeros(void)
{
    struct bits bits = {0};
    put_bits(&bits, 0, 1); /* not the last */
    put_bits(&bits, 1, 2); /* fixed codes */
    put_code(&bits, 0x30, 8);
    for (int i = 0; i < 4064; i++) {
        put_code(&bits, 0xc5, 8); /* 285: 258 bytes */
        put_code(&bits, 0, 5);    /* from one byte before */
    }
    put_code(&bits, 0, 7);
    put_bits(&bits, 0, 3);
    while (bits.count)
        put_bits(&bits, 0, 1);
    blob_add(&bits.blob, "\0\0\xff\xff", 4);
    return bits.blob;
}

/** 4 GiB of zeros in one stream, not many. */
static void one_gzip_of_zeros(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    struct blob block = deflate_zeros();
    struct blob many;
    struct blob gz = {0};
    repeat(&many, &block, 4097);
    blob_add(&gz, head, sizeof(head));
    blob_add(&gz, many.bytes, many.length);
    blob_add(&gz, "\3\0\0\0\0\0\0\0\0\0", 10);
    free(many.bytes);
    expect_bounded("zeros.gz", &gz, UB_IMG_BOMB, gz.length * 2 + 64 * MIB);
    free(gz.bytes);
    free(block.bytes);
}

static void put16(struct blob *blob, unsigned value)
{
    uint8_t bytes[2];
    ub_put_u16le(bytes, (uint16_t)value);
    blob_add(blob, bytes, 2);
}

static void put32(struct blob *blob, size_t value)
{
    uint8_t bytes[4];
    ub_put_u32le(bytes, (uint32_t)value);
    blob_add(blob, bytes, 4);
}

/** A file to be put into a zip by hand. */
struct stored {
    const char *name;
    const uint8_t *packed;
    size_t packed_length;
    size_t length; /* as the headers say */
    uint32_t crc;
    unsigned method; /* 0 stored, 8 deflated */
};

/** One byte, 'x'. */
static const struct stored small = {.name = "s",
                                    .packed = (const uint8_t *)"x",
                                    .packed_length = 1,
                                    .length = 1,
                                    .crc = 0x8cdc1683};

/** A header of APPNOTE 4.3.7 or 4.3.12, as far as they are alike. */
static void zip_fields(struct blob *zip, const struct stored *file)
{
    put16(zip, 20);
    put16(zip, 0);
    put16(zip, file->method);
    put32(zip, 0);
    put32(zip, file->crc);
    put32(zip, file->packed_length);
    put32(zip, file->length);
    put16(zip, (unsigned)strlen(file->name));
    put16(zip, 0);
}

static void zip_local(struct blob *zip, const struct stored *file)
{
    blob_add(zip, "PK\3\4", 4);
    zip_fields(zip, file);
    blob_add(zip, file->name, strlen(file->name));
    blob_add(zip, file->packed, file->packed_length);
}

static void zip_entry(struct blob *zip, const struct stored *file, size_t local)
{
    blob_add(zip, "PK\1\2\24\0", 6);
    zip_fields(zip, file);
    blob_add(zip, "\0\0\0\0\0\0\0\0\0\0", 10);
    put32(zip, local);
    blob_add(zip, file->name, strlen(file->name));
}

static void zip_end(struct blob *zip, unsigned count, size_t list)
{
    size_t size = zip->length - list;
    blob_add(zip, "PK\5\6\0\0\0\0", 8);
    put16(zip, count);
    put16(zip, count);
    put32(zip, size);
    put32(zip, list);
    put16(zip, 0);
}

/** A zip of `count` files that are all alike; only the first `stored` are really there. */
static struct blob zip_by_hand(const struct stored *file, size_t stored, size_t count)
{
    struct blob zip = {0};
    size_t each = 30 + strlen(file->name) + file->packed_length;
    for (size_t i = 0; i < stored; i++)
        zip_local(&zip, file);
    size_t list = zip.length;
    for (size_t i = 0; i < count; i++)
        zip_entry(&zip, file, i < stored ? i * each : 0);
    zip_end(&zip, (unsigned)(count & 0xffff), list);
    return zip;
}

/** A deflated stream of 20 MiB of zeros, with its end. */
static struct blob deflate_20_mib(void)
{
    struct blob block = deflate_zeros();
    struct blob many;
    repeat(&many, &block, 20);
    blob_add(&many, "\3\0", 2);
    free(block.bytes);
    return many;
}

#define ZEROS_LENGTH ((size_t)20 * (1 + 258 * 4064))

/** Lengths that are not true; more entries than anybody counts. */
static void zip_bombs(void **state)
{
    (void)state;
    struct blob many = deflate_20_mib();
    struct stored file = {
        .name = "z.bin", .packed = many.bytes, .packed_length = many.length, .method = 8};
    static const struct {
        const char *name;
        size_t length;
        enum ub_code code;
    } rows[] = {{"longer.zip", 100, UB_IMG_CONTAINER},
                {"huge.zip", 0xfffffff0, UB_IMG_BOMB},
                {"shorter.zip", 60 * MIB, UB_IMG_CONTAINER}};
    for (size_t i = 0; i < 3; i++) {
        file.length = rows[i].length;
        struct blob zip = zip_by_hand(&file, 1, 1);
        expect_bounded(rows[i].name, &zip, rows[i].code, RSS_MAX);
        free(zip.bytes);
    }
    free(many.bytes);
    struct blob zip = zip_by_hand(&small, 4097, 4097);
    expect_bounded("many.zip", &zip, UB_IMG_BOMB, 64 * MIB);
    free(zip.bytes);
    zip = zip_by_hand(&small, 1, 100000);
    expect_bounded("endless.zip", &zip, UB_IMG_BOMB, zip.length * 2 + 64 * MIB);
    free(zip.bytes);
}

/** Each file's packed bytes begin with a stored block that quotes the next one's header, and go on
 * with the next one's packed bytes: all share the zeros at the end (D. Fifield, "A better zip
 * bomb", WOOT 2019). */
static struct blob zip_overlapping(size_t count)
{
    char name[] = "z000.bin";
    size_t header = 30 + sizeof(name) - 1;
    struct blob zeros = deflate_20_mib();
    struct blob zip = {0};
    struct blob list = {0};
    for (size_t i = count; i-- > 0;) {
        size_t quoted = count - 1 - i; /* headers of the files behind this one */
        struct blob packed = {0};
        uint8_t stored[5] = {0};
        ub_put_u16le(stored + 1, (uint16_t)header);
        ub_put_u16le(stored + 3, (uint16_t)~header);
        if (quoted)
            blob_add(&packed, stored, sizeof(stored));
        blob_add(&packed, quoted ? zip.bytes : zeros.bytes, quoted ? zip.length : zeros.length);
        (void)ub_print(name, sizeof(name), "z%03u.bin", (unsigned)i % 1000);
        struct stored file = {.name = name,
                              .packed = packed.bytes,
                              .packed_length = packed.length,
                              .length = quoted * header + ZEROS_LENGTH,
                              .method = 8};
        if (i < 3) { /* no more than these are read to their end */
            uint8_t *content = calloc(1, file.length);
            assert_non_null(content);
            for (size_t k = 0; k < quoted; k++)
                memcpy(content + k * header, zip.bytes + k * (header + 5), header);
            file.crc = ~ub_dfu_crc(content, file.length);
            free(content);
        }
        struct blob longer = {0};
        zip_local(&longer, &file);
        free(zip.bytes);
        free(packed.bytes);
        zip = longer;
        zip_entry(&list, &file, i * (header + 5));
    }
    size_t at = zip.length;
    blob_add(&zip, list.bytes, list.length);
    zip_end(&zip, (unsigned)count, at);
    free(list.bytes);
    free(zeros.bytes);
    return zip;
}

static void zip_overlaps(void **state)
{
    (void)state;
    struct blob zip = zip_overlapping(3); /* 60 MiB are allowed */
    expect_bounded("three.zip", &zip, UB_IMG_CONTAINER,
                   RSS_MAX); /* what is quoted looks like a zip */
    free(zip.bytes);
    zip = zip_overlapping(4);
    expect_bounded("four.zip", &zip, UB_IMG_BOMB, RSS_MAX);
    free(zip.bytes);
    zip = zip_overlapping(40);
    expect_bounded("forty.zip", &zip, UB_IMG_BOMB, RSS_MAX);
    free(zip.bytes);
}

/** 4096 members are allowed, in all archives together. */
static void as_many_as_allowed(void **state)
{
    (void)state;
    struct blob zip = zip_by_hand(&small, 4096, 4096);
    expect_error("a.zip", &zip, NULL, UB_IMG_NONE_INSIDE, "and ");
    const struct piece twice[] = {{"1.zip", zip.bytes, zip.length, NULL},
                                  {"2.zip", zip.bytes, zip.length, NULL}};
    struct blob outer = pack_with(ARCHIVE_FORMAT_TAR_USTAR, 0, NULL, twice, 2);
    expect_error("a.tar", &outer, NULL, UB_IMG_BOMB, "more than 4096 files");
    free(outer.bytes);
    free(zip.bytes);
}

/** Archives in archives: three layers are opened, four are not. */
static void deep(void **state)
{
    (void)state;
    struct blob inner = {0};
    blob_add(&inner, HEX_A, sizeof(HEX_A) - 1);
    for (int layer = 1; layer <= 6; layer++) {
        const struct piece piece[] = {
            {layer == 1 ? "fw.hex" : "inner.zip", inner.bytes, inner.length, NULL}};
        struct blob outer = pack_zip(piece, 1);
        free(inner.bytes);
        inner = outer;
        if (layer <= 3)
            expect_bounded("deep.zip", &inner, UB_OK, 64 * MIB);
        else
            expect_error("deep.zip", &inner, NULL, UB_IMG_BOMB, "more than 3 deep");
    }
    free(inner.bytes);
    /* A compressed tar has two. */
    const struct piece firmware[] = {PIECE("fw.hex", HEX_A)};
    struct blob tar = pack_with(ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP, NULL, firmware, 1);
    for (int layer = 2; layer <= 4; layer++) {
        if (layer <= 3)
            expect_bounded("deep.tgz", &tar, UB_OK, 64 * MIB);
        else
            expect_error("deep.tgz", &tar, NULL, UB_IMG_BOMB, "more than 3 deep");
        const struct piece piece[] = {{"inner.tgz", tar.bytes, tar.length, NULL}};
        struct blob outer = pack_zip(piece, 1);
        free(tar.bytes);
        tar = outer;
    }
    free(tar.bytes);
    /* Compressed again and again. */
    struct blob gz = compress_with(ARCHIVE_FILTER_GZIP, HEX_A, sizeof(HEX_A) - 1);
    for (int layer = 2; layer <= 30; layer++) {
        struct blob again = compress_with(ARCHIVE_FILTER_GZIP, gz.bytes, gz.length);
        free(gz.bytes);
        gz = again;
    }
    expect_error("deep.gz", &gz, NULL, UB_IMG_BOMB, "more than 3 deep");
    free(gz.bytes);
}

/** A zip that holds itself (made by quine.py): the same at every depth, and never at an end. */
static void quine(void **state)
{
    (void)state;
    struct blob zip = read_data("quine.zip");
    expect_bounded("quine.zip", &zip, UB_IMG_BOMB, 64 * MIB);
    expect_error("quine.zip", &zip, NULL, UB_IMG_BOMB, "more than 3 deep");
    expect_error("quine.zip", &zip, "the-same-archive-over-and-over.zip", UB_IMG_BOMB, "deep");
    free(zip.bytes);
}

/** Puts an octal number with its NUL into a tar header, and the check sum over all. */
static void tar_number(uint8_t *header, size_t at, size_t digits, uint64_t value)
{
    for (size_t i = digits; i-- > 0; value >>= 3)
        header[at + i] = (uint8_t)('0' + (value & 7));
}

static struct blob tar_header(uint64_t size)
{
    struct blob blob = {calloc(1, 512), 512, 0};
    assert_non_null(blob.bytes);
    memcpy(blob.bytes, "fw.bin", 6);
    tar_number(blob.bytes, 100, 7, 0644);
    tar_number(blob.bytes, 124, 11, size);
    tar_number(blob.bytes, 136, 11, 0);
    memset(blob.bytes + 148, ' ', 8);
    blob.bytes[156] = '0';
    memcpy(blob.bytes + 257, "ustar\00000", 8);
    uint64_t sum = 0;
    for (size_t i = 0; i < 512; i++)
        sum += blob.bytes[i];
    tar_number(blob.bytes, 148, 6, sum);
    blob.bytes[154] = 0;
    return blob;
}

static void tar_bombs(void **state)
{
    (void)state;
    struct blob blob = tar_header(UINT64_C(8) * 1024 * MIB - 1);
    expect_bounded("huge.tar", &blob, UB_IMG_BOMB, 64 * MIB);
    free(blob.bytes);
    blob = tar_header(60 * MIB);
    expect_bounded("short.tar", &blob, UB_IMG_CONTAINER, 64 * MIB);
    free(blob.bytes);
    /* A hole of 8 GiB (GNU sparse format 1.0 in pax). */
    blob = read_data("sparse.tar");
    expect_bounded("sparse.tar", &blob, UB_IMG_BOMB, 64 * MIB);
    free(blob.bytes);
    struct blob one = tar_header(0);
    struct blob many;
    repeat(&many, &one, 100000);
    expect_bounded("many.tar", &many, UB_IMG_BOMB, many.length * 2 + 64 * MIB);
    free(many.bytes);
    free(one.bytes);
}

/** A 7z around a header: where it is, and its check sums. */
static struct blob seven(const uint8_t *header, size_t length)
{
    struct blob start = {0};
    struct blob blob = {0};
    put32(&start, 0);
    put32(&start, 0);
    put32(&start, length);
    put32(&start, 0);
    put32(&start, ~ub_dfu_crc(header, length));
    blob_add(&blob, "7z\xbc\xaf\x27\x1c\0\4", 8);
    put32(&blob, ~ub_dfu_crc(start.bytes, start.length));
    blob_add(&blob, start.bytes, start.length);
    blob_add(&blob, header, length);
    free(start.bytes);
    return blob;
}

static void seven_bombs(void **state)
{
    (void)state;
    /* A list of 1 GiB, packed; 2^16 folders; a hundred million files, and half a MiB of list. */
    static const uint8_t packed[] = {0x17, 6,    0, 1, 9,    5,    0, 7, 0x0b, 1,    0, 1,
                                     0x21, 0x21, 1, 0, 0x0c, 0xf0, 0, 0, 0,    0x40, 0, 0};
    static const uint8_t folders[] = {0x17, 6, 0, 1, 9, 5, 0, 7, 0x0b, 0xe0, 0, 0, 1, 0, 0};
    static const uint8_t files[] = {1, 5, 0xf0, 0, 0xe1, 0xf5, 5, 0, 0};
    struct blob blob = seven(packed, sizeof(packed));
    expect_bounded("packed.7z", &blob, UB_IMG_BOMB, 64 * MIB);
    free(blob.bytes);
    blob = seven(folders, sizeof(folders));
    expect_bounded("folders.7z", &blob, UB_IMG_CONTAINER, 64 * MIB);
    free(blob.bytes);
    blob = seven(files, sizeof(files));
    expect_bounded("files.7z", &blob, UB_IMG_CONTAINER, 64 * MIB);
    free(blob.bytes);
    struct blob large = {calloc(1, MIB), MIB, 0};
    assert_non_null(large.bytes);
    large.bytes[0] = 1;
    blob = seven(large.bytes, large.length);
    expect_bounded("large.7z", &blob, UB_IMG_BOMB, 64 * MIB);
    free(blob.bytes);
    free(large.bytes);
}

/** Four million files without content in half a mebibyte of list. */
static void seven_of_nothing(void **state)
{
    (void)state;
    enum { COUNT = 4000000, BYTES = COUNT / 8 };
    struct blob list = {0};
    blob_add(&list, "\1\5\xe0", 3); /* files: a number of three more bytes */
    uint8_t count[3] = {COUNT & 0xff, COUNT >> 8 & 0xff, COUNT >> 16 & 0xff};
    blob_add(&list, count, 3);
    uint8_t bytes[3] = {BYTES & 0xff, BYTES >> 8 & 0xff, BYTES >> 16 & 0xff};
    blob_add(&list, "\x0e\xe0", 2); /* those without a stream */
    blob_add(&list, bytes, 3);
    uint8_t *set = malloc(BYTES);
    assert_non_null(set);
    memset(set, 0xff, BYTES);
    blob_add(&list, set, BYTES);
    free(set);
    blob_add(&list, "\0\0", 2);
    struct blob blob = seven(list.bytes, list.length);
    expect_bounded("nothing.7z", &blob, UB_IMG_BOMB, RSS_MAX * 2);
    free(blob.bytes);
    free(list.bytes);
}

/** Content that says it needs a gigabyte to be unpacked: xz's dictionary, zstd's window. */
static void hungry(void **state)
{
    (void)state;
    struct blob xz = compress_with(ARCHIVE_FILTER_XZ, HEX_A, sizeof(HEX_A) - 1);
    /* The block's header (.xz format section 3.1): size, flags, filter 0x21, 1, dictionary. */
    size_t length = ((size_t)xz.bytes[12] + 1) * 4;
    assert_int_equal(xz.bytes[14], 0x21);
    static const uint8_t dictionaries[] = {34, 40}; /* 512 MiB, 4 GiB: asked for, never touched */
    for (size_t i = 0; i < sizeof(dictionaries); i++) {
        xz.bytes[16] = dictionaries[i];
        ub_put_u32le(xz.bytes + 12 + length - 4, ~ub_dfu_crc(xz.bytes + 12, length - 4));
        expect_bounded("fw.hex.xz", &xz, ANY, 64 * MIB);
    }
    free(xz.bytes);
    /* zstd (RFC 8878 section 3.1.1): no single segment, a window of 2^27 and of 2^41 bytes. */
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3};
    struct blob zst = {0};
    blob_add(&zst, frame, sizeof(frame));
    uint8_t block[3] = {(uint8_t)((sizeof(HEX_A) - 1) << 3 | 1), 0, 0}; /* last, raw */
    block[1] = (uint8_t)((sizeof(HEX_A) - 1) >> 5);
    blob_add(&zst, block, sizeof(block));
    blob_add(&zst, HEX_A, sizeof(HEX_A) - 1);
    expect_bounded("fw.hex.zst", &zst, UB_OK, 64 * MIB);
    zst.bytes[5] = 31 << 3;
    expect_bounded("fw.hex.zst", &zst, UB_IMG_CONTAINER, 64 * MIB);
    free(zst.bytes);
}

static size_t count_in(const char *folder)
{
    DIR *open = opendir(folder);
    size_t count = 0;
    assert_non_null(open);
    while (readdir(open))
        count++;
    (void)closedir(open);
    return count - 2; /* . and .. */
}

/** Absolute paths, paths upwards and links are shown, and lead nowhere. Writing kills the process.
 */
static void nothing_is_written(void **state)
{
    (void)state;
    char folder[] = "/tmp/unbrick-nothing-XXXXXX";
    char inner[64];
    char absolute[80];
    assert_non_null(mkdtemp(folder));
    (void)ub_print(inner, sizeof(inner), "%s/in", folder);
    (void)ub_print(absolute, sizeof(absolute), "%s/absolute.hex", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    const struct piece pieces[] = {PIECE("../up.hex", HEX_A),
                                   {absolute, HEX_B, sizeof(HEX_B) - 1, NULL},
                                   {"link", "", 0, "/etc"},
                                   PIECE("link/passwd", HEX_LATE),
                                   PIECE("plain.hex", ":00000001FF\n")};
    static const int formats[] = {ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FORMAT_ZIP,
                                  ARCHIVE_FORMAT_7ZIP};
    for (size_t f = 0; f < 3; f++) {
        struct blob blob = pack_with(formats[f], 0, NULL, pieces, 5);
        (void)fflush(NULL);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct rlimit none = {0, 0};
            int bad = chdir(inner) != 0 || setrlimit(RLIMIT_FSIZE, &none) != 0;
            struct ub_member *list = NULL;
            size_t count = 0;
            bad |= ub_pack_members("a", blob.bytes, blob.length, &ub_pack_limits, &list, &count,
                                   NULL) != UB_OK;
            bad |= count != 5 || strcmp(list[0].path, "../up.hex") != 0 || list[2].firmware;
            for (size_t i = 0; !bad && i < count; i++) {
                struct ub_image_options options = {.member = list[i].path};
                struct ub_image *image = NULL;
                enum ub_code code = ub_image_open_bytes("a", blob.bytes, blob.length, &options,
                                                        &image, NULL);
                /* "link" is taken for the folder in which link/passwd lies. */
                bad |= (code == UB_OK) != (list[i].firmware || list[i].path[0] == 'l');
                ub_image_close(image);
            }
            free(list);
            _exit(bad);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        assert_int_equal(count_in(folder), 1);
        assert_int_equal(count_in(inner), 0);
        free(blob.bytes);
    }
    (void)rmdir(inner);
    (void)rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros),
        cmocka_unit_test(one_gzip_of_zeros),
        cmocka_unit_test(zip_bombs),
        cmocka_unit_test(zip_overlaps),
        cmocka_unit_test(as_many_as_allowed),
        cmocka_unit_test(deep),
        cmocka_unit_test(quine),
        cmocka_unit_test(tar_bombs),
        cmocka_unit_test(seven_bombs),
        cmocka_unit_test(seven_of_nothing),
        cmocka_unit_test(hungry),
        cmocka_unit_test(nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
