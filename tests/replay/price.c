/* Prices what stdin tells, for test_prices.py, by the models.ini that is named: a line holds the time in microseconds
 * since 1970, the provider's kind, its name for the model, and the figures of a usage in the order of USAGE_FIGURE_MAP.
 * Of each a line: billionths and their currency, "-" where no price is known. */
#include "daemon/catalog/catalog.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_BYTES 1024

static bool read_usage(const char *text, struct usage *u)
{
    int used;

#define X(figure)                                                                                                      \
    if (sscanf(text, "%" SCNd64 "%n", &u->figure, &used) != 1)                                                         \
        return false;                                                                                                  \
    text += used;
    USAGE_FIGURE_MAP(X)
#undef X
    return true;
}

static bool price(const struct catalog *c, const char *line)
{
    struct usage u = USAGE_INIT;
    char kind[64], name[256];
    int64_t now_us, nano;
    int used;

    if (sscanf(line, "%" SCNd64 " %63s %255s%n", &now_us, kind, name, &used) != 3 || !read_usage(line + used, &u))
        return false;
    struct facts f = catalog_facts(c, kind, kind, name);
    const struct price *p = facts_price(&f, now_us, u.input_tokens);
    if (p && price_cost(p, &u, &nano))
        printf("%" PRId64 " %s\n", nano, p->currency);
    else
        puts("-");
    return true;
}

int main(int argc, char **argv)
{
    const char *paths[] = {argc == 2 ? argv[1] : NULL, NULL};
    char line[LINE_MAX_BYTES], *warning = NULL;
    struct error err = ERROR_INIT;
    struct catalog *c;
    bool good = true;

    if (catalog_load(paths, NULL, &c, &warning, &err) != ERR_NONE) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    while (good && fgets(line, sizeof line, stdin))
        good = price(c, line);
    free(warning);
    catalog_unref(c);
    return good ? 0 : 1;
}
