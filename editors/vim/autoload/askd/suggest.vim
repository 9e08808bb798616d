vim9script
# What could come next, shown at the cursor in insert mode as virtual text. It is asked for once no key was pressed for
# a while; the next key cancels what was asked, unless it is the one that was suggested: then the rest stays, and nobody
# is asked. No key waits for any of this.

import autoload 'askd/client.vim'
import autoload 'askd/look.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/options.vim'

const PAUSE = 30               # milliseconds between two looks at a suggestion that is coming
const OPEN_MAX = 3             # questions that have not ended: a daemon that hangs gets no more of them
const QUIET = ['cancelled', 'overloaded', 'timeout', 'interrupted', 'not_found', 'unavailable', 'rate_limited']

var on = false
var timer = 0                  # until it is asked
var drawing = 0                # until what has come is shown
var open = 0                   # questions that have not ended
var wanted = false             # one more is to be asked once they have
var told: dict<bool> = {}      # errors that the user has seen
# What is suggested now: the text, how much of it stands in the buffer already, and where. Empty: nothing.
var now: dict<any> = {}

# -- showing

def Remove(s: dict<any>, ids: list<number>)
  if bufloaded(s.buf)
    for id in ids
      prop_remove({type: 'askd_suggestion', id: id, both: true, all: true, bufnr: s.buf})
    endfor
  endif
enddef

def Rest(s: dict<any>): string
  return strpart(s.text, s.used)
enddef

# The rest of the cursor's line: what changes with each key.
def ShowFirst(s: dict<any>, text: string)
  Remove(s, s.first)
  s.first = text == '' ? [] :
    [prop_add(s.lnum, strlen(s.before) + 1, {type: 'askd_suggestion', text: text, bufnr: s.buf})]
enddef

# The lines below it, which mostly stay.
def ShowBelow(s: dict<any>, lines: list<string>)
  if s.lines == lines && s.below_at == s.lnum
    return
  endif
  Remove(s, s.below)
  s.lines = lines
  s.below_at = s.lnum
  s.below = mapnew(lines, (_, line) => prop_add(s.lnum, 0,
    {type: 'askd_suggestion', text: line == '' ? ' ' : line, text_align: 'below', bufnr: s.buf}))
enddef

def ShowLines(s: dict<any>, first: string, below: list<string>)
  final tall = !empty(s.below) || !empty(below)
  ShowFirst(s, first)
  ShowBelow(s, below)
  if tall
    look.Redraw(s.buf)
  endif
enddef

def Clear(s: dict<any>)
  ShowLines(s, '', [])
enddef

def Show(s: dict<any>)
  final rest = Rest(s)
  if rest == '' || pumvisible()
    Clear(s)
    return
  endif
  final tabstop = getbufvar(s.buf, '&tabstop')
  final column = strdisplaywidth(s.before)
  final lines = split(rest, "\n", true)->map((i, line) => look.Plain(line, tabstop, i == 0 ? column : 0))
  final room = look.Room(s.buf)
  final left_out = len(lines) - 1 - room
  ShowLines(s, lines[0], lines[1 : room] + (left_out > 0 ? [$'… {left_out} lines more'] : []))
enddef

# Nothing is suggested any more, and nobody works on it.
export def Dismiss()
  timer_stop(timer)
  timer_stop(drawing)
  timer = 0
  drawing = 0
  wanted = false
  if empty(now)
    return
  endif
  final s = now
  now = {}
  Clear(s)
  if s.coming
    client.Cancel(s.call)
  endif
enddef

export def Visible(): bool
  return !empty(now) && now.first + now.below != []
enddef

# -- asking

# A piece of UTF-8 that was cut at its front, from the first whole character on.
def FromCharacter(text: string): string
  var at = 0
  while at < 3 && and(char2nr(strpart(text, at, 1)), 0xC0) == 0x80 && strlen(strcharpart(strpart(text, at), 0, 1)) == 1
    at += 1
  endwhile
  return strpart(text, at)
