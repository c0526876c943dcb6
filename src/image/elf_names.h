/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file elf_names.h
 * What the numbers of an ELF header are called.
 */
#ifndef UB_IMAGE_ELF_NAMES_H
#define UB_IMAGE_ELF_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/** A kind of processor. */
struct ub_elf_machine {
    uint16_t number;  /**< e_machine */
    const char *name; /**< "Arm" */
    bool computer;    /**< runs programs under an operating system, and no device in DFU mode */
};

/** The machine of that number, or NULL if it is not known. */
const struct ub_elf_machine *ub_elf_machine(uint16_t number);

#endif
