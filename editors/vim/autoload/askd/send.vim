vim9script
# Sends what was written in a chat buffer: by :w or :AskSend.

import autoload 'askd/args.vim'
import autoload 'askd/branch.vim'
import autoload 'askd/chat.vim'
import autoload 'askd/client.vim'
import autoload 'askd/material.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/options.vim'
import autoload 'askd/page.vim'
import autoload 'askd/split.vim'
import autoload 'askd/turns.vim'
import autoload 'askd/typed.vim'

const LEAVE_SECONDS = 2.0

var leaving: dict<bool> = {} # buffers that are left while what was written in them is being sent

# asked: {model, prompt}, each '' where it is not told. again: where nothing was written, the last question once more.
export def Send(buf: number, asked: dict<any> = {}, again: bool = false)
  final c = chat.Get(buf)
  if empty(c) || !c.loaded
    notify.Error('this buffer shows no conversation, or not yet: :AskChat opens one')
    return
  elseif c.sending
    notify.Error('it is being sent')
    return
  endif
  final read = page.Read(buf)
  final why = Refused(c, read)
  if why != ''
    notify.Error(why)
    return
  endif
  final renamed = Rename(c, read.title)
  var wish = branch.Asked(c.known, Turns(read))
  if wish.kind ==# 'none' && again && len(c.known) > 1 && c.known[-1].role ==# 'assistant'
    wish = {kind: 'regenerate', at: len(c.known) - 2}
  endif
  if wish.kind ==# 'refused'
    notify.Error(wish.why)
  elseif wish.kind ==# 'none' && !renamed
    notify.Info('nothing to send: write under the last ## user, or change an earlier question')
  elseif (wish.kind ==# 'next' || wish.kind ==# 'regenerate') && !empty(c.runs)
    notify.Error('the answer before is still coming; :AskStop ends it')
  elseif wish.kind !=# 'none'
    Ask(c, wish, read, asked)
  endif
enddef

# For BufWriteCmd.
export def Write(buf: number)
  if typed.IsAutowrite()
    notify.Warn('what is written in a chat was not sent by ''autowrite'': :w in it does, or :AskSend')
  else
    Send(buf)
    # Only a buffer that is not modified is left. Until the daemon has the question, all others stay so.
    if get(chat.Get(buf), 'sending', false) && typed.IsLeaving()
      leaving[buf] = true
      setbufvar(buf, '&modified', false)
    endif
  endif
enddef

# Before Vim ends: what was written is lost with it where it did not get to the daemon, so that Vim stays then.
def Leave()
  final begun = reltime()
  while Sending() && reltimefloat(reltime(begun)) < LEAVE_SECONDS
    sleep 5m
  endwhile
  for buf in keys(leaving)
    setbufvar(str2nr(buf), '&modified', true)
  endfor
enddef

def Sending(): bool
  leaving->filter((buf, _) => get(chat.Get(str2nr(buf)), 'sending', false))
  return !empty(leaving)
enddef

augroup askd_send
  autocmd!
  autocmd ExitPre * Leave()
augroup END

# :AskSend[!] [-m MODEL] [-p PROMPT]
export def Command(text: string, again: bool)
  final given = args.Parse(text, ['-m', '-p'])
  if given.error != '' || given.words != ''
    notify.Error(given.error != '' ? given.error : ':AskSend [-m MODEL] [-p PROMPT]: what is asked stands in the buffer')
  else
    Send(bufnr(), given, again)
  endif
enddef

# A page without a heading is a question.
def Turns(read: dict<any>): list<any>
  return empty(read.turns) && read.before != '' ? [turns.New('user', read.before)] : read.turns
enddef

def Refused(c: dict<any>, read: dict<any>): string
  if read.before != '' && !empty(read.turns)
    return 'text stands above the first heading, where it is nobody''s'
  elseif c.conversation != '' && read.instructions !=# turns.Bare(c.instructions)
    return 'the instructions of a conversation stay as they are: a new one can have others'
  endif
  return ''
enddef

def Rename(c: dict<any>, title: string): bool
  if title == '' || c.conversation == '' || title ==# turns.Title(c.title)
    return false
  endif
  client.Request('conversation.rename', {conversation: c.conversation, title: title}, (err, _) => {
    if !empty(err)
      notify.Error(err)
    endif
    chat.SetModified(c)
  })
  return true
enddef

# -- asking

# What goes with a question: parts that it had already and still names, and what was attached to it.
def Attachments(c: dict<any>, wish: dict<any>): list<any>
  var parts: list<any> = []
  if wish.kind ==# 'edit'
    final before = c.known[wish.at].parts
    parts += branch.Numbers(wish.turn, 'part')->filter((_, n) => n >= 1 && n <= len(before))->mapnew((_, n) => before[n - 1])
  endif
  final attached = getbufvar(c.buf, 'askd_attached', {})
  for n in branch.Numbers(wish.turn, 'attached')
    if has_key(attached, n)
      parts->add(attached[n])
    endif
  endfor
  return parts
enddef

def Params(c: dict<any>, wish: dict<any>, asked: dict<any>): dict<any>
  var params: dict<any> = {conversation: c.conversation == '' ? 'new' : c.conversation, detach: true,
    context: {cwd: getcwd()}}
  final model = get(asked, 'model', '') != '' ? asked.model : options.Get('model')
  if model != ''
    params.model = model
  endif
  if wish.kind ==# 'regenerate'
    params.regenerate = c.known[wish.at].id
    return params
  endif
  final prompt = get(asked, 'prompt', '') != '' ? asked.prompt : getbufvar(c.buf, 'askd_prompt', '')
  if prompt != ''
    params.template = prompt
  endif
  if wish.turn.text != ''
    params.prompt = wish.turn.text
  endif
  final parts = Attachments(c, wish)
  if !empty(parts)
    params.attachments = parts
  endif
  if wish.kind ==# 'edit'
    params.edit = c.known[wish.at].id
  elseif !empty(c.known)
    params.parent = c.known[-1].id
  endif
  return params
enddef

def Ask(c: dict<any>, wish: dict<any>, read: dict<any>, asked: dict<any>)
  var params = Params(c, wish, asked)
  if c.conversation == '' && read.title != ''
    params.title = read.title
  endif
  c.sending = true
  chat.Tell(c)
  if c.conversation != '' || read.instructions == ''
    Chat(c, wish, params)
    return
  endif
  client.Request('conversation.create', {system: read.instructions}, (err, result) => {
    if empty(err)
      params.conversation = result.conversation
      Chat(c, wish, params)
    else
      Failed(c, err)
    endif
  })
enddef

def Failed(c: dict<any>, err: dict<any>)
  c.sending = false
  if chat.IsOpen(c)
    chat.Tell(c)
    chat.SetModified(c)
  endif
  notify.Error(err)
enddef

def Chat(c: dict<any>, wish: dict<any>, params: dict<any>)
  client.Request('chat', params, (err, result) => {
    if !empty(err)
      Failed(c, err)
    elseif !chat.IsOpen(c)
      return
    elseif c.conversation == ''
      client.Request('answer.get', {answer: result.answer}, (wrong, map) => {
        if empty(wrong)
          Sent(c, wish, get(map, 'conversation', ''), result.answer)
        else
          Failed(c, wrong)
        endif
      })
    else
      Sent(c, wish, c.conversation, result.answer)
    endif
  })
enddef

def Sent(c: dict<any>, wish: dict<any>, conversation: string, answer: string)
  c.sending = false
  if !chat.IsOpen(c)
    return
  endif
  Rebase(c, wish)
  chat.SetModified(c)
  TellFailure(answer)
  if conversation == ''
    notify.Warn('this daemon keeps no conversations (keep = none): the answer stands by itself')
    split.Open(answer)
  elseif c.conversation == ''
    c.conversation = conversation
    Name(c)
    chat.Begin(c)
  else
    chat.Refresh(c)
  endif
enddef

# Who asked is told, even where it failed before anybody could read it.
def TellFailure(answer: string)
  client.Request('answer.attach', {answer: answer, stream: false}, (err, _) => {
    if !empty(err) && err.code !=# 'cancelled'
      notify.Error(err)
    endif
  })
enddef

def Name(c: dict<any>)
  final wins = win_findbuf(c.buf)
  if !empty(wins) && c.conversation =~# '^[A-Za-z0-9_.-]\+$'
    win_execute(wins[0], 'silent keepalt file ' .. chat.PREFIX .. c.conversation)
  endif
enddef

# -- the buffer, once the daemon has the question: its turn is one of those that are known, and what was written beside
# it is what is being written now.

def Rebase(c: dict<any>, wish: dict<any>)
  final read = Turns(page.Read(c.buf))
  if wish.kind ==# 'regenerate'
    if branch.FirstChange(c.known, read) == len(c.known) # the answer stands there yet
      deletebufline(c.buf, read[wish.at + 1].first, read[len(c.known) - 1].last)
    endif
    c.known = c.known[: wish.at]
    return
  endif
  final at = wish.kind ==# 'edit' ? wish.at : len(c.known)
  if at >= len(read) || read[at].text !=# wish.turn.text
    return # it was written on meanwhile: all that stands there stays
  endif
  final rest = Compose(c, branch.Written(c.known, read, at + 1))
  final last = get(read[at], 'last', len(getbufline(c.buf, 1, '$')))
  deletebufline(c.buf, last + 1, '$')
  appendbufline(c.buf, last, rest)
  var sent = copy(wish.turn)
  sent.id = ''
  sent.state = 'running' # until it is told, whatever becomes of its comments
  sent.parts = []
  c.known = slice(c.known, 0, at) + [sent]
  Forget(c, wish.turn)
  FollowEnd(c, get(read[at], 'first', 1))
enddef

def Compose(c: dict<any>, rest: list<any>): list<string>
  var turn = turns.New('user', rest->mapnew((_, t) => t.text)->filter((_, t) => t != '')->join("\n\n"))
  for other in rest
    turn.comments += AttachedPairs(c.buf, branch.Numbers(other, 'attached'))
  endfor
  return turns.Lines(turn)
enddef

export def AttachedPairs(buf: number, numbers: list<number>): list<any>
  final attached = getbufvar(buf, 'askd_attached', {})
  return copy(numbers)->filter((_, n) => has_key(attached, n))
    ->mapnew((_, n) => [['attached', n], ['name', get(attached[n], 'name', '')]])
enddef

# What was sent is attached no longer.
def Forget(c: dict<any>, turn: dict<any>)
  setbufvar(c.buf, 'askd_prompt', '')
  final attached = getbufvar(c.buf, 'askd_attached', {})
  for n in branch.Numbers(turn, 'attached')
    if has_key(attached, n)
      remove(attached, n)
    endif
  endfor
enddef

# Who has just written a question wants to see its answer: the cursor goes behind it, where the next one is written.
def FollowEnd(c: dict<any>, first: number)
  for win in win_findbuf(c.buf)
    if line('.', win) >= first
      win_execute(win, 'call cursor(line("$"), 1)')
    endif
  endfor
enddef
