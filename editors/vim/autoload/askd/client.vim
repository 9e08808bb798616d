vim9script
# The connection to askd: one `askctl bridge --vim` for this Vim, through which all requests go at once. Nothing here
# waits: what is asked for comes to a callback, between two keys. The bridge finds the daemon, and starts it where there
# is none; where it or the daemon ends, the next request starts anew.
#
# Each request has a number, its own. Events are sent under it (`notify`), so that it does not matter whose answer they
# belong to.

import autoload 'askd/options.vim'

const CALLS_MAX = 500          # that wait at once; the bridge takes 1000
const ATTEMPTS_MAX = 12        # to attach anew to an answer, and to watch anew
const WAIT_FIRST = 50          # milliseconds before the first of them, then twice as long each time
const WAIT_MAX = 3000

const READ_BUDGET = 0.003      # seconds for which what has come is read without a pause
const READ_STEP = 8            # messages between two looks at the clock

var bridge: job = null_job
var begun: list<string> = []   # pieces of a line that has not ended
var lines: list<string> = []   # that have come, of which `read` were read
var read = 0
var reading = 0                # until the next of them are
var channel = -1               # the number of its channel
var bridge_said = ''           # the last line on its standard error
var greeted = false            # hello went out on the daemon's connection of now
var server: dict<any> = {}     # what it replied
var state = 'off'              # off, starting, ready, down
var listeners: list<func> = []
var last = 0
var calls: dict<dict<any>> = {}
var watches: dict<dict<any>> = {}

# -- state

def Become(now: string)
  if state == now
    return
  endif
  state = now
  for Fn in listeners
    call(Fn, [now])
  endfor
enddef

export def State(): string
  return state
enddef

# Fn(state) at each change from now on.
export def OnState(Fn: func)
  add(listeners, Fn)
enddef

# What `hello` replied: version, protocol, methods and so on; empty before that.
export def Server(): dict<any>
  return server
enddef

export def Has(method: string): bool
  return index(get(server, 'methods', []), method) >= 0
enddef

export def Waiting(): number
  return len(calls)
enddef

# -- out

def Unavailable(message: string): dict<any>
  return {code: 'unavailable', message: message}
enddef

def Write(id: number, method: string, params: dict<any>)
  try
    ch_sendraw(bridge, json_encode([id, {method: method, params: params}]) .. "\n")
  catch /^Vim\%((\a\+)\)\=:E63[01]:/
    # It has just ended, and OnClose tells all who wait.
  endtry
enddef

def Greet()
  greeted = true
  last += 1
  calls[last] = {id: last, method: 'hello', params: {}, answer: '', seq: 0, attempt: 0, Done: Greeted,
    OnEvent: null_function, OnLost: null_function}
  Write(last, 'hello', {
    client: 'vim',
    version: printf('%d.%d', v:version / 100, v:version % 100),
    protocol: 1,
    context: {cwd: getcwd(-1)},
  })
enddef

def Greeted(err: dict<any>, result: any)
  if empty(err)
    server = result
    Become('ready')
  else
    greeted = false
    Become('down')
  endif
enddef

def Running(): bool
  return bridge != null_job && job_status(bridge) == 'run' && ch_status(bridge) == 'open'
enddef

def Start()
  bridge_said = ''
  begun = []
  greeted = false
  Become('starting')
  bridge = job_start([options.Get('askctl'), 'bridge', '--vim'], {
    in_mode: 'raw',
    out_mode: 'raw',
    err_mode: 'nl',
    noblock: 1,
    out_cb: OnData,
    err_cb: (_, line) => {
      bridge_said = line
    },
    close_cb: OnClose,
    stoponexit: 'term',
  })
  channel = job_status(bridge) == 'fail' ? -1 : ch_info(bridge).id
enddef

def Send(c: dict<any>)
  if !Running()
    if bridge != null_job
      Lose(c.id)
    endif
    Start()
  endif
  if !Running()
    timer_start(0, (_) => End(c, Unavailable(Missing()), {}))
    return
  endif
  if !greeted
    Greet()
  endif
  Write(c.id, c.method, c.params)
enddef

