#include "client/ctl/prose.h"
#include "client/ctl/setup.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LINE_SIZE = 1024, RESULT_WIDTH = 22 /* "it works (0.4 s)" */ };

#define FORMAT(text, fmt)                                                                                              \
    do {                                                                                                               \
        va_list ap;                                                                                                    \
        va_start(ap, fmt);                                                                                             \
        (void)vsnprintf(text, sizeof(text), fmt, ap);                                                                  \
        va_end(ap);                                                                                                    \
    } while (0)

void setup_say(struct setup *s, const char *fmt, ...)
{
    char text[LINE_SIZE];
    FORMAT(text, fmt);
    if (s->c->json)
        return;
    prose_print(s->c, text, 0);
    (void)out_flush(s->c->out); /* before anything is asked; the end tells of a failure */
}

void setup_begin_line(struct setup *s, const char *fmt, ...)
{
    char text[LINE_SIZE];
    FORMAT(text, fmt);
    if (s->c->json)
        return;
    const unsigned columns = s->c->out->terminal ? out_columns(s->c->out) : 0;
    const bool below = columns > 0 && strlen(text) + RESULT_WIDTH > columns;
    if (below)
        prose_print(s->c, text, 0);
    else
        ctl_printf(s->c, "%s", text);
    (void)out_flush(s->c->out);
}

void setup_complain(struct setup *s, const char *fmt, ...)
{
    char text[LINE_SIZE];
    FORMAT(text, fmt);
    if (s->talks)
        setup_say(s, "%s", text);
    else
        exit_print(s->c->program, "%s", text);
}
