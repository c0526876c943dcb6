/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file family_firmware.h
 * What firmware for each family looks like; the table of families points here.
 */
#ifndef UB_FAMILY_FAMILY_FIRMWARE_H
#define UB_FAMILY_FAMILY_FIRMWARE_H

#include "family/family.h"

extern const struct ub_family_firmware ub_firmware_cortex_m; /**< and no more is known */
extern const struct ub_family_firmware ub_firmware_stm32;
extern const struct ub_family_firmware ub_firmware_f042;
extern const struct ub_family_firmware ub_firmware_f072;
extern const struct ub_family_firmware ub_firmware_f103;
extern const struct ub_family_firmware ub_firmware_f4;
extern const struct ub_family_firmware ub_firmware_f7;
extern const struct ub_family_firmware ub_firmware_f72x;
extern const struct ub_family_firmware ub_firmware_g4;
extern const struct ub_family_firmware ub_firmware_h7;
extern const struct ub_family_firmware ub_firmware_l0;
extern const struct ub_family_firmware ub_firmware_l1;
extern const struct ub_family_firmware ub_firmware_l4;
extern const struct ub_family_firmware ub_firmware_u5;
extern const struct ub_family_firmware ub_firmware_wb;
extern const struct ub_family_firmware ub_firmware_gd32f103;
extern const struct ub_family_firmware ub_firmware_gd32vf103;
extern const struct ub_family_firmware ub_firmware_apm32;
extern const struct ub_family_firmware ub_firmware_at32;
extern const struct ub_family_firmware ub_firmware_blackmagic;
extern const struct ub_family_firmware ub_firmware_wb32;

#endif
