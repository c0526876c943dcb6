/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ELF files of 32 bits, as linkers make them for microcontrollers (System V ABI, chapters 4 and 5).
 * Program headers say what is loaded and where (at p_paddr: where it lies in flash, not where it
 * runs). Section headers, where there are any, say which bytes of that are firmware: a segment may
 * begin with the file's own headers. The result is that of objcopy -O ihex. */
#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "image/elf_names.h"
#include "image/formats.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_LENGTH  52u  /* of Elf32_Ehdr */
#define SEGMENT_LENGTH 32u  /* of Elf32_Phdr */
#define SECTION_LENGTH 40u  /* of Elf32_Shdr */
#define SEGMENTS_MAX   256u /* firmware has a handful */

#define CLASS_32       1u
#define CLASS_64       2u
#define LITTLE         1u
#define BIG            2u

enum { ET_REL = 1, ET_EXEC = 2, ET_DYN = 3, ET_CORE = 4 };
enum { PT_LOAD = 1, PT_INTERP = 3 };
enum { SHT_NULL = 0, SHT_NOBITS = 8, SHF_ALLOC = 2 };

static const uint8_t mark[4] = {0x7f, 'E', 'L', 'F'};

/** A PT_LOAD program header with content. */
struct segment {
    uint32_t offset;
    uint32_t vaddr;
    uint32_t paddr;
    uint32_t filesz;
    uint32_t memsz;
    bool has_section; /**< section headers say what of it is firmware */
};

/** The file being read; fields of its header are named as there. */
struct elf {
    const uint8_t *bytes;
    size_t length;
    struct ub_image *image;
    struct ub_error *err;
    bool big; /**< most significant byte first */
    uint16_t e_type;
    uint16_t e_machine;
    uint32_t e_entry;
    uint32_t e_phoff;
    uint32_t e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize;
    uint16_t e_phentsize;
    uint16_t e_phnum;
    uint16_t e_shentsize;
    uint16_t e_shnum;
    struct segment *segments; /**< owned */
    size_t segment_count;
    uint64_t taken; /**< bytes put into the image so far */
    bool interpreter;
};

static uint16_t take16(const struct elf *e, struct ub_cursor *c)
{
    return e->big ? ub_take_u16be(c) : ub_take_u16le(c);
}

static uint32_t take32(const struct elf *e, struct ub_cursor *c)
{
    return e->big ? ub_take_u32be(c) : ub_take_u32le(c);
}

static bool probe(const uint8_t *bytes, size_t length)
{
    return length >= sizeof(mark) && memcmp(bytes, mark, sizeof(mark)) == 0;
}

static const char *kind_of(const struct elf *e)
{
    switch (e->e_type) {
    case ET_REL:
        return "an object file, not linked yet,";
    case ET_EXEC:
        return "a program";
    case ET_DYN:
        return e->interpreter ? "a program" : "a library or a program";
    case ET_CORE:
        return "the memory of a program that crashed (a core file)";
    default:
        return "an ELF file of an unknown kind";
    }
}

/** The error that the file is an ELF file, but not firmware. */
static enum ub_code fail_kind(const struct elf *e, const char *why)
{
    const struct ub_elf_machine *machine = ub_elf_machine(e->e_machine);
    char name[32];
    (void)ub_print(name, sizeof(name), "machine %u", e->e_machine);
    bool pc = e->e_machine == 3 || e->e_machine == 62;
    return ub_fail(e->err, UB_IMG_ELF, "%s: is %s for %s (%s), not firmware%s%s", e->image->name,
                   kind_of(e),
                   pc                             ? "a PC"
                   : machine && machine->computer ? "a computer"
                                                  : "another machine",
                   machine ? machine->name : name, why ? ": " : "", why ? why : "");
}

/** Reads the header up to where files of 32 and 64 bits are alike, and refuses the latter. */
static enum ub_code read_ident(struct elf *e, struct ub_cursor *c)
{
    (void)ub_take_bytes(c, sizeof(mark));
    uint8_t class = ub_take_u8(c);
    uint8_t encoding = ub_take_u8(c);
    (void)ub_take_bytes(c, 10); /* EI_VERSION to the end of e_ident */
    e->big = encoding == BIG;
    e->e_type = take16(e, c);
    e->e_machine = take16(e, c);
    if (c->failed)
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: begins like an ELF file, but ends after %zu bytes, inside its header",
                       e->image->name, e->length);
    if ((class != CLASS_32 && class != CLASS_64) || (encoding != LITTLE && encoding != BIG))
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: byte 4: begins like an ELF file, but its class %u and encoding %u are "
                       "none that there are",
                       e->image->name, class, encoding);
    if (class == CLASS_64)
        return fail_kind(e, "it has 64 bits");
    const struct ub_elf_machine *machine = ub_elf_machine(e->e_machine);
    if (machine && machine->computer)
        return fail_kind(e, NULL);
    if (e->e_type != ET_EXEC && e->e_type != ET_DYN)
        return fail_kind(e, NULL);
    return UB_OK;
}

