/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of e_machine, from the registry of the System V ABI ("ELF header", machine). */
#include "image/elf_names.h"

#include <stddef.h>

static const struct ub_elf_machine machines[] = {
    {2, "SPARC", true},       {3, "x86", true},         {4, "68000", false},
    {8, "MIPS", false},       {15, "PA-RISC", true},    {20, "PowerPC", false},
    {21, "PowerPC64", true},  {22, "S/390", true},      {36, "V800", false},
    {40, "Arm", false},       {42, "SuperH", false},    {43, "SPARC V9", true},
    {44, "TriCore", false},   {45, "ARC", false},       {50, "IA-64", true},
    {52, "ColdFire", false},  {53, "68HC12", false},    {62, "x86-64", true},
    {83, "AVR", false},       {87, "V850", false},      {88, "M32R", false},
    {92, "OpenRISC", false},  {93, "ARCompact", false}, {94, "Xtensa", false},
    {105, "MSP430", false},   {106, "Blackfin", false}, {113, "Nios II", false},
    {118, "dsPIC30F", false}, {165, "8051", false},     {173, "RX", false},
    {183, "AArch64", true},   {185, "AVR32", false},    {189, "MicroBlaze", false},
    {195, "ARCv2", false},    {197, "RL78", false},     {204, "PIC", false},
    {220, "Z80", false},      {243, "RISC-V", false},   {247, "Linux BPF", true},
    {252, "C-SKY", false},    {258, "LoongArch", true},
};

const struct ub_elf_machine *ub_elf_machine(uint16_t number)
{
    for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
        if (machines[i].number == number)
            return &machines[i];
    return NULL;
}
