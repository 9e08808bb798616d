/* A row of models.ini: the options of its section, and the model that is made of them. */
#ifndef ASKD_CATALOG_MODEL_H
#define ASKD_CATALOG_MODEL_H

#include "daemon/catalog/catalog.h"
#include "daemon/core/config.h"

struct model_options {
    char *title, *released, *retired, *serve;
    char *names, *input, *output;
    int family;           /* of enum token_family plus one; 0: by the model's name */
    int tools, reasoning; /* of enum known plus one */
    int64_t context_window, max_output;
    bool is_default;
    char **prices, **scores, **premiums, **speeds, **tags;
};

/* A key that repeats: what one of its values adds to the model. */
struct model_list {
    const char *key;
    size_t offset; /* of the values in model_options */
    enum error_code (*read)(struct model *m, const char *text, struct error *err);
};
extern const struct model_list model_lists[]; /* ended by a NULL key */
void model_add_tag(struct model *m, const char *tag);

/* Makes *ret of the section [model "id"]. An error names file and line; *ret is then as model_done left it. */
enum error_code model_read(const struct config *c, const char *id, struct model *ret, struct error *err);
void model_done(struct model *m); /* frees what it owns, which is all that it points to */

#endif