enddef

def Before(lnum: number, start: string, most: number): string
  var lines = [start]
  var size = strlen(start)
  var at = lnum - 1
  while at > 0 && size < most
    final text = getline(at)
    insert(lines, text)
    size += strlen(text) + 1
    at -= 1
  endwhile
  final text = join(lines, "\n")
  return size <= most ? text : FromCharacter(strpart(text, size - most))
enddef

def Behind(lnum: number, end: string, most: number): string
  var lines = [end]
  var size = strlen(end)
  final last = line('$')
  var at = lnum + 1
  while at <= last && size < most
    final text = getline(at)
    add(lines, text)
    size += strlen(text) + 1
    at += 1
  endwhile
  final text = join(lines, "\n") .. (at > last && &endofline ? "\n" : '')
  return size <= most ? text : strcharpart(text, 0, charidx(text, most))
enddef

def Params(s: dict<any>): dict<any>
  final params = {
    prefix: Before(s.lnum, s.before, options.Get('suggest_before')),
    suffix: Behind(s.lnum, s.after, options.Get('suggest_behind')),
    buffer: $'vim-{getpid()}-{s.buf}',
  }
  if &filetype != ''
    params.language = &filetype
  endif
  final model = options.Get('suggest_model')
  if model != ''
    params.model = model
  endif
  return params
enddef

def Fit(): bool
  return on && mode() == 'i' && !pumvisible() && &buftype == '' && &modifiable && !&paste && reg_executing() == ''
    && get(b:, 'askd_suggest', 1)
enddef

def Ask(_: number)
  timer = 0
  if !Fit()
    return
  elseif open >= OPEN_MAX
    wanted = true
    return
  endif
  final line = getline('.')
  final at = col('.') - 1
  final s = {
    buf: bufnr(),
    lnum: line('.'),
    before: strpart(line, 0, at),
    after: strpart(line, at),
    text: '',
    used: 0,
    coming: true,
    first: [],                 # the id of its virtual text on the cursor's line
    below: [],                 # and those of the lines below, which are these, below that line
    lines: [],
    below_at: 0,
    call: {},
    tick: b:changedtick,
  }
  now = s
  open += 1
  s.call = client.Stream('complete', Params(s), {
    OnEvent: (event, _, _) => Came(s, event),
    Done: (err, result) => Ended(s, err, result),
  })
enddef

export def Later()
  timer_stop(timer)
  timer = timer_start(options.Get('suggest_delay'), Ask)
enddef

def Came(s: dict<any>, event: dict<any>)
  if event.type == 'text'
    s.text ..= event.text
  elseif event.type == 'retry'
    s.text = ''
  endif
  if now is s && drawing == 0
    drawing = timer_start(PAUSE, (_) => {
      drawing = 0
      if now is s
        Show(s)
      endif
    })
  endif
enddef

def Ended(s: dict<any>, err: dict<any>, result: any)
  open -= 1
  s.coming = false
  if wanted
    wanted = false
    Later()
  endif
  if now isnot s
    return
  elseif empty(err)
    s.text = result.text
    Show(s)
    return
  endif
  Dismiss()
  Explain(err)
enddef

# Once; what passes by itself is not worth a word between two keys.
def Explain(err: dict<any>)
  if get(err, 'code', '') == 'unknown_method'
    on = false
  endif
  final text = notify.Text(err)
  if index(QUIET, err.code) < 0 && !has_key(told, text)
    told[text] = true
    notify.Warn('no suggestions: ' .. text)
  endif
enddef

# -- typing

