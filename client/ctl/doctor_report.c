/* Findings: a line each, with what mends it below. Printed as they come, so that somebody who waits for a provider sees
 * what is known already. */
#include "client/ctl/doctor.h"
#include "client/ctl/prose.h"
#include "lib/base/error.h"
#include "lib/proto/mp.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MENDS_MAX = 64 << 10, JSON_MAX = 4 << 20, LEVEL_WIDTH = 9, NAME_WIDTH = 11, INDENT = LEVEL_WIDTH + NAME_WIDTH };

static const char *const levels[] = {"ok", "note", "warning", "fault"};

/* -- on the way out -- */

static void print_mends(struct ctl *c, const char *line)
{
    while (*line != '\0') {
        const size_t len = strcspn(line, "\n");
        ctl_printf(c, "%*s", (int)INDENT + 2, "");
        (void)out_text(c->out, line, len);
        (void)out_puts(c->out, "\n");
        line += len + 1;
    }
}

static void put_json(struct doctor_report *r, const char *line)
{
    uint32_t n = 0;
    for (const char *p = line; (p = strchr(p, '\n')) != NULL; p++)
        n++;
    mp_put_map(&r->json, 4);
    mp_put_entry(&r->json, "check", r->check);
    mp_put_entry(&r->json, "level", levels[r->level]);
    mp_put_entry(&r->json, "text", r->text);
    mp_put_cstr(&r->json, "mend");
    mp_put_array(&r->json, n);
    for (; n > 0; n--) {
        const size_t len = strcspn(line, "\n");
        mp_put_str(&r->json, line, len);
        line += len + 1;
    }
    r->n_json++;
}

static void print_last(struct doctor *d)
{
    struct doctor_report *r = &d->report;
    if (!r->open)
        return;
    r->open = false;
    const char *mends = buf_cstr(&r->mends);
    if (d->c->json) {
        put_json(r, mends);
        return;
    }
    ctl_printf(d->c, "%-*s%-*s", LEVEL_WIDTH, levels[r->level], NAME_WIDTH, r->check);
    prose_print(d->c, r->text, INDENT);
    print_mends(d->c, mends);
    (void)out_flush(d->c->out);
}

/* -- what checks tell -- */

void doctor_tell(struct doctor *d, enum doctor_level level, const char *fmt, ...)
{
    struct doctor_report *r = &d->report;
    char text[DOCTOR_TEXT];
    print_last(d);
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    error_text(r->text, sizeof(r->text), text, n < 0 ? 0 : strlen(text));
    r->level = level;
    r->check = d->check->name;
    r->open = true;
    r->counts[level]++;
    if (r->mends.max == 0)
        buf_init(&r->mends, MENDS_MAX);
    if (r->json.max == 0)
        buf_init(&r->json, JSON_MAX);
    buf_clear(&r->mends);
}

void doctor_mend(struct doctor *d, const char *fmt, ...)
{
    char line[SHELL_WORD_SIZE + DOCTOR_TEXT];
    va_list ap;
    va_start(ap, fmt);
    const int n = vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    if (n <= 0 || (size_t)n >= sizeof(line)) /* half a command is none */
        return;
    (void)buf_puts(&d->report.mends, line);
    (void)buf_putc(&d->report.mends, '\n');
}

static void print_sum(struct doctor *d)
{
    const unsigned *n = d->report.counts;
    const unsigned faults = n[DOCTOR_FAULT], warnings = n[DOCTOR_WARNING];
    if (faults + warnings == 0)
        ctl_printf(d->c, "\nNothing is wrong.\n");
    else
        ctl_printf(d->c, "\n%u fault%s, %u warning%s.\n", faults, faults == 1 ? "" : "s", warnings,
                   warnings == 1 ? "" : "s");
}

static int print_json(struct doctor *d)
{
    struct doctor_report *r = &d->report;
    struct buf all;
    msgpack_unpacked value;
    size_t at = 0;
    buf_init(&all, 2 * JSON_MAX);
    mp_put_map(&all, 4);
    mp_put_entry_int(&all, "faults", r->counts[DOCTOR_FAULT]);
    mp_put_entry_int(&all, "warnings", r->counts[DOCTOR_WARNING]);
    mp_put_entry_int(&all, "notes", r->counts[DOCTOR_NOTE]);
    mp_put_cstr(&all, "findings");
    mp_put_array(&all, r->n_json);
    (void)buf_append(&all, r->json.data, r->json.len);
    msgpack_unpacked_init(&value);
    int status = EXIT_OS;
    if (!all.failed && !r->json.failed &&
        msgpack_unpack_next(&value, (const char *)all.data, all.len, &at) == MSGPACK_UNPACK_SUCCESS)
        status = ctl_print_json(d->c, &value.data);
    else
        exit_print(d->c->program, "out of memory for the findings");
    msgpack_unpacked_destroy(&value);
    buf_done(&all);
    return status;
}

int doctor_report_end(struct doctor *d)
{
    print_last(d);
    if (!d->c->json)
        print_sum(d);
    const int status = d->c->json ? print_json(d) : ctl_flush(d->c);
    return status == EXIT_OK && d->report.counts[DOCTOR_FAULT] > 0 ? EXIT_OTHER : status;
}

void doctor_report_done(struct doctor *d)
{
    buf_done(&d->report.mends);
    buf_done(&d->report.json);
}