/** Refuses a table of headers that is not in the file. */
static enum ub_code check_table(const struct elf *e, const char *what, uint64_t offset,
                                uint64_t count, uint64_t size, uint64_t least)
{
    if (size < least)
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: its %s headers are said to have %" PRIu64 " bytes; they have %" PRIu64,
                       e->image->name, what, size, least);
    if (offset + count * size > e->length)
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: is cut short: %" PRIu64 " %s headers from byte %" PRIu64
                       " on end at %" PRIu64 ", and the file at %zu",
                       e->image->name, count, what, offset, offset + count * size, e->length);
    return UB_OK;
}

static enum ub_code read_header(struct elf *e)
{
    struct ub_cursor c = ub_cursor(e->bytes, e->length);
    enum ub_code code = read_ident(e, &c);
    if (code)
        return code;
    (void)take32(e, &c); /* e_version */
    e->e_entry = take32(e, &c);
    e->e_phoff = take32(e, &c);
    e->e_shoff = take32(e, &c);
    e->e_flags = take32(e, &c);
    e->e_ehsize = take16(e, &c);
    e->e_phentsize = take16(e, &c);
    e->e_phnum = take16(e, &c);
    e->e_shentsize = take16(e, &c);
    e->e_shnum = take16(e, &c);
    (void)take16(e, &c); /* e_shstrndx: names of sections are not looked at */
    if (c.failed || e->e_ehsize < HEADER_LENGTH)
        return ub_fail(e->err, UB_IMG_ELF, "%s: its ELF header is cut short or damaged",
                       e->image->name);
    if (e->e_phnum == 0)
        return fail_kind(e, "it has no program headers, which say what is loaded");
    if (e->e_phnum > SEGMENTS_MAX)
        return ub_fail(e->err, UB_IMG_ELF, "%s: has %u program headers; firmware has a handful",
                       e->image->name, e->e_phnum);
    if (e->e_shoff && e->e_shnum == 0)
        return ub_fail(e->err, UB_IMG_ELF, "%s: byte 48: has section headers, but counts none",
                       e->image->name);
    code = check_table(e, "program", e->e_phoff, e->e_phnum, e->e_phentsize, SEGMENT_LENGTH);
    if (!code && e->e_shnum)
        code = check_table(e, "section", e->e_shoff, e->e_shnum, e->e_shentsize, SECTION_LENGTH);
    return code;
}

/** Reads program header number `index`; keeps it if it has something to load. */
static enum ub_code read_segment(struct elf *e, size_t index, bool *placed)
{
    struct segment s = {0};
    size_t at = e->e_phoff + index * e->e_phentsize;
    struct ub_cursor c = ub_cursor(e->bytes + at, SEGMENT_LENGTH);
    uint32_t type = take32(e, &c);
    s.offset = take32(e, &c);
    s.vaddr = take32(e, &c);
    s.paddr = take32(e, &c);
    s.filesz = take32(e, &c);
    s.memsz = take32(e, &c);
    e->interpreter |= type == PT_INTERP;
    *placed |= s.paddr != 0;
    if (type != PT_LOAD || s.memsz == 0)
        return UB_OK;
    if (s.filesz > s.memsz)
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: byte %zu: program header %zu has more in the file (%" PRIu32
                       " bytes) than in memory (%" PRIu32 ")",
                       e->image->name, at, index, s.filesz, s.memsz);
    if ((uint64_t)s.offset + s.filesz > e->length)
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: is cut short: segment %zu ends at byte %" PRIu64
                       ", and the file at %zu",
                       e->image->name, index, (uint64_t)s.offset + s.filesz, e->length);
    e->segments[e->segment_count++] = s;
    return UB_OK;
}

/** True if the entry point lies in a segment, as it runs. */
static bool entry_inside(const struct elf *e)
{
    for (size_t i = 0; i < e->segment_count; i++)
        if (e->e_entry - e->segments[i].vaddr < e->segments[i].memsz)
            return true;
    return false;
}

static enum ub_code read_segments(struct elf *e)
{
    bool placed = false;
    enum ub_code code = UB_OK;
    e->segments = calloc(e->e_phnum, sizeof(*e->segments));
    if (!e->segments)
        return ub_fail_memory(e->err);
    for (size_t i = 0; !code && i < e->e_phnum; i++)
        code = read_segment(e, i, &placed);
    if (code)
        return code;
    /* Linkers that know no p_paddr leave it zero; objcopy takes p_vaddr then (bfd/elf.c,
     * _bfd_elf_make_section_from_shdr). */
    for (size_t i = 0; !placed && e->segment_count > 1 && i < e->segment_count; i++)
        e->segments[i].paddr = e->segments[i].vaddr;
    if (e->interpreter)
        return fail_kind(e, "it wants an operating system's loader");
    if (e->e_type == ET_DYN && !entry_inside(e))
        return fail_kind(e, "it starts nowhere");
    return UB_OK;
}

