/* Decimal numbers as text ("0.075", "1e-7") to integers of a power of ten, exactly: for money, where a double would
 * round. */
#ifndef ASKD_BASE_DECIMAL_H
#define ASKD_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_PLACES_MAX 18

/* text: digits with at most one point and at most one exponent, a sign before them, nothing around them. *ret is the
 * number times 10^places; digits behind that are rounded half away from zero. False where it is no such number or does
 * not fit. */
bool decimal_parse(const char *text, size_t len, unsigned places, int64_t *ret);
/* The other way: shortest form ("0.075"). places: up to DECIMAL_PLACES_MAX. */
void decimal_print(int64_t value, unsigned places, char out[32]);

#endif
