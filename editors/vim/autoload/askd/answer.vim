vim9script
# An answer's text, into a buffer while it comes. A fast model sends thousands of pieces a second: they are put in
# together, some thirty times a second and not too much at once, so that no key waits for it. Where the text goes on is
# kept by a text property: what is written above it meanwhile does not matter. What comes from a model is text and
# nothing else: it is never executed, typed or evaluated.

import autoload 'askd/look.vim'
import autoload 'askd/notify.vim'

const PAUSE = 30               # milliseconds between two pieces of writing
const WRITE_MAX = 16384        # bytes of one

var last = 0

# A sink for events into the buffer `buf`, behind the text of its line `on.line` (the last one). on.OnChange(sink) is
# told when its state, note or model has changed; on.OnEnd(sink, err, result) when all is written. on.Line(line) says how
# a line of the text is shown, where that is not as it is; then the text has its lines for itself.
export def Into(buf: number, on: dict<any> = {}): dict<any>
  look.Define()
  last += 1
  final sink = {
    id: last,
    buf: buf,
    state: 'running',          # then done or the code of an error
    model: '',
    provider: '',
    answer: '',
    conversation: '',
    message: '',
    usage: {},
    note: '',
    note_id: 0,
    waiting: [],               # pieces that were not written yet
    written: 0,                # lines that were begun
    unfinished: '',            # the last of them, as it came
    head: '',                  # what stood on the line where it began
    timer: 0,
    ended: [],                 # [err, result] once it has
    OnChange: get(on, 'OnChange', null_function),
    OnEnd: get(on, 'OnEnd', null_function),
    Line: get(on, 'Line', null_function),
  }
  final line = get(on, 'line', Count(buf))
  sink.head = get(getbufline(buf, line), 0, '')
  prop_add(line, 1, {type: 'askd_tail', id: sink.id, bufnr: buf})
  return sink
enddef

def Count(buf: number): number
  return get(get(getbufinfo(buf), 0, {linecount: 1}), 'linecount', 1)
enddef

# The line on which the text goes on; 0 where the user has deleted it.
def Tail(sink: dict<any>): number
  final end = Count(sink.buf)
  if !empty(prop_list(end, {bufnr: sink.buf, types: ['askd_tail'], ids: [sink.id]}))
    return end
  endif
  final found = prop_find({type: 'askd_tail', id: sink.id, both: true, bufnr: sink.buf, lnum: end, col: 1}, 'b')
  return empty(found) ? 0 : found.lnum
enddef

# -- writing

# Windows in which the end was looked at, so that they go on doing so.
def Followers(sink: dict<any>, tail: number): list<number>
  final busy = mode() == 'n' ? 0 : win_getid()
  return win_findbuf(sink.buf)->filter((_, win) => win != busy && line('.', win) == tail && line('$', win) == tail)
enddef

def Modify(sink: dict<any>, Change: func(number))
  if !bufloaded(sink.buf)
    return
  endif
  final tail = Tail(sink)
  if tail == 0
    return
  endif
  final followers = Followers(sink, tail)
  final locked = !getbufvar(sink.buf, '&modifiable')
  final modified = getbufvar(sink.buf, '&modified')
  if locked
    setbufvar(sink.buf, '&modifiable', 1)
  endif
  try
    Change(tail)
  finally
    if locked
      setbufvar(sink.buf, '&modifiable', 0)
    endif
    if getbufvar(sink.buf, '&buftype') != ''
      setbufvar(sink.buf, '&modified', modified) # what the daemon has, nobody has to save
    endif
  endtry
  for win in followers
    win_execute(win, 'call cursor(line("$"), 1)')
  endfor
enddef

def Append(sink: dict<any>, text: string)
  final parts = split(text, "\n", true)
  Modify(sink, (tail) => {
    sink.unfinished ..= parts[0]
    setbufline(sink.buf, tail, sink.Line == null_function ? getbufline(sink.buf, tail)[0] .. parts[0]
      : call(sink.Line, [sink.unfinished]))
    if len(parts) > 1
      appendbufline(sink.buf, tail, sink.Line == null_function ? parts[1 :]
        : mapnew(parts[1 :], (_, line) => call(sink.Line, [line])))
      sink.unfinished = parts[-1]
      sink.written += len(parts) - 1
    endif
    # A line that is set has lost its properties.
    prop_add(tail + len(parts) - 1, 1, {type: 'askd_tail', id: sink.id, bufnr: sink.buf})
  })
enddef

# What was shown is void: another one is asked.
def TakeBack(sink: dict<any>)
  sink.waiting = []
  Modify(sink, (tail) => {
    final head = max([tail - sink.written, 1])
    if tail > head
      deletebufline(sink.buf, head + 1, tail)
    endif
    setbufline(sink.buf, head, sink.head)
    prop_add(head, 1, {type: 'askd_tail', id: sink.id, bufnr: sink.buf})
  })
  sink.written = 0
  sink.unfinished = ''
enddef

