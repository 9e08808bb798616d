/* The line that the log has of each answer's end: what it took where it is done (info), and what went wrong (notice).
 * A question's text is in none of them. */
#ifndef ASKD_ENGINE_REPORT_H
#define ASKD_ENGINE_REPORT_H

#include "daemon/answer/answer.h"
#include "lib/chat/ledger_row.h"

/* What the ledger has of it. Zeroed: nothing is known. */
struct report_figures {
    bool known;
    int64_t input_tokens, output_tokens; /* -1: not told */
    int64_t cost_nano;                   /* of all that was asked for it, in billionths; -1: not known */
    char currency[8];
};
void report_take(struct report_figures *f, const struct ledger_row *rows, size_t n);

/* Of an answer that is settled. client: who asked, NULL where that is not told. figures: NULL for none. */
void report_answer(struct answer *a, const char *client, const struct report_figures *figures);

/* "done, 12 + 300 tokens, 0.0012 USD, first token after 350 ms, in all 2300 ms", or "from the cache, 3 s old, in all 0
 * ms". Pure. Returns its length. */
enum { REPORT_TEXT = 256 };
size_t report_text(char out[REPORT_TEXT], enum log_state state, const struct answer_facts *facts,
                   const struct report_figures *figures);

#endif
