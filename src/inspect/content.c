/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image.h"

#include <sodium.h>

void ub_image_content_sha256(const struct ub_image *image, uint8_t out[32])
{
    crypto_hash_sha256_state hash; /* whose functions always return 0 */
    (void)crypto_hash_sha256_init(&hash);
    for (size_t i = 0; i < image->segment_count; i++)
        (void)crypto_hash_sha256_update(&hash, image->segments[i].data, image->segments[i].length);
    (void)crypto_hash_sha256_final(&hash, out);
}
