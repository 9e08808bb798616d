#include "daemon/http/url.h"
#include "lib/base/alloc.h"
#include <curl/curl.h>
#include <stdlib.h>

char *url_resolve(const char *from, const char *to)
{
    char *text = NULL, *copy = NULL;
    CURLU *u = curl_url();
    if (!u)
        abort(); /* as alloc.h does */
    if (!curl_url_set(u, CURLUPART_URL, from, CURLU_NON_SUPPORT_SCHEME) &&
        !curl_url_set(u, CURLUPART_URL, to, CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE) &&
        !curl_url_get(u, CURLUPART_URL, &text, 0))
        copy = xstrdup(text);
    curl_free(text);
    curl_url_cleanup(u);
    return copy;
}
