#include "client/ask/help.h"
#include "client/ask/options.h"
#include "client/common/option.h"
#include <string.h>

static const char synopsis[] = "Usage: ask [OPTION]... PROMPT...              asks a language model through askd\n"
                               "       COMMAND | ask [OPTION]... [PROMPT...]  piped text follows the prompt\n"
                               "       ask                                    a session, on a terminal\n";

static void print_daily(struct out *o)
{
    (void)out_puts(o, synopsis);
    (void)out_puts(o, "\n");
    for (size_t i = 0; i < OPT_END; i++)
        if (ask_option_rows[i].daily)
            option_print(o, &ask_option_rows[i].row);
    (void)out_puts(o, "\nMore: --help=");
    for (size_t t = 0; t < TOPICS; t++) {
        (void)out_puts(o, ask_topics[t].word);
        (void)out_puts(o, ", ");
    }
    (void)out_puts(o, "all; man ask\n");
}

static void print_topic(struct out *o, enum option_topic topic)
{
    (void)out_puts(o, ask_topics[topic].title);
    (void)out_puts(o, "\n");
    for (size_t i = 0; i < OPT_END; i++)
        if (ask_option_rows[i].topic == topic)
            option_print(o, &ask_option_rows[i].row);
}

static void print_all(struct out *o)
{
    (void)out_puts(o, synopsis);
    for (size_t t = 0; t < TOPICS; t++) {
        (void)out_puts(o, "\n");
        print_topic(o, (enum option_topic)t);
    }
}

bool help_print(struct out *o, const char *topic)
{
    size_t t = 0;
    while (topic != NULL && t < TOPICS && strcmp(ask_topics[t].word, topic) != 0)
        t++;
    if (topic == NULL)
        print_daily(o);
    else if (t < TOPICS)
        print_topic(o, (enum option_topic)t);
    else if (strcmp(topic, "all") == 0)
        print_all(o);
    else
        return false;
    return true;
}
