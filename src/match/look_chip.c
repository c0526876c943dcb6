/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For which chip the image was made. */
#include "base/text.h"
#include "match/rows.h"

#include <inttypes.h>

/* e_machine (System V ABI, "ELF header"; the lists of Arm and RISC-V) */
#define EM_386    3u
#define EM_ARM    40u
#define EM_X86_64 62u
#define EM_RISCV  243u
/* e_flags */
#define ARM_HARD_FLOAT 0x400u    /* ELF for the Arm Architecture 5.2.1: EF_ARM_ABI_FLOAT_HARD */
#define ARM_BE8        0x800000u /* EF_ARM_BE8 */
#define RISCV_FLOAT    0x6u      /* RISC-V ELF psABI: EF_RISCV_FLOAT_ABI */
#define ESPRESSIF      0x303au

static bool has_uf2(const struct ub_family_firmware *firmware, uint64_t id)
{
    for (size_t i = 0; i < firmware->uf2_count; i++)
        if (firmware->uf2[i] == id)
            return true;
    return false;
}

/* A family id that has no name may be a vendor's own. */
void ub_match_uf2(const struct ub_match_row *row, const struct ub_match_case *what,
                  struct ub_match *out)
{
    const struct ub_claim *claim;
    const struct ub_claim *first = NULL;
    if (!what->family || !what->family->firmware || !what->family->firmware->uf2_count)
        return;
    for (size_t i = 0; (claim = ub_match_claim(what->image, UB_CLAIM_UF2_FAMILY, &i)) != NULL;) {
        if (has_uf2(what->family->firmware, claim->number)) {
            UB_MATCH_FOR("its UF2 family is %.48s",
                         claim->text[0] ? claim->text : what->family->name);
            return;
        }
        if (!first || !first->text[0])
            first = claim;
    }
    if (!first)
        return;
    if (first->text[0])
        UB_MATCH_AGAINST("its UF2 family is %.48s; %s is %s", first->text, what->where,
                         what->family->name);
    else
        UB_MATCH_WEAK("its UF2 family 0x%08" PRIx64 " is not known as one for %s", first->number,
                      what->family->name);
}

static uint64_t machine_of(enum ub_family_core core)
{
    return core == UB_CORE_CORTEX_M ? EM_ARM : core == UB_CORE_RISCV ? EM_RISCV : 0;
}

static const char *core_name(enum ub_family_core core)
{
    return core == UB_CORE_CORTEX_M ? "a Cortex-M" : "a RISC-V";
}

void ub_match_machine(const struct ub_match_row *row, const struct ub_match_case *what,
                      struct ub_match *out)
{
    size_t index = 0;
    const struct ub_claim *claim = ub_match_claim(what->image, UB_CLAIM_MACHINE, &index);
    const enum ub_family_core core = ub_match_core(what);
    const uint64_t wanted = machine_of(core);
    if (core == UB_CORE_RISCV && ub_match_starts_as_arm(what))
        UB_MATCH_AGAINST("it begins with the vector table of an Arm; a %s is a RISC-V",
                         what->family->name);
    if (!claim)
        return;
    const bool computer = claim->number == EM_386 || claim->number == EM_X86_64;
    if (wanted && claim->number == wanted)
        UB_MATCH_FOR("it is a program for %s", core_name(core));
    else if (wanted)
        UB_MATCH_AGAINST("it is a program for %s%.32s%s; %s is %s with %s",
                         claim->text[0] ? "" : "another machine", claim->text,
                         computer ? ", which is in computers" : "", what->where, what->family->name,
                         core_name(core));
    else if (computer)
        UB_MATCH_AGAINST("it is a program for %.32s, which is in computers", claim->text);
}

void ub_match_float(const struct ub_match_row *row, const struct ub_match_case *what,
                    struct ub_match *out)
{
    size_t index = 0;
    const struct ub_claim *claim = ub_match_claim(what->image, UB_CLAIM_MACHINE, &index);
    const enum ub_family_core core = ub_match_core(what);
    if (!claim || claim->number != machine_of(core) || !core)
        return;
    const uint64_t flags = core == UB_CORE_CORTEX_M ? ARM_HARD_FLOAT : RISCV_FLOAT;
    if (what->family->firmware->no_fpu && (claim->detail & flags))
        UB_MATCH_WEAK("it uses floating point registers; the %s has none", what->family->name);
    if (core == UB_CORE_CORTEX_M && (claim->detail & ARM_BE8))
        UB_MATCH_WEAK("it is big-endian; the %s is little-endian", what->family->name);
}

/** Espressif's chip id of the ROM that has these ids; 0: none. Of chips with DFU in ROM: ESP32-S2
 * is 2, ESP32-S3 is 9 (ESP-IDF, esp_app_format: esp_chip_id_t). */
static uint64_t esp_chip(const struct ub_match_mode *mode)
{
    if (!mode->known || mode->vid != ESPRESSIF)
        return 0;
    return mode->pid == 0x0002 ? 2 : mode->pid == 0x0009 ? 9 : 0;
}

void ub_match_esp(const struct ub_match_row *row, const struct ub_match_case *what,
                  struct ub_match *out)
{
    size_t index = 0;
    const struct ub_claim *claim = ub_match_claim(what->image, UB_CLAIM_CHIP, &index);
    const uint64_t chip = esp_chip(&what->dfu);
    const char *name = claim && claim->text[0] ? claim->text : "a chip of Espressif's";
    if (!claim && !what->facts->esp)
        return;
    if (claim && chip && claim->number == chip)
        UB_MATCH_FOR("it is for %.48s", name);
    else if ((claim && chip) || ub_match_core(what) != UB_CORE_UNKNOWN)
        UB_MATCH_AGAINST("it is for %.48s; %s is not one", name, what->where);
}

/** TI's prefix says where the image goes. */
static void look_at_ti(const struct ub_match_row *row, const struct ub_match_case *what,
                       struct ub_match *out, uint64_t says)
{
    const struct ub_segment *first = what->image->segment_count ? &what->image->segments[0] : NULL;
    uint64_t place = first && first->has_address ? first->address : 0;
    const bool known = first && (first->has_address || ub_match_place(what, &place));
    if (known && place != says)
        UB_MATCH_AGAINST("its prefix is for 0x%08" PRIx64 "; it would go to 0x%08" PRIx64, says,
                         place);
    else if (ub_match_core(what) != UB_CORE_UNKNOWN && first && !first->has_address)
        UB_MATCH_AGAINST("it begins with TI's DFU prefix, which %s takes for firmware",
                         what->where);
}

void ub_match_prefix(const struct ub_match_row *row, const struct ub_match_case *what,
                     struct ub_match *out)
{
    size_t index = 0;
    const struct ub_claim *claim = ub_match_claim(what->image, UB_CLAIM_PREFIX, &index);
    if (!claim)
        return;
    const bool lpc = ub_same_word(claim->text, "lpc");
    if (lpc && what->takes_lpc_prefix)
        UB_MATCH_FOR("it begins with NXP's boot header, as the device wants it");
    else if (what->takes_lpc_prefix)
        UB_MATCH_AGAINST("it begins with TI's DFU prefix, and %s wants NXP's boot header",
                         what->where);
    else if (lpc && ub_match_core(what) != UB_CORE_UNKNOWN)
        UB_MATCH_AGAINST("it begins with NXP's boot header, which %s takes for firmware",
                         what->where);
    else if (!lpc)
        look_at_ti(row, what, out, claim->number);
}
