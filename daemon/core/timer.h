/* A one-shot timer on the loop that may be freed at any time, from inside its own callback too. */
#ifndef ASKD_CORE_TIMER_H
#define ASKD_CORE_TIMER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct timer;

struct timer *timer_new(uv_loop_t *loop, void (*fire)(void *data), void *data);
struct timer *timer_free(struct timer *t);     /* NULL is fine; always returns NULL; the handle closes on the loop */
void timer_start(struct timer *t, int64_t ms); /* again: moves it; below 0: at the next turn */
void timer_stop(struct timer *t);              /* NULL is fine */
bool timer_active(const struct timer *t);

#endif
