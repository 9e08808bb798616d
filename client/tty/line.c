#include "client/tty/line.h"
#include "client/common/signals.h"
#include "client/tty/line_layout.h"
#include "client/tty/line_state.h"
#include "lib/base/fd.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* A terminal that knows them marks what is pasted, so that a line's end in it is text. */
static const char paste_on[] = "\x1b[?2004h", paste_off[] = "\x1b[?2004l";

static void write_terminal(const char *s, size_t len)
{
    (void)fd_write_all(STDOUT_FILENO, s, len); /* a terminal that is gone is noticed by reading */
}

struct line *line_of(EditLine *el)
{
    void *data = NULL;
    (void)el_wget(el, EL_CLIENTDATA, &data);
    return data;
}

/* -- where it stands on the screen -- */

static struct winsize screen_size(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return (struct winsize){.ws_col = 80, .ws_row = 24};
    return size;
}

static unsigned at_most(unsigned row, unsigned last)
{
    return row < last ? row : last;
}

/* The rows of cursor and end below the first one that is shown. Of what is higher than the screen libedit shows the
 * end, and has the cursor on the last row for all that is further down than that. */
static void find_rows(struct line *l, unsigned *cursor, unsigned *end)
{
    const struct winsize size = screen_size();
    const LineInfoW *line = el_wline(l->el);
    struct line_place place = {0, 0};
    line_layout_prompt(&place, l->prompt, size.ws_col);
    line_layout_text(&place, line->buffer, (size_t)(line->cursor - line->buffer), size.ws_col);
    *cursor = at_most(place.row, size.ws_row - 1U);
    line_layout_text(&place, line->cursor, (size_t)(line->lastchar - line->cursor), size.ws_col);
    *end = at_most(place.row, size.ws_row - 1U);
}

void line_hide(struct line *l)
{
    char moves[32];
    unsigned cursor, end;
    find_rows(l, &cursor, &end);
    const int n = cursor > 0 ? snprintf(moves, sizeof(moves), "\r\x1b[%uA\x1b[J", cursor)
                             : snprintf(moves, sizeof(moves), "\r\x1b[J");
    write_terminal(moves, (size_t)n);
}

void line_show(struct line *l)
{
    (void)el_wset(l->el, EL_REFRESH);
}

void line_pass(struct line *l)
{
    char moves[32];
    unsigned cursor, end;
    find_rows(l, &cursor, &end);
    const int n = end > cursor ? snprintf(moves, sizeof(moves), "\x1b[%uB\r\n", end - cursor)
                               : snprintf(moves, sizeof(moves), "\r\n");
    write_terminal(moves, (size_t)n);
}

/* -- waiting for a key -- */

/* Nothing more is read: libedit returns from wherever it waits. */
static void end_reading(struct line *l, enum line_end end)
{
    l->ended = true;
    l->end = end;
}

static void stop_here(struct line *l)
{
    line_pass(l);
    write_terminal(paste_off, strlen(paste_off));
    (void)el_wset(l->el, EL_PREP_TERM, 0);
    (void)kill(getpid(), SIGSTOP);
}

static void go_on_here(struct line *l)
{
    (void)el_wset(l->el, EL_PREP_TERM, 0); /* the shell may have changed the modes: set them anew */
    (void)el_wset(l->el, EL_PREP_TERM, 1);
    write_terminal(paste_on, strlen(paste_on));
    line_show(l);
}

static void on_terminal_signal(struct line *l)
{
    struct signalfd_siginfo s;
    while (read(l->signals, &s, sizeof(s)) == (ssize_t)sizeof(s)) {
        switch (s.ssi_signo) {
        case SIGWINCH: /* what is wrapped was wrapped anew by the terminal */
            line_hide(l);
            el_resize(l->el);
            line_show(l);
            break;
        case SIGTSTP: stop_here(l); break;
        case SIGCONT: go_on_here(l); break;
        default: end_reading(l, LINE_HANGUP); break;
        }
    }
}

