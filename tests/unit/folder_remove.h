/* Takes a temporary folder away, with all that is in it. */
#ifndef ASKD_TESTS_FOLDER_REMOVE_H
#define ASKD_TESTS_FOLDER_REMOVE_H

#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

static inline int folder_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* 0, or else what could not be removed stays. */
static inline int folder_remove(const char *path)
{
    return nftw(path, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