def Missing(): string
  final program = options.Get('askctl')
  if executable(program) == 0
    return $'{program} is not found: install askd, or let g:askd_askctl name it'
  endif
  return bridge_said != '' ? bridge_said : $'{program} bridge ended'
enddef

# -- in

# Vim takes all that the bridge has said, up to a tenth of a second long. What is made of it is done bit by bit, so that
# keys come between: an answer that ended long ago comes all at once.
def OnData(ch: channel, data: string)
  if ch_info(ch).id != channel
    return
  endif
  final parts = split(data, "\n", true)
  if len(parts) == 1
    add(begun, data)
    return
  endif
  add(lines, join(begun, '') .. parts[0])
  extend(lines, parts[1 : -2])
  begun = [parts[-1]]
  if reading == 0
    Read(READ_BUDGET)
  endif
enddef

def Read(budget: float)
  final start = reltime()
  reading = 0
  while read < len(lines) && (read % READ_STEP != 0 || reltimefloat(reltime(start)) < budget)
    read += 1
    OnLine(lines[read - 1])
  endwhile
  if read < len(lines)
    reading = timer_start(1, (_) => Read(READ_BUDGET))
  else
    lines = []
    read = 0
  endif
enddef

def OnLine(line: string)
  var message: any
  # A NUL, which no text of Vim's holds, as its picture.
  final text = stridx(line, '\u0000') < 0 ? line : substitute(line, '\(\\\@<!\(\\\\\)*\)\@<=\\u0000', '\\u2400', 'g')
  try
    message = json_decode(text)
  catch
    return
  endtry
  if type(message) != v:t_list || len(message) != 2 || type(message[1]) != v:t_dict
    return
  endif
  if message[0] == 0
    Told(get(message[1], 'method', ''), get(message[1], 'params', []))
  elseif has_key(calls, message[0])
    final c = calls[message[0]]
    if has_key(message[1], 'error')
      End(c, message[1].error, {})
    else
      End(c, {}, get(message[1], 'result', {}))
    endif
  endif
enddef

def Told(method: string, params: list<any>)
  if method == 'event'
    if has_key(calls, params[0])
      Event(calls[params[0]], params[1])
    endif
  elseif method == 'change'
    if has_key(watches, params[0])
      call(watches[params[0]].Fn, [params[1][1], params[1][2]])
    endif
  elseif method == 'bridge.closed'
    greeted = false
    Become('down')
    WatchAnew()
  endif
enddef

def Event(c: dict<any>, told: list<any>)
  final [answer, seq, event] = told
  if c.method != 'compare'
    if seq < c.seq
      return
    endif
    c.seq = seq + 1
    c.answer = answer
  endif
  c.attempt = 0
  if c.OnEvent != null_function
    call(c.OnEvent, [event, seq, answer])
  endif
enddef

# The bridge has gone, and all that it said came; `spare` was not asked of it.
def Lose(spare: number = 0)
  timer_stop(reading)
  Read(v:numbermax * 1.0)
  bridge = null_job
  greeted = false
  Become('down')
  for c in values(calls)
    if c.id != spare
      End(c, Unavailable(Missing()), {})
    endif
  endfor
  WatchAnew()
enddef

def OnClose(ch: channel)
  if ch_info(ch).id == channel
    Lose()
  endif
enddef

def Wait(attempt: number): number
  return min([WAIT_FIRST * float2nr(pow(2, min([attempt, 10]))), WAIT_MAX])
enddef

# An answer that the daemon goes on with, or has kept, and of which only the connection was lost. Its own errors name
# the answer.
def Resumes(c: dict<any>, err: dict<any>): bool
  return get(err, 'code', '') == 'unavailable' && !has_key(err, 'answer') && c.answer != '' && c.attempt < ATTEMPTS_MAX
    && (c.method == 'answer.attach' || c.method == 'chat' && has_key(c.params, 'conversation'))
enddef

def End(c: dict<any>, err: dict<any>, result: any)
  if !has_key(calls, c.id)
    return
  endif
  remove(calls, c.id)
  if !Resumes(c, err)
    if c.Done != null_function
      call(c.Done, [err, result])
    endif
    return
  endif
  last += 1
  calls[last] = c
  c.id = last
  c.method = 'answer.attach'
  c.params = {answer: c.answer, from: c.seq, notify: {method: 'event', args: [c.id]}}
  c.attempt += 1
  if c.OnLost != null_function
    call(c.OnLost, [err])
  endif
  timer_start(Wait(c.attempt), (_) => {
    if has_key(calls, c.id)
      Send(c)
    endif
  })