/** Puts `length` bytes of the file from `offset` on to `address`. */
static enum ub_code take(struct elf *e, uint32_t offset, uint64_t address, uint32_t length)
{
    if (address + length > UINT64_C(0x100000000))
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: %" PRIu32 " bytes at 0x%08" PRIx64 " run past 0xffffffff",
                       e->image->name, length, address);
    /* No byte of a file is at two places. A file that says so costs no more memory than it has. */
    e->taken += length;
    if (e->taken > e->length)
        return ub_fail(e->err, UB_IMG_ELF, "%s: its segments or sections overlap in the file",
                       e->image->name);
    return ub_image_add(e->image, UB_IMAGE_ALT_NONE, true, address, e->bytes + offset, length,
                        e->err);
}

/** The segment that holds a section's bytes, or NULL. */
static struct segment *segment_of(struct elf *e, uint32_t address, uint32_t offset, uint32_t size)
{
    for (size_t i = 0; i < e->segment_count; i++) {
        struct segment *s = &e->segments[i];
        if (offset >= s->offset && offset - s->offset < s->filesz &&
            size <= s->filesz - (offset - s->offset) && address >= s->vaddr &&
            address - s->vaddr < s->memsz)
            return s;
    }
    return NULL;
}

static enum ub_code read_section(struct elf *e, size_t index)
{
    struct ub_cursor c = ub_cursor(e->bytes + e->e_shoff + index * e->e_shentsize, SECTION_LENGTH);
    (void)take32(e, &c); /* sh_name */
    uint32_t type = take32(e, &c);
    uint32_t flags = take32(e, &c);
    uint32_t address = take32(e, &c);
    uint32_t offset = take32(e, &c);
    uint32_t size = take32(e, &c);
    if (!(flags & SHF_ALLOC) || type == SHT_NULL || type == SHT_NOBITS || size == 0)
        return UB_OK;
    struct segment *s = segment_of(e, address, offset, size);
    if (!s)
        return UB_OK; /* not loaded */
    s->has_section = true;
    return take(e, offset, (uint64_t)s->paddr + (offset - s->offset), size);
}

/** A segment in which no section lies is taken whole, unless that would flash the ELF header. */
static enum ub_code take_segment(struct elf *e, const struct segment *s)
{
    uint64_t headers = e->e_ehsize;
    uint64_t table = (uint64_t)e->e_phoff + (uint64_t)e->e_phnum * e->e_phentsize;
    if (e->e_phoff <= headers && table > headers)
        headers = table;
    if (s->filesz == 0 || (uint64_t)s->offset + s->filesz <= headers)
        return UB_OK;
    if (s->offset < headers)
        return ub_fail(e->err, UB_IMG_ELF,
                       "%s: the segment at 0x%08" PRIx32 " begins with the ELF header itself, and "
                       "no section headers say where the firmware begins",
                       e->image->name, s->paddr);
    return take(e, s->offset, s->paddr, s->filesz);
}

static enum ub_code add_claims(const struct elf *e)
{
    static const char source[] = "ELF header";
    const struct ub_elf_machine *machine = ub_elf_machine(e->e_machine);
    enum ub_code code = ub_image_add_claim(e->image, UB_CLAIM_MACHINE, source, e->e_machine,
                                           e->e_flags, machine ? machine->name : "", e->err);
    if (!code && (e->e_entry || entry_inside(e)))
        code = ub_image_add_claim(e->image, UB_CLAIM_ENTRY, source, e->e_entry, 0, NULL, e->err);
    return code;
}

static enum ub_code read(const uint8_t *bytes, size_t length,
                         const struct ub_image_options *options, struct ub_image *image,
                         struct ub_error *err)
{
    struct elf e = {.bytes = bytes, .length = length, .image = image, .err = err};
    (void)options;
    enum ub_code code = read_header(&e);
    if (!code)
        code = read_segments(&e);
    for (size_t i = 0; !code && i < e.e_shnum; i++)
        code = read_section(&e, i);
    for (size_t i = 0; !code && i < e.segment_count; i++)
        if (!e.segments[i].has_section)
            code = take_segment(&e, &e.segments[i]);
    if (!code)
        code = add_claims(&e);
    free(e.segments);
    return code;
}

static const char *const endings[] = {".elf", ".axf", NULL};

const struct ub_format ub_format_elf = {
    .name = "elf",
    .title = "ELF file",
    .endings = endings,
    .keeps_addresses = true,
    .probe = probe,
    .read = read,
    .write = NULL,
};