static void on_signal(struct line *l)
{
    if (signals_pending() != SIGINT) {
        end_reading(l, LINE_SIGNAL);
        return;
    }
    signals_clear();
    end_reading(l, LINE_CLEARED);
}

/* One at a time, but of what is pasted: what was typed ahead is for whoever reads next. */
static void read_bytes(struct line *l)
{
    memmove(l->bytes, l->bytes + l->at, l->len - l->at);
    l->len -= l->at;
    l->at = 0;
    ssize_t n = read(STDIN_FILENO, l->bytes + l->len, l->pasting ? sizeof(l->bytes) - l->len : 1);
    if (n > 0)
        l->len += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        end_reading(l, LINE_HANGUP);
}

static void listen_to_others(struct line *l)
{
    if (!l->hooks.heard(l->hooks.data))
        return;
    line_hide(l);
    (void)el_wset(l->el, EL_PREP_TERM, 0);
    l->hooks.show(l->hooks.data);
    (void)el_wset(l->el, EL_PREP_TERM, 1);
    line_show(l);
}

static void wait_for_more(struct line *l)
{
    struct pollfd fds[] = {{.fd = signals_fd(), .events = POLLIN},
                           {.fd = l->signals, .events = POLLIN},
                           {.fd = STDIN_FILENO, .events = POLLIN},
                           {.fd = l->hooks.fd(l->hooks.data), .events = POLLIN}};
    if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
        return;
    if (signals_pending() != 0)
        on_signal(l);
    else if (fds[1].revents != 0)
        on_terminal_signal(l);
    else if (fds[2].revents != 0)
        read_bytes(l);
    else if (fds[3].revents != 0)
        listen_to_others(l);
}

/* The next character of the bytes at hand, without those that are none and C1 controls. False where there is none. */
static bool next_char(struct line *l, wchar_t *c)
{
    while (l->at < l->len) {
        mbstate_t state = {0};
        const size_t n = mbrtowc(c, (const char *)l->bytes + l->at, l->len - l->at, &state);
        if (n == (size_t)-2)
            return false;
        l->at += n == (size_t)-1 || n == 0 ? 1 : n;
        if (n != (size_t)-1 && (*c < 0x80 || *c > 0x9f))
            return true;
    }
    return false;
}

/* What the line is to begin with; libedit has drawn the prompt. */
static void put_start(struct line *l)
{
    if (l->start == NULL)
        return;
    line_hide(l);
    (void)el_winsertstr(l->el, l->start);
    free(l->start);
    l->start = NULL;
    line_show(l);
}

/* For libedit: 1, or -1 where the reading ends. */
static int get_char(EditLine *el, wchar_t *c)
{
    struct line *l = line_of(el);
    put_start(l);
    while (!l->ended) {
        if (next_char(l, c))
            return 1;
        wait_for_more(l);
    }
    errno = EINTR;
    return -1;
}

/* -- its life -- */

static wchar_t *get_prompt(EditLine *el)
{
    return line_of(el)->prompt;
}

static wchar_t *widen(const char *s)
{
    const size_t n = strlen(s) + 1;
    wchar_t *wide = calloc(n, sizeof(*wide));
    if (wide != NULL && mbstowcs(wide, s, n) == (size_t)-1) {
        free(wide);
        wide = NULL;
    }
    return wide;
}

/* libedit counts the cells of wide characters wrong where it has the terminal shift a line: that it shall not do. */
static void write_lines_anew(struct line *l)
{
    static const wchar_t *const shifts[] = {L"ic", L"IC", L"im", L"ei", L"dc", L"DC", L"dm", L"ed"};
    for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
        (void)el_wset(l->el, EL_SETTC, shifts[i], L"", NULL);
}