enddef

# -- requests

# on.OnEvent(event, seq, answer), on.Done(err, result), on.OnLost(err): the connection was lost, and the answer will be
# attached to anew. err is {} where all went well, else has code and message. A dict, of which `id` is nobody else's
# business, for Cancel and Drop.
def Call(method: string, params: dict<any>, on: dict<any>): dict<any>
  last += 1
  final c = {
    id: last,
    method: method,
    params: params,
    OnEvent: get(on, 'OnEvent', null_function),
    OnLost: get(on, 'OnLost', null_function),
    Done: get(on, 'Done', null_function),
    answer: method == 'answer.attach' ? params.answer : '',
    seq: method == 'answer.attach' ? get(params, 'from', 0) : 0,
    attempt: 0,
  }
  if len(calls) >= CALLS_MAX
    timer_start(0, (_) => {
      if c.Done != null_function
        call(c.Done, [{code: 'overloaded', message: $'{CALLS_MAX} requests of this Vim wait already'}, {}])
      endif
    })
    return c
  endif
  calls[c.id] = c
  if has_key(on, 'OnEvent')
    c.params = extend(copy(params), {stream: true, notify: {method: 'event', args: [c.id]}})
  endif
  Send(c)
  return c
enddef

# Cb(err, result).
export def Request(method: string, params: dict<any> = {}, Cb: func = null_function): dict<any>
  return Call(method, params, {Done: Cb})
enddef

# A request with events. Where it is in a conversation, or attached to, it goes on over a lost connection.
export def Stream(method: string, params: dict<any>, on: dict<any>): dict<any>
  return Call(method, params, on)
enddef

# Has the answer end, at the provider too; Done tells that it has. One that has ended is left as it is.
export def Cancel(c: dict<any>)
  if !has_key(calls, c.id)
    return
  endif
  if c.method == 'answer.attach'
    Call('answer.cancel', {answer: c.answer}, {})
  else
    Call('answer.cancel', {request: c.id}, {})
  endif
enddef

# Nobody is told any more; the answer runs on.
export def Drop(c: dict<any>)
  c.OnEvent = null_function
  c.OnLost = null_function
  c.Done = null_function
enddef

# -- watching

def Establish(w: dict<any>)
  var params: dict<any> = {notify: {method: 'change', args: [w.id]}}
  if w.conversation != ''
    params.conversation = w.conversation
  endif
  Request('conversation.watch', params, (err, result) => {
    if !has_key(watches, w.id)
      if empty(err)
        Request('conversation.unwatch', {watch: result.watch})
      endif
    elseif empty(err)
      w.number = result.watch
      w.attempt = 0
      if w.again
        call(w.Fn, [w.conversation, {type: 'lost'}])
      endif
    elseif get(err, 'code', '') == 'unavailable'
      w.number = -1
      WatchLater(w)
    else
      remove(watches, w.id)
    endif
  })
enddef

def WatchLater(w: dict<any>)
  w.again = true
  w.attempt += 1
  if w.attempt > ATTEMPTS_MAX
    return
  endif
  timer_start(Wait(w.attempt), (_) => {
    if has_key(watches, w.id) && w.number < 0
      Establish(w)
    endif
  })
enddef

def WatchAnew()
  for w in values(watches)
    if w.number >= 0
      w.number = -1
      WatchLater(w)
    endif
  endfor
enddef

# Fn(conversation, change) for each change of a conversation, '': of all. After a lost connection it is told
# {type: 'lost'}: what is of interest has to be read anew. Until Unwatch.
export def Watch(conversation: string, Fn: func): dict<any>
  last += 1
  final w = {id: last, conversation: conversation, Fn: Fn, number: -1, again: false, attempt: 0}
  watches[w.id] = w
  Establish(w)
  return w
enddef

export def Unwatch(w: dict<any>)
  if has_key(watches, w.id)
    remove(watches, w.id)
    if w.number >= 0
      Request('conversation.unwatch', {watch: w.number})
    endif
  endif
enddef
