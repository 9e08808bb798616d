#include "client/ctl/key_text.h"
#include "lib/base/key_folder.h"
#include <string.h>

bool key_trim(const char **key, size_t *len)
{
    while (*len > 0 && strchr(" \t\r\n", (*key)[*len - 1]) != NULL)
        (*len)--;
    while (*len > 0 && strchr(" \t\r\n", **key) != NULL) {
        (*key)++;
        (*len)--;
    }
    for (size_t i = 0; i < *len; i++)
        if ((unsigned char)(*key)[i] <= ' ' || (*key)[i] == 0x7f)
            return false;
    return *len > 0 && *len <= KEY_FOLDER_KEY_MAX;
}