struct line *line_new(const struct line_hooks *hooks, const char *history)
{
    struct line *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return NULL;
    l->hooks = *hooks;
    l->signals = -1;
    l->history = line_history_new(history);
    l->el = l->history != NULL ? el_init("ask", stdin, stdout, stderr) : NULL;
    if (l->el == NULL) {
        line_free(l);
        return NULL;
    }
    (void)el_wset(l->el, EL_CLIENTDATA, l);
    (void)el_wset(l->el, EL_EDITOR, L"emacs");
    (void)el_source(l->el, NULL); /* where somebody wants vi's keys, or others */
    (void)el_wset(l->el, EL_SIGNAL, 0);
    (void)el_wset(l->el, EL_HIST, history_w, line_history_events(l->history));
    (void)el_wset(l->el, EL_PROMPT_ESC, get_prompt, LINE_LITERAL);
    (void)el_wset(l->el, EL_GETCFN, get_char);
    line_keys_bind(l);
    write_lines_anew(l);
    return l;
}

void line_free(struct line *l)
{
    if (l == NULL)
        return;
    if (l->el != NULL) {
        /* The modes were restored; to do it again it would throw away what was typed ahead. */
        (void)el_wset(l->el, EL_EDITMODE, 0);
        el_end(l->el);
    }
    line_history_free(l->history);
    free(l->prompt);
    free(l->start);
    free(l->typed);
    free(l);
}

/* Signals that concern the terminal come by a descriptor while it reads. */
static sigset_t begin_signals(struct line *l)
{
    sigset_t own, before;
    (void)sigemptyset(&own);
    (void)sigaddset(&own, SIGWINCH);
    (void)sigaddset(&own, SIGTSTP);
    (void)sigaddset(&own, SIGCONT);
    (void)sigaddset(&own, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &own, &before);
    l->signals = signalfd(-1, &own, SFD_CLOEXEC | SFD_NONBLOCK);
    return before;
}

static void end_signals(struct line *l, const sigset_t *before)
{
    if (l->signals >= 0)
        (void)close(l->signals);
    l->signals = -1;
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

static void forget_browsing(struct line *l)
{
    l->back = 0;
    free(l->typed);
    l->typed = NULL;
}

void line_narrow(const wchar_t *s, size_t n, struct buf *text)
{
    for (size_t i = 0; i < n; i++) {
        char bytes[MB_LEN_MAX];
        mbstate_t state = {0};
        const size_t len = wcrtomb(bytes, s[i], &state);
        if (len != (size_t)-1)
            (void)buf_append(text, bytes, len);
    }
}

/* What libedit returned, and why. */
static enum line_end finish(struct line *l, const wchar_t *read, int n, struct buf *text)
{
    if (l->ended && l->end == LINE_CLEARED)
        line_hide(l);
    else if (l->ended && l->end != LINE_HANGUP)
        line_pass(l);
    if (l->ended)
        return l->end;
    if (read == NULL || n <= 0) {
        line_pass(l);
        return LINE_EOF;
    }
    buf_clear(text);
    line_narrow(read, (size_t)n - (read[n - 1] == L'\n'), text);
    return text->failed ? LINE_FAILED : LINE_TEXT;
}

enum line_end line_read(struct line *l, const char *prompt, const char *start, struct buf *text)
{
    int n = 0;
    free(l->prompt);
    free(l->start);
    l->prompt = widen(prompt);
    l->start = start != NULL && start[0] != '\0' ? widen(start) : NULL;
    if (l->prompt == NULL)
        return LINE_FAILED;
    forget_browsing(l);
    l->ended = false;
    const sigset_t before = begin_signals(l);
    write_terminal(paste_on, strlen(paste_on));
    const wchar_t *read = el_wgets(l->el, &n);
    enum line_end end = finish(l, read, n, text);
    write_terminal(paste_off, strlen(paste_off));
    end_signals(l, &before);
    return end;
}

void line_remember(struct line *l, const char *text, bool keep)
{
    wchar_t *wide = widen(text);
    if (wide != NULL)
        line_history_add(l->history, wide, keep);
    free(wide);
}
