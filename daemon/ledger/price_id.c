#include "daemon/ledger/price_id.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void price_id(const char *row, char out[PRICE_ID_LEN + 1])
{
    unsigned char hash[EVP_MAX_MD_SIZE];

    if (!EVP_Digest(row, strlen(row), hash, NULL, EVP_sha256(), NULL))
        abort(); /* no memory for a small object */
    for (int i = 0; i < PRICE_ID_LEN / 2; i++)
        snprintf(out + 2 * i, 3, "%02x", hash[i]);
}