# What was typed since, where it is a piece of what is suggested; [false, ''] where it is anything else.
def Typed(s: dict<any>, lnum: number, before: string, after: string): list<any>
  if s.buf != bufnr() || after !=# s.after
    return [false, '']
  elseif lnum == s.lnum
    final same = strpart(before, 0, strlen(s.before)) ==# s.before
    return [same, strpart(before, strlen(s.before))]
  elseif lnum == s.lnum + 1
    return [getline(s.lnum) ==# s.before, "\n" .. before]
  endif
  return [false, '']
enddef

def GoesOn(s: dict<any>): bool
  final line = getline('.')
  final at = col('.') - 1
  final [same, typed] = Typed(s, line('.'), strpart(line, 0, at), strpart(line, at))
  if !same || strpart(s.text, s.used, strlen(typed)) !=# typed
    return false
  elseif typed != '' && s.used + strlen(typed) == strlen(s.text) && !s.coming
    return false
  endif
  s.used += strlen(typed)
  s.lnum = line('.')
  s.before = strpart(line, 0, at)
  s.tick = b:changedtick
  Show(s)
  return true
enddef

def Changed()
  if !empty(now) && Fit() && GoesOn(now)
    return
  endif
  Dismiss()
  if Fit()
    Later()
  endif
enddef

# The cursor alone; what was typed is told after this.
def Moved()
  if !empty(now) && b:changedtick == now.tick && (line('.') != now.lnum || col('.') != strlen(now.before) + 1)
    Dismiss()
  endif
enddef

# -- accepting

# How much of a suggestion each of them takes.
const PIECES = {
  all: (rest) => rest,
  word: (rest) => matchstr(rest, '^\_s*\%(\k\+\|[^[:keyword:][:space:]]\+\|$\)'),
  line: (rest) => matchstr(rest, '^\n\=[^\n]*'),
}

# For mappings in insert mode; false where nothing is suggested.
export def Accept(kind: string): bool
  if !Visible()
    return false
  endif
  final s = now
  final piece = call(PIECES[kind], [Rest(s)])
  final lines = split(piece, "\n", true)
  final end = s.lnum + len(lines) - 1
  final rest = copy(lines)
  rest[0] = s.before .. rest[0]
  final before = rest[-1]
  rest[-1] ..= s.after
  Clear(s)
  setline(s.lnum, rest[0])
  if len(rest) > 1
    append(s.lnum, rest[1 :])
  endif
  cursor(end, strlen(before) + 1)
  s.used += strlen(piece)
  s.lnum = end
  s.before = before
  s.tick = b:changedtick
  if Rest(s) == '' && !s.coming
    Dismiss()
    Later()
  else
    Show(s)
  endif
  return true
enddef

# -- on and off

def Watch()
  augroup askd_suggest
    autocmd!
    autocmd TextChangedI * Changed()
    autocmd TextChangedP * Dismiss()
    autocmd CursorMovedI * Moved()
    autocmd InsertLeave,BufLeave * Dismiss()
  augroup END
enddef

const KEYS = [
  ['<Tab>', 'accept'],
  ['<M-Right>', 'accept-word'],
  ['<M-Down>', 'accept-line'],
  ['<C-]>', 'dismiss'],
]

# Keys that the user has mapped stay as they are; where nothing is suggested, each does what it does.
def MapKeys()
  for [key, what] in KEYS
    if maparg(key, 'i') == ''
      execute 'imap <silent> <expr>' key 'askd#suggest#Visible()'
        .. ' ? "\<lt>Plug>(askd-' .. what .. ')" : "\<lt>' .. strpart(key, 1) .. '"'
    endif
  endfor
enddef

export def State(): string
  return on ? 'on' : 'off'
enddef

# on, off, or toggle.
export def Set(what: string)
  if index(['on', 'off', 'toggle', ''], what) < 0
    notify.Error({code: 'invalid_request', message: ':AskSuggest on, off or toggle'})
    return
  endif
  on = what == 'on' || (what != 'off' && !on)
  look.Define()
  if on
    Watch()
    if options.Get('suggest_keys')
      MapKeys()
    endif
  else
    Dismiss()
    autocmd! askd_suggest
  endif
enddef

export def Choices(lead: string, _: string, _: number): list<string>
  return filter(['on', 'off', 'toggle'], (_, word) => stridx(word, lead) == 0)
enddef
