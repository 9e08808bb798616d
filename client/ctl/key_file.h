/* The user's folder of keys, as its owner writes it: ours, closed to others, no link. */
#ifndef CLIENT_CTL_KEY_FILE_H
#define CLIENT_CTL_KEY_FILE_H

#include "lib/base/error.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct key_folder {
    char path[PATH_MAX];
    int fd;
};

/* create: makes it where it is missing, as 0700; else that is ERR_NOT_FOUND. */
enum error_code key_folder_open(struct key_folder *f, bool create, struct error *err);
void key_folder_close(struct key_folder *f);

/* Puts the file NAME into it, mode 0600, whole or not at all. name must be key_folder_name_valid. */
enum error_code key_file_write(const struct key_folder *f, const char *name, const char *key, size_t len,
                               struct error *err);
/* *removed is set where there was one. */
enum error_code key_file_remove(const struct key_folder *f, const char *name, bool *removed, struct error *err);

#endif
