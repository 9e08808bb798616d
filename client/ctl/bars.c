#include "client/ctl/bars.h"
#include <string.h>

enum { EIGHTHS = 8 };

static const char *const blocks[EIGHTHS + 1] = {"",
                                                "\xe2\x96\x8f",
                                                "\xe2\x96\x8e",
                                                "\xe2\x96\x8d",
                                                "\xe2\x96\x8c",
                                                "\xe2\x96\x8b",
                                                "\xe2\x96\x8a",
                                                "\xe2\x96\x89",
                                                "\xe2\x96\x88"};

size_t bar_draw(char out[BAR_SIZE], int64_t value, int64_t max, size_t cells)
{
    out[0] = '\0';
    if (value <= 0 || max <= 0 || cells == 0)
        return 0;
    if (cells > BAR_CELLS_MAX)
        cells = BAR_CELLS_MAX;
    const double share = value < max ? (double)value / (double)max : 1;
    size_t eighths = (size_t)(share * (double)(cells * EIGHTHS) + 0.5);
    if (eighths == 0)
        eighths = 1;
    char *end = out;
    for (size_t left = eighths; left > 0;) {
        const size_t now = left < EIGHTHS ? left : EIGHTHS;
        end = stpcpy(end, blocks[now]);
        left -= now;
    }
    return (eighths + EIGHTHS - 1) / EIGHTHS;
}
