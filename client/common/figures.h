/* Figures as people write them. Pure. */
#ifndef CLIENT_COMMON_FIGURES_H
#define CLIENT_COMMON_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

enum { FIGURE_LEN = 32 };

/* Reads what somebody typed: digits with at most one point, then k or M for thousands and millions where suffix. */
bool figures_read(const char *text, bool suffix, double *ret);

/* A count of tokens: "131072", or rounded for people, "131k", "1.05M". "" for what is no such count. */
void figures_tokens(char out[FIGURE_LEN], double tokens, bool rounded);

/* An amount of money: "2.00", "0.075". "" for what is none. */
void figures_amount(char out[FIGURE_LEN], double amount);

/* The same without places where all of them are 0: "2", "0.075". */
void figures_quantity(char out[FIGURE_LEN], double quantity);

/* Reads a span of time: digits with at most one point, then s, min, h, d or w; without one, seconds. */
bool figures_read_span(const char *text, double *seconds);

/* A moment, as seconds since 1970, 1 at least: a span of time ago, or a day of UTC ("2026-11-01"), which is
 * its beginning or, `to_its_end`, the next one's. */
bool figures_read_moment(const char *text, int64_t now_us, bool to_its_end, double *seconds);

/* Billionths, of money for instance, without rounding: "0.000123", "2.00". */
void figures_nano(char out[FIGURE_LEN], int64_t nano);

/* The same for people: four places, so that such stand straight below each other, and "<0.0001" for less than that. */
void figures_nano_rounded(char out[FIGURE_LEN], int64_t nano);

/* A size: "512 B", "3.2 KiB", "1.5 GiB". "" for what is none. */
void figures_bytes(char out[FIGURE_LEN], double bytes);

/* A span of time: "850 ms", "3.2 s", "12.5 min", "2.0 d". "" for what is none. */
void figures_span(char out[FIGURE_LEN], double seconds);

/* A day: "2025-04-14" in UTC, of seconds since 1970. "" for what is none. */
void figures_day(char out[FIGURE_LEN], double seconds);

#endif
