/* What a diff makes of a text. It is strict where reading the diff was not: each hunk is put where all its lines fit,
 * and nowhere else. Pure.
 *
 * - Lines that are removed are in the text as the diff has them; lines of context too, but for blanks at their ends,
 *   which models lose. What is kept, is kept as the text has it.
 * - Hunks come in the order of the text. One that fits at several places goes where it says that it begins, else to the
 *   nearest place, if any other is more than twice as far; else it is refused.
 * - Line ends are the text's: an added line ends as the one before it, and where the text's last line has none and the
 *   diff does not say otherwise, it has none afterwards. A mark of byte order stays. */
#ifndef CLIENT_ASK_DIFF_APPLY_H
#define CLIENT_ASK_DIFF_APPLY_H

#include "client/ask/diff.h"

#define DIFF_WORK_MAX 200000000u /* lines that are compared for one file, some seconds of work */

/* Appends the new text to out. ERR_INVALID_REQUEST: a hunk does not fit, and the sentence says which and why, for a
 * model to read; ERR_TOO_LARGE: out is full, or it would take too long. */
enum error_code diff_apply(const struct diff *d, const struct diff_file *f, const char *text, size_t len,
                           struct buf *out, struct error *err);

#endif
