/* The answers that can be found: running ones, and for a while those that have ended.
 *
 * Bounds (options in [daemon]): `max_answers` running at once, `max_answer` bytes of one log, `answer_memory` bytes of
 * all logs, `retain` for how long and `retain_max` how many ended ones stay, `detached_limit` for how long a kept
 * answer runs that nobody reads. Over answer_memory, ended answers leave first, the oldest first; then a new one is
 * refused. */
#ifndef ASKD_ANSWER_TABLE_H
#define ASKD_ANSWER_TABLE_H

#include "daemon/answer/answer.h"
#include "daemon/core/config.h"

struct answer_options {
    int64_t max_answers, max_answer, answer_memory, retain_max;
    int64_t retain_ms, detached_limit_ms;
};
extern const struct config_option answer_option_rows[];

struct answer_table;

struct answer_table *answer_table_new(const struct answer_options *opt, bool share_by_uid);
struct answer_table *answer_table_free(struct answer_table *t); /* always returns NULL */
/* Bounds for what comes from now on; logs that exist keep theirs. Over a lower one, ended answers leave at once. */
void answer_table_configure(struct answer_table *t, const struct answer_options *opt);
const struct answer_options *answer_table_options(const struct answer_table *t);
struct log_pool *answer_table_pool(struct answer_table *t);

/* May one more run? Makes room if it can. ERR_OVERLOADED with the bound's name. share_by_uid: a uid has a quarter.
 * Answers that only read what another has asked for, or what is cached, need not ask and do not count, but while they
 * are prepared: what they bring along is held then. */
enum error_code answer_table_admit(struct answer_table *t, uid_t uid, struct error *err);
/* This one, which is in the table, was admitted: it counts until it has ended, or another counts in its place. */
void answer_table_count(struct answer_table *t, struct answer *a);
bool answer_table_counts(struct answer_table *t, const struct answer *a);
void answer_table_uncount(struct answer_table *t, const struct answer *a); /* it only reads what another asked for */
void answer_table_pass_count(struct answer_table *t, struct answer *from, struct answer *to);
/* Over answer_memory, ended answers leave. Cheap where there is room. Running ones alone may go over it: then nothing
 * new is admitted. */
void answer_table_make_room(struct answer_table *t);
size_t answer_table_room(const struct answer_table *t); /* bytes up to answer_memory */
/* A log within the bound. */
struct log *answer_table_log(struct answer_table *t);

/* Takes a reference of its own. */
void answer_table_add(struct answer_table *t, struct answer *a);
/* To be called for an answer that is settled: from now on it is retained, though nobody wants it kept (`keep` false): a
 * client may still ask for what it just got. */
void answer_table_ended(struct answer_table *t, struct answer *a);

/* An answer that the store brought back: may it be held (ERR_OVERLOADED)? Its log is made already. Recalled answers
 * leave memory before all others, and never keep a new question out. */
enum error_code answer_table_admit_recalled(struct answer_table *t, struct error *err);
/* Takes a reference of its own. ended_wall_us: when it ended, as it was stored. */
void answer_table_add_recalled(struct answer_table *t, struct answer *a, int64_t ended_wall_us);

/* It goes at once: its question could not be accepted, or it has ended and nobody means to come back to it. */
void answer_table_drop(struct answer_table *t, struct answer *a);

/* Borrowed; NULL for an unknown id, for another user's and for a hidden one; the latter are not told of either. */
struct answer *answer_table_find(struct answer_table *t, uid_t uid, const char *id, size_t len);
/* Newest first. Stops where each returns false. */
void answer_table_each(struct answer_table *t, uid_t uid, bool (*each)(void *data, struct answer *a), void *data);

/* Answers that ended before (microseconds since 1970) are attachable no more, wherever they are kept. */
int64_t answer_table_not_before_us(const struct answer_table *t);

unsigned answer_table_running(const struct answer_table *t);
unsigned answer_table_retained(const struct answer_table *t);

/* Lets go what has outlived `retain`, cancels what has outlived `detached_limit`. In how many milliseconds to call
 * again, -1: not before something changes. */
int64_t answer_table_sweep(struct answer_table *t);

#endif
