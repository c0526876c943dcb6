/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quirks from a stranger: a file in YAML or, behind a first byte of '=', a line of the command.
 * What is taken is applied to a device, and said to a person. */
#include "family/quirks.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((size_t)16384)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes as the parser promises them: in their ranges, and texts that end. */
static void check_effect(const struct ub_quirk_effect *effect)
{
    if (effect->mode > UB_QUIRK_MODE_NONE || effect->prefix > UB_QUIRK_PREFIX_LPC)
        abort();
    if (effect->habits.poll_fixed_ms > 120000 || effect->habits.transfer_size_max > 4096)
        abort();
    if (effect->habits.memory_map && strlen(effect->habits.memory_map) > UB_QUIRK_TEXT_MAX)
        abort();
}

static bool holds(void *self, const struct ub_quirk_condition *condition)
{
    (void)self;
    if (condition->mask == 0 || (condition->value & ~condition->mask) != 0)
        abort();
    return true;
}

static void use(const struct ub_quirks *quirks)
{
    static const char *const names[] = {"@Internal Flash  /0x08000000/04*016Kg", ""};
    const struct ub_usb_info info = {
        .vid = 0x0483, .pid = 0xdf11, .bcdDevice = 0x2200, .serial = "357236543131"};
    const struct ub_quirk_device device = {
        .info = &info, .names = names, .name_count = 2, .holds = holds};
    struct ub_quirk_hits hits;
    struct ub_quirk_effect effect = {0};
    ub_quirks_find(quirks, &device, &hits);
    ub_quirks_apply(quirks, &hits, &effect);
    check_effect(&effect);
    for (size_t i = 0; i < ub_quirks_count(quirks); i++) {
        const struct ub_quirk *quirk = ub_quirks_at(quirks, i);
        char because[64];
        ub_quirk_because(quirk, UINT32_MAX, because, sizeof(because));
        if (!quirk->name || !quirk->defect || !quirk->source || !quirk->remedy ||
            !quirk->remedy[0] || !because[0])
            abort();
    }
}

static enum ub_code read_line(struct ub_quirks *quirks, const uint8_t *data, size_t size,
                              struct ub_error *err)
{
    char *line = malloc(size + 1);
    if (!line)
        return UB_SYS_MEMORY;
    memcpy(line, data, size);
    line[size] = '\0';
    enum ub_code code = ub_quirks_add_line(quirks, line, err);
    free(line);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ub_error err = {0};
    struct ub_quirks *quirks = NULL;
    if (size > TEXT_MAX || ub_quirks_open_empty(&quirks, &err) != UB_OK)
        return 0;
    bool line = size > 0 && data[0] == '=';
    enum ub_code code = line ? read_line(quirks, data + 1, size - 1, &err)
                             : ub_quirks_add_text(quirks, "f", true, data, size, &err);
    if (code != UB_OK && ((code != UB_USE_QUIRK && code != UB_SYS_MEMORY) || !err.message[0]))
        abort();
    use(quirks); /* what came before an error was taken */
    ub_quirks_close(quirks);
    return 0;
}
