#include "client/ask/models.h"
#include <stdlib.h>
#include <string.h>

bool models_split(struct models *m, const char *list)
{
    char *save = NULL;
    *m = (struct models){.text = strdup(list)};
    if (m->text == NULL)
        return false;
    for (char *name = strtok_r(m->text, ",", &save); name != NULL && m->n < ARGS_MODELS_MAX;
         name = strtok_r(NULL, ",", &save))
        m->names[m->n++] = name;
    return true;
}

void models_done(struct models *m)
{
    free(m->text);
    *m = (struct models){0};
}
