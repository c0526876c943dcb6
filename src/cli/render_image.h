/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file render_image.h
 * What is known of images, as text or as JSON.
 */
#ifndef CLI_RENDER_IMAGE_H
#define CLI_RENDER_IMAGE_H

#include "cli.h"

/** All about an image; `trouble` is why nobody can vouch for it, or NULL. */
void render_image(struct cli *cli, const char *file, const struct ub_image *image,
                  const struct ub_error *trouble);
/** What an archive holds. */
void render_members(struct cli *cli, const char *file, const struct ub_member *members,
                    size_t count);
/** Who vouches for an image, as lines of text. */
void render_trust(struct cli *cli, const struct ub_image *image);
/** The families that an image can belong to, as lines of text; how many there are. */
size_t render_families(struct cli *cli, const struct ub_image *image);
/** The verdict, the evidence, and who vouches for it. `whom` is what the image was held against,
 * for a person; `refusal` the error with which flash would refuse, or one with UB_OK. */
void render_match(struct cli *cli, const char *file, const char *whom, const struct ub_image *image,
                  const struct ub_match *match, const struct ub_error *refusal);

#endif
