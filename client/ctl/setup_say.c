#include "client/ctl/setup.h"
#include <stdarg.h>
#include <stdio.h>

enum { LINE_SIZE = 1024 };

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
    ctl_printf(s->c, "%s\n", text);
    (void)out_flush(s->c->out); /* before anything is asked; the end tells of a failure */
}

void setup_begin_line(struct setup *s, const char *fmt, ...)
{
    char text[LINE_SIZE];
    FORMAT(text, fmt);
    if (s->c->json)
        return;
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
