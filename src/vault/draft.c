/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backup whose contents go into files of the vault while they are read from the device, so that a
 * device of any size needs no memory for them. The folder has a temporary name until
 * ub_vault_store() renames it; one that a killed program left behind is swept away by a later run.
 */
#define _DEFAULT_SOURCE
#include "vault/draft.h"
#include "base/error.h"
#include "base/file.h"
#include "vault/place.h"
#include "vault/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MODE 0600
/* A folder that nobody holds may be one that was made a moment ago and is about to be held. */
#define STALE_SECONDS 3600

/** One file of a draft. */
struct file {
    int fd;
    uint64_t length;
    crypto_hash_sha256_state hash;
};

struct ub_draft {
    char *folder; /**< owned */
    int lock;     /**< the folder, held so that no other program sweeps it away */
    struct file *files;
    size_t count; /**< as of backup->info.part_count */
    bool kept;    /**< it became a backup */
};

static bool is_temporary(const char *name)
{
    return strncmp(name, UB_VAULT_TEMPORARY, strlen(UB_VAULT_TEMPORARY) - strlen("XXXXXX")) == 0;
}

/** True if the folder is old and no program holds it. */
static bool is_stale(int folder)
{
    struct stat status;
    const time_t now = time(NULL);
    return fstat(folder, &status) == 0 && now != (time_t)-1 &&
           status.st_mtime < now - STALE_SECONDS && flock(folder, LOCK_EX | LOCK_NB) == 0;
}

/** Deletes what programs that were killed left behind. Failing to is no error. */
static void sweep(const struct ub_vault *vault)
{
    DIR *backups = opendir(vault->backups);
    for (struct dirent *entry; backups && (entry = readdir(backups)) != NULL;) {
        if (!is_temporary(entry->d_name))
            continue;
        char *path = ub_path_join(vault->backups, entry->d_name);
        int fd = path ? open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
        if (fd >= 0 && is_stale(fd))
            ub_vault_discard(path);
        if (fd >= 0)
            (void)close(fd);
        free(path);
    }
    if (backups)
        (void)closedir(backups);
}

static enum ub_code fail_file(const struct ub_draft *draft, int number, const char *what,
                              struct ub_error *err)
{
    return ub_vault_fail(err, number, what, draft->folder);
}

static enum ub_code open_file(struct ub_draft *draft, struct file *file,
                              const struct ub_backup_part *part, struct ub_error *err)
{
    char name[UB_PART_NAME];
    ub_record_part_name(part, name);
    char *path = ub_path_join(draft->folder, name);
    if (!path)
        return ub_fail_memory(err);
    file->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
    const int number = errno;
    free(path);
    if (file->fd < 0)
        return fail_file(draft, number, "make a file in it", err);
    (void)crypto_hash_sha256_init(&file->hash);
    return UB_OK;
}

enum ub_code ub_vault_draft(struct ub_vault *vault, struct ub_backup *backup, struct ub_error *err)
{
    const size_t count = backup->info.part_count;
    struct ub_draft *draft = calloc(1, sizeof(*draft));
    struct file *files = calloc(count + 1, sizeof(*files));
    if (!draft || !files) {
        free(draft);
        free(files);
        return ub_fail_memory(err);
    }
    draft->lock = -1;
    draft->files = files;
    for (size_t i = 0; i < count; i++)
        files[i].fd = -1;
    draft->count = count;
    backup->draft = draft;
    enum ub_code code = ub_vault_temporary(vault, &draft->folder, err);
    if (code)
        return code;
    draft->lock = open(draft->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (draft->lock >= 0)
        (void)flock(draft->lock, LOCK_EX | LOCK_NB);
    sweep(vault);
    for (size_t i = 0; !code && i < count; i++)
        code = open_file(draft, &files[i], &backup->info.parts[i], err);
    return code;
}

enum ub_code ub_draft_append(struct ub_backup *backup, size_t part, const uint8_t *bytes,
                             size_t length, struct ub_error *err)
{
    struct file *file = &backup->draft->files[part];
    for (size_t done = 0; done < length;) {
        ssize_t n = pwrite(file->fd, bytes + done, length - done, (off_t)(file->length + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_file(backup->draft, n < 0 ? errno : EIO, "write in it", err);
        done += (size_t)n;
    }
    (void)crypto_hash_sha256_update(&file->hash, bytes, length);
    file->length += length;
    return UB_OK;
}

enum ub_code ub_draft_read(const struct ub_draft *draft, size_t part, uint64_t offset, uint8_t *to,
                           size_t length, struct ub_error *err)
{
    const struct file *file = &draft->files[part];
    for (size_t done = 0; done < length;) {
        ssize_t n = pread(file->fd, to + done, length - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail_file(draft, n < 0 ? errno : EIO, "read in it", err);
        done += (size_t)n;
    }
    return UB_OK;
}

void ub_draft_digest(const struct ub_draft *draft, size_t part, uint8_t digest[32])
{
    crypto_hash_sha256_state copy = draft->files[part].hash;
    (void)crypto_hash_sha256_final(&copy, digest);
}

uint64_t ub_draft_length(const struct ub_draft *draft, size_t part)
{
    return draft->files[part].length;
}

void ub_draft_drop(struct ub_draft *draft, const struct ub_backup_part *part, size_t index)
{
    char name[UB_PART_NAME];
    ub_record_part_name(part, name);
    if (draft->files[index].fd >= 0)
        (void)close(draft->files[index].fd);
    if (draft->lock >= 0)
        (void)unlinkat(draft->lock, name, 0);
    draft->count--;
    memmove(draft->files + index, draft->files + index + 1,
            (draft->count - index) * sizeof(draft->files[0]));
}

enum ub_code ub_draft_sync(const struct ub_draft *draft, struct ub_error *err)
{
    for (size_t i = 0; i < draft->count; i++)
        if (fsync(draft->files[i].fd) != 0)
            return fail_file(draft, errno, "write in it", err);
    return UB_OK;
}

const char *ub_draft_folder(const struct ub_draft *draft)
{
    return draft->folder;
}

void ub_draft_keep(struct ub_draft *draft)
{
    draft->kept = true;
}

void ub_draft_free(struct ub_draft *draft)
{
    if (!draft)
        return;
    for (size_t i = 0; i < draft->count; i++)
        if (draft->files[i].fd >= 0)
            (void)close(draft->files[i].fd);
    if (draft->folder && !draft->kept)
        ub_vault_discard(draft->folder);
    if (draft->lock >= 0)
        (void)close(draft->lock);
    free(draft->folder);
    free(draft->files);
    free(draft);
}
