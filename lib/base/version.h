/* The version of askd: of the daemon, the clients and the library alike, which are built as one.
 *
 * It is a variable, and alone in its file, so that a test can link the same objects into a daemon of another version.
 */
#ifndef ASKD_BASE_VERSION_H
#define ASKD_BASE_VERSION_H

#include <stdbool.h>

extern const char askd_version[];

/* Dotted numbers, compared number by number; those that are missing are 0. A suffix that begins with ~ or - makes it
 * older than the same without ("1.2~rc1", "1.2-dev" come before "1.2"); two such compare as strverscmp(3) does. Another
 * suffix ("+local") does not count. What does not begin with a digit is neither older nor newer than anything. */
bool version_is_older(const char *version, const char *than);

#endif
