/* What a model's answer makes of the files that may be changed: its diff is read, and put where it fits. Pure. */
#ifndef CLIENT_ASK_EDIT_FIT_H
#define CLIENT_ASK_EDIT_FIT_H

#include "client/ask/edit_files.h"

/* Fills `after` and `changes` of the files, from what they held before, whatever was made of them earlier.
 * ERR_INVALID_REQUEST and ERR_NOT_FOUND (no diff): the answer is not to be used, and the sentence tells a model why;
 * ERR_TOO_LARGE. */
enum error_code edit_fit(struct edit_files *f, const char *answer, size_t len, struct error *err);

#endif
