/* What a price row is called in the ledger: a name made of its content, so that the same row has the same name in every
 * daemon and after every reload, and a changed one another. */
#ifndef ASKD_LEDGER_PRICE_ID_H
#define ASKD_LEDGER_PRICE_ID_H

#define PRICE_ID_LEN 16

/* row: as price_put writes it. The first 16 hexadecimal digits of its SHA-256. */
void price_id(const char *row, char out[PRICE_ID_LEN + 1]);

#endif