# How much of a piece of UTF-8 is whole characters.
def Whole(piece: string): number
  final size = strlen(piece)
  for back in [1, 2, 3]
    final byte = char2nr(strpart(piece, size - back, 1))
    if byte < 0x80
      break
    elseif byte >= 0xC0
      return back >= (byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2) ? size : size - back
    endif
  endfor
  return size
enddef

def Wait(sink: dict<any>, text: string)
  var rest = text
  while strlen(rest) > WRITE_MAX
    final piece = strpart(rest, 0, Whole(strpart(rest, 0, WRITE_MAX)))
    add(sink.waiting, piece)
    rest = strpart(rest, strlen(piece))
  endwhile
  add(sink.waiting, rest)
  Later(sink)
enddef

def TakeWaiting(sink: dict<any>): string
  var size = 0
  var n = 0
  while n < len(sink.waiting) && size < WRITE_MAX
    size += strlen(sink.waiting[n])
    n += 1
  endwhile
  return join(remove(sink.waiting, 0, n - 1), '')
enddef

def Write(sink: dict<any>)
  sink.timer = 0
  if !empty(sink.waiting)
    Append(sink, TakeWaiting(sink))
  endif
  if !empty(sink.waiting)
    Later(sink)
  elseif !empty(sink.ended)
    Conclude(sink)
  endif
enddef

def Later(sink: dict<any>)
  if sink.timer == 0
    sink.timer = timer_start(PAUSE, (_) => Write(sink))
  endif
enddef

# -- what is told beside the text

def Changed(sink: dict<any>)
  if sink.OnChange != null_function
    call(sink.OnChange, [sink])
  endif
enddef

# One line below the text, which is none of it; '' takes it away.
export def Note(sink: dict<any>, text: string)
  if sink.note == text || !bufloaded(sink.buf)
    return
  endif
  if sink.note_id != 0
    prop_remove({type: 'askd_note', id: sink.note_id, both: true, all: true, bufnr: sink.buf})
  endif
  sink.note = text
  final tail = text == '' ? 0 : Tail(sink)
  sink.note_id = tail == 0 ? 0 :
    prop_add(tail, 0, {type: 'askd_note', text: look.Plain(text), text_align: 'below', text_wrap: 'wrap', bufnr: sink.buf})
  look.Redraw(sink.buf)
  Changed(sink)
enddef

def Conclude(sink: dict<any>)
  final [err, result] = sink.ended
  sink.ended = []
  if empty(err)
    sink.usage = get(result, 'usage', {})
    Note(sink, get(result, 'finish_reason', '') == 'length' ? 'askd: cut at the most that it may write' : '')
  else
    Note(sink, 'askd: ' .. notify.Text(err))
  endif
  sink.state = empty(err) ? 'done' : get(err, 'code', 'internal')
  Changed(sink)
  if sink.OnEnd != null_function
    call(sink.OnEnd, [sink, err, result])
  endif
enddef

# -- events

const ACTS: dict<func(dict<any>, dict<any>)> = {
  start: (sink, e) => {
    sink.model = get(e, 'model', '')
    sink.provider = get(e, 'provider', '')
    sink.conversation = get(e, 'conversation', '')
    sink.message = get(e, 'message', '')
    Changed(sink)
  },
  text: (sink, e) => {
    if sink.note != ''
      Note(sink, '')
    endif
    Wait(sink, e.text)
  },
  reasoning: (sink, _) => Note(sink, $'{sink.model} thinks …'),
  image: (sink, e) => Wait(sink, $"\n[a picture: {get(e, 'mime', '')}]\n"),
  tool_call: (sink, e) => Note(sink, $'{sink.model} calls {get(e, "name", "a tool")}'),
  progress: (sink, e) => Note(sink, get(e, 'message', '')),
  retry: (sink, e) => {
    TakeBack(sink)
    sink.model = get(e, 'model', '')
    Note(sink, $'{notify.Text(get(e, "error", {}))}; asks {sink.model} in {get(e, "delay", 0)} s')
  },
  usage: (sink, e) => {
    sink.usage = e
    Changed(sink)
  },
}

export def Event(sink: dict<any>, event: dict<any>, answer: string = '')
  if answer != ''
    sink.answer = answer
  endif
  if has_key(ACTS, event.type)
    call(ACTS[event.type], [sink, event])
  endif
enddef

# The connection was lost; the client attaches anew.
export def Lost(sink: dict<any>)
  Note(sink, 'askd went away; waiting for it')
enddef

# The answer has ended, {} or an error and the answer map. What waits is written before OnEnd is told.
export def Finish(sink: dict<any>, err: dict<any>, result: any)
  sink.ended = [err, result]
  Later(sink)
enddef

# What client.Stream takes, to have an answer written by this sink.
export def Callbacks(sink: dict<any>): dict<any>
  return {
    OnEvent: (event, _, answer) => Event(sink, event, answer),
    OnLost: (_) => Lost(sink),
    Done: (err, result) => Finish(sink, err, result),
  }
enddef
