/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as an image of MCUboot and as one of Espressif's: what is read lies in them. */
#include "inspect/esp.h"
#include "inspect/mcuboot.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Stops the fuzzer; assert() may be compiled out. */
static void must(bool holds)
{
    if (!holds)
        abort();
}

static void inside(const uint8_t *data, size_t size, const uint8_t *part, size_t length)
{
    must(!part || (part >= data && length <= size && (size_t)(part - data) <= size - length));
}

static void read_mcuboot(const uint8_t *data, size_t size)
{
    struct ub_mcuboot m;
    const char *why = "?";
    bool read = ub_mcuboot_read(data, size, &m, &why);
    must(!(read && why));
    must((read || why) == ub_mcuboot_probe(data, size));
    if (!read)
        return;
    must(m.hashed == data && m.hashed_length <= m.length && m.length <= size);
    inside(data, size, m.sha256, 32);
    inside(data, size, m.sha512, 64);
    inside(data, size, m.key_hash, 32);
    inside(data, size, m.signature, m.signature_length);
    must((m.kind == UB_MCUBOOT_UNSIGNED) == (m.signature == NULL));
    must(memchr(m.version, 0, sizeof(m.version)) && m.version[0]);
    enum ub_self_check check = ub_mcuboot_check(&m);
    must(check == UB_SELF_NONE || m.sha256 || m.sha512);
}

static void read_esp(const uint8_t *data, size_t size)
{
    struct ub_esp esp;
    if (!ub_esp_read(data, size, &esp))
        return;
    must(esp.segment_count >= 1 && esp.segment_count <= 16 && esp.chip_name[0]);
    must(esp.check == UB_SELF_RIGHT ? !esp.why && esp.length <= size : esp.why != NULL);
    must(memchr(esp.version, 0, sizeof(esp.version)) &&
         memchr(esp.project, 0, sizeof(esp.project)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_mcuboot(data, size);
    read_esp(data, size);
    return 0;
}
