/* A template: either an error, or text whose variables have good names, each once; which without a value, a default or
 * a backslash is as long as it was, and never looks into a value. */
#include "daemon/prompt/template.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RESULT_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static size_t check_variables(const struct template *t, bool *defaults)
{
    size_t n;
    const struct template_variable *v = template_variables(t, &n);
    require(n <= TEMPLATE_VARIABLES_MAX);
    for (size_t i = 0; i < n; i++) {
        const size_t len = strlen(v[i].name);
        require(len > 0 && len <= TEMPLATE_NAME_MAX && !strpbrk(v[i].name, " \n:{}\\"));
        require(template_has(t, v[i].name));
        require(!v[i].otherwise || !(strchr(v[i].otherwise, '\n') || strstr(v[i].otherwise, "{{")));
        *defaults |= v[i].otherwise != NULL;
        for (size_t k = 0; k < i; k++)
            require(strcmp(v[k].name, v[i].name) != 0);
    }
    return n;
}

/* Each variable is filled in with a place of its own, which stays as it is. */
static void check_values(const struct template *t, size_t n, const struct buf *without, bool defaults)
{
    static const char place[] = "{{x}}";
    struct template_value values[TEMPLATE_VARIABLES_MAX];
    const struct template_variable *v = template_variables(t, &n);
    struct buf out;
    for (size_t i = 0; i < n; i++)
        values[i] = (struct template_value){v[i].name, place, strlen(v[i].name) == 1 ? sizeof place - 1 : 0};
    buf_init(&out, RESULT_MAX);
    require(template_fill(t, values, n, &out, NULL) == ERR_NONE);
    require(defaults || out.len <= without->len); /* no place is shorter than what goes into it */
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct template *t = NULL;
    struct error err = ERROR_INIT;
    struct buf out;
    bool defaults = false;
    if (template_parse((const char *)data, size, &t, &err) != ERR_NONE) {
        require(!t && err.message[0] != '\0');
        return 0;
    }
    const size_t n = check_variables(t, &defaults);
    buf_init(&out, RESULT_MAX);
    require(template_fill(t, NULL, 0, &out, &err) == ERR_NONE);
    if (!defaults && (size == 0 || !memchr(data, '\\', size)))
        require(out.len == size && (size == 0 || memcmp(out.data, data, size) == 0));
    require(defaults || out.len <= size);
    check_values(t, n, &out, defaults);
    buf_done(&out);
    template_free(t);
    return 0;
}
