vim9script
# Buffers that show a conversation, askd://conversation/ID, as Markdown that can be edited (turns.vim). What stands in
# them is what the daemon has (conversation.get), and below it the question that is being written. Writing the buffer
# sends what was changed (branch.vim): the question at the end, or another one in the place of an earlier question.
#
# A question is asked detached, and then read like any other answer of the conversation, whoever asked: what another
# editor or a shell does there is seen at once (conversation.watch), and a buffer that is opened anew goes on with an
# answer that is still running. Nothing is held here that the daemon does not have, but what was not sent.

import autoload 'askd/answer.vim'
import autoload 'askd/args.vim'
import autoload 'askd/branch.vim'
import autoload 'askd/client.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/options.vim'
import autoload 'askd/page.vim'
import autoload 'askd/turns.vim'
import autoload 'askd/typed.vim'

export const PREFIX = 'askd://conversation/'
const NEW = 'new'

# By buffer:
#   conversation   '' until the first question of a new one was taken
#   messages       all of them, as the daemon last told; head
#   known          the turns of the branch that is shown
#   tip            the message that it ends with
#   runs           message -> {answer, call, sink}: answers that are read
#   answers        message -> answer, where that is known
var chats: dict<dict<any>> = {}

export def Get(buf: number): dict<any>
  return get(chats, buf, {})
enddef

# -- opening

def NewName(): string
  var n = 1
  while bufexists(PREFIX .. NEW .. '-' .. n)
    n += 1
  endwhile
  return PREFIX .. NEW .. '-' .. n
enddef

# what: '' for a new conversation, `last` for the newest of this folder, an id or its beginning. Shown(buf) is told once
# the conversation stands in its buffer.
export def Open(what: string, mods: string, Shown: func = null_function)
  if what == '' || what == NEW
    Edit(NewName(), mods, Shown)
  elseif what =~# '^\x\{8}-\x\{4}-\x\{4}-\x\{4}-\x\{12}$'
    Edit(PREFIX .. what, mods, Shown)
  else
    Find(what, (id) => Edit(PREFIX .. id, mods, Shown))
  endif
enddef

def Find(what: string, Found: func)
  final wanted = what ==# 'last' ? {directory: getcwd(), limit: 1} : {limit: 1000}
  client.Request('conversation.list', wanted, (err, all) => {
    if !empty(err)
      notify.Error(err)
      return
    endif
    final fit = what ==# 'last' ? all : copy(all)->filter((_, c) => stridx(c.conversation, tolower(what)) == 0)
    if len(fit) == 1
      Found(fit[0].conversation)
    elseif what ==# 'last'
      notify.Error({code: 'not_found', message: 'nothing was asked in this folder yet'})
    else
      final many = empty(fit) ? 'no conversation begins' : len(fit) .. ' conversations begin'
      notify.Error({code: 'not_found', message: many .. ' with ' .. what})
    endif
  })
enddef

def Edit(name: string, mods: string, Shown: func)
  if name !~# '^askd://conversation/[A-Za-z0-9_.-]\+$'
    notify.Error({code: 'not_found', message: 'no conversation is called so'})
    return
  endif
  final shown = bufexists(name) ? win_findbuf(bufnr(name)) : []
  if !empty(shown) && mods == ''
    win_gotoid(shown[0])
  else
    execute 'silent' (mods == '' ? options.Get('split') : mods) 'split' name
  endif
  final chat = Get(bufnr())
  if Shown != null_function && !empty(chat)
    if chat.loaded
      call(Shown, [chat.buf])
    else
      chat.Shown = Shown
    endif
  endif
enddef

def Prepare()
  setlocal buftype=acwrite bufhidden=hide noswapfile wrap linebreak
  if &filetype !=# 'markdown'
    setlocal filetype=markdown
  endif
  setlocal nomodeline
  typed.Begin()
enddef

# For BufReadCmd.
export def Load(name: string)
  final buf = bufnr()
  final what = strpart(name, len(PREFIX))
  Leave(buf)
  Prepare()
  silent deletebufline(buf, 1, '$')
  var chat = {buf: buf, conversation: '', title: '', instructions: '', messages: [], head: '', known: [], tip: '',
    runs: {}, answers: {}, watch: {}, reading: false, again: false, sending: false, loaded: false, Shown: null_function}
  chats[buf] = chat
  setlocal nomodified
  if what =~# '^' .. NEW .. '-\d\+$'
    chat.loaded = true
    setbufline(buf, 1, turns.Lines(turns.New('user')))
    cursor('$', 1)
    setlocal nomodified
    Tell(chat)
  else
    chat.conversation = what
    Begin(chat)
  endif
enddef

export def Begin(chat: dict<any>)
  chat.watch = client.Watch(chat.conversation, (_, change) => Changed(chat, change))
  Refresh(chat)
enddef

# Nobody looks any more. What runs, runs on.
export def Leave(buf: number)
  if !has_key(chats, buf)
    return
  endif
  final chat = remove(chats, buf)
  if !empty(chat.watch)
    client.Unwatch(chat.watch)
  endif
  for run in values(chat.runs)
    client.Drop(run.call)
  endfor
enddef

export def IsOpen(chat: dict<any>): bool
  return get(chats, chat.buf, {}) is chat && bufloaded(chat.buf)
enddef

# -- what the daemon has

const TELL_NOTHING = ['pinned', 'tags', 'created']

def Changed(chat: dict<any>, change: dict<any>)
  if !IsOpen(chat) || index(TELL_NOTHING, change.type) >= 0
    return
  endif
  if change.type ==# 'answer'
    chat.answers[change.message] = change.answer
  elseif change.type ==# 'deleted'
    notify.Warn('this conversation was deleted; askctl conv undo brings it back')
    return
  endif
  Refresh(chat)
enddef

export def Refresh(chat: dict<any>)
  if chat.reading
    chat.again = true
    return
  endif
  chat.reading = true
  client.Request('conversation.get', {conversation: chat.conversation}, (err, result) => {
    chat.reading = false
    if !IsOpen(chat)
      return
    endif
    if chat.again
      chat.again = false
      Refresh(chat)
    elseif empty(err) && !chat.loaded
      Fill(chat, result)
    elseif empty(err)
      Take(chat, result)
    else
      notify.Error(err)
    endif
  })
enddef

# The branch to show: one that is being answered, else that of the head; but what was shown stays until the head moves,
# so that a question whose answer has failed is not lost from sight.
def Tip(chat: dict<any>, told: dict<any>): string
  final running = told.messages->copy()->filter((_, m) => get(m, 'state', '') ==# 'running')
  final head = type(told.head) == v:t_string ? told.head : ''
  if !empty(running)
    return running[-1].id
  endif
  final is_there = told.messages->indexof((_, m) => m.id ==# chat.tip) >= 0
  return is_there && chat.loaded && head ==# chat.head ? chat.tip : head
enddef

def Known(chat: dict<any>, messages: list<any>, tip: string): list<dict<any>>
  var known: list<dict<any>> = []
  final followers = branch.Followers(messages)
  for message in branch.Path(messages, tip)
    var turn = branch.Turn(message)
    final siblings = followers[get(message, 'parent', '')]
    if len(siblings) > 1
      turn.comments->insert([['branch', (index(siblings, message.id) + 1) .. ' of ' .. len(siblings)]])
    endif
    if has_key(chat.runs, message.id)
      turn.state = 'running'
    endif
    known->add(turn)
  endfor
  return known
enddef

# Own changes are no edits: the buffer is modified where something was written that was not sent.
export def SetModified(chat: dict<any>)
  final read = page.Read(chat.buf)
  setbufvar(chat.buf, '&modified', branch.Unsent(chat.known, read.turns) || Retitled(chat, read))
enddef

def Retitled(chat: dict<any>, read: dict<any>): bool
  return read.title !=# turns.Title(chat.title)
enddef

# What is told in a conversation that is shown for the first time; what changes meanwhile is asked for after that.
def Fill(chat: dict<any>, told: dict<any>)
  chat.reading = true
  final tip = Tip(chat, told)
  Learn(chat, told, tip, Known(chat, told.messages, tip))
  page.Fill(chat.buf, chat.known, turns.OpeningLines(chat.title, chat.instructions), () => IsOpen(chat), (last) => {
    chat.reading = false
    chat.loaded = true
    final was_typed = getbufline(chat.buf, last + 1, '$')->match('\S') >= 0
    setbufvar(chat.buf, '&modified', was_typed)
    if !was_typed
      ToEnd(chat)
    endif
    if chat.Shown != null_function
      call(chat.Shown, [chat.buf])
    endif
    Tell(chat)
    FollowRunning(chat)
    if chat.again
      chat.again = false
      Refresh(chat)
    endif
  })
enddef

def Learn(chat: dict<any>, told: dict<any>, tip: string, known: list<dict<any>>)
  chat.known = known
  chat.messages = told.messages
  chat.head = type(told.head) == v:t_string ? told.head : ''
  chat.title = type(told.title) == v:t_string ? told.title : ''
  chat.instructions = get(told, 'system', '')
  chat.tip = tip
enddef

def Take(chat: dict<any>, told: dict<any>)
  final old = chat.known
  final tip = Tip(chat, told)
  final fresh = Known(chat, told.messages, tip)
  final read = page.Read(chat.buf)
  final edited = branch.FirstChange(old, read.turns) < len(old)
  if edited && !(IsPrefix(old, fresh) && (len(fresh) == len(old) || len(read.turns) >= len(old)))
    notify.Warn('this conversation has changed elsewhere, and so have earlier turns here: :e! shows what is there')
    return
  endif
  final was_retitled = Retitled(chat, read)
  Learn(chat, told, tip, fresh)
  final retitled = was_retitled && Retitled(chat, read)
  final title = retitled ? read.title : chat.title
  if edited && len(fresh) > len(old)
    page.Show(chat.buf, read, old, old + fresh[len(old) :], {title: title, instructions: read.instructions},
      old->mapnew((_, t) => t.id))
  elseif !edited
    page.Show(chat.buf, read, old, fresh, {title: title, instructions: chat.instructions}, keys(chat.runs))
  endif
  # What was not sent stays there, wherever the rest was put; to read all of it once more would take as long again.
  setbufvar(chat.buf, '&modified', edited || retitled || !empty(branch.Written(old, read.turns, len(old))))
  Tell(chat)
  FollowRunning(chat)
enddef

def IsPrefix(old: list<any>, fresh: list<any>): bool
  return len(old) <= len(fresh) && old->copy()->filter((i, t) => t.id !=# '' && t.id !=# fresh[i].id)->empty()
enddef

export def ToEnd(chat: dict<any>)
  for win in win_findbuf(chat.buf)
    win_execute(win, 'call cursor(line("$"), 1)')
  endfor
enddef

# What status lines and others go by.
export def Tell(chat: dict<any>)
  var running = len(chat.runs) > 0 || chat.sending
  setbufvar(chat.buf, 'askd', {kind: 'conversation', conversation: chat.conversation,
    state: running ? 'running' : 'done', model: empty(chat.known) ? '' : matchstr(chat.known[-1].origin, '/\zs.*'),
    usage: {}, note: ''})
enddef

# -- answers that run

def FollowRunning(chat: dict<any>)
  for i in range(len(chat.known))
    final turn = chat.known[i]
    if turn.state ==# 'running' && !has_key(chat.runs, turn.id)
      if has_key(chat.answers, turn.id)
        Follow(chat, i, chat.answers[turn.id])
      else
        LookFor(chat, turn.id)
      endif
    endif
  endfor
enddef

# Which answer makes a message is told by the answers that run.
def LookFor(chat: dict<any>, message: string)
  client.Request('answer.list', {state: 'running'}, (err, all) => {
    for a in empty(err) ? all : []
      if get(a, 'conversation', '') ==# chat.conversation
        client.Request('answer.get', {answer: a.answer}, (wrong, map) => {
          if empty(wrong) && get(map, 'message', '') ==# message && IsOpen(chat)
            chat.answers[message] = a.answer
            FollowRunning(chat)
          endif
        })
      endif
    endfor
  })
enddef

def Follow(chat: dict<any>, at: number, id: string)
  final turn = chat.known[at]
  final line = page.TextLine(chat.buf, at, turn)
  if line == 0
    return # headings were written in between: it is shown once it has ended
  endif
  final sink = answer.Into(chat.buf, {line: line, Line: turns.Escape,
    OnChange: (s) => {
      if IsOpen(chat)
        Origin(chat, turn.id, s)
      endif
    },
    OnEnd: (_, _, _) => Ended(chat, turn.id)})
  chat.runs[turn.id] = {answer: id, sink: sink, call: {}}
  chat.runs[turn.id].call = client.Stream('answer.attach', {answer: id, from: 0}, answer.Callbacks(sink))
  Tell(chat)
enddef

# Who answers is known once it has begun.
def Origin(chat: dict<any>, message: string, sink: dict<any>)
  final at = chat.known->indexof((_, t) => t.id ==# message)
  if at >= 0 && sink.model != '' && sink.provider != '' && chat.known[at].origin !=# sink.provider .. '/' .. sink.model
    final lines = page.Read(chat.buf).turns
    chat.known[at].origin = sink.provider .. '/' .. sink.model
    if at < len(lines)
      final modified = getbufvar(chat.buf, '&modified')
      setbufline(chat.buf, lines[at].first, turns.Heading(chat.known[at]))
      setbufvar(chat.buf, '&modified', modified)
    endif
  endif
  Tell(chat)
enddef

def Ended(chat: dict<any>, message: string)
  if !IsOpen(chat)
    return
  endif
  remove(chat.runs, message)
  Refresh(chat)
enddef

# Ends what runs in a buffer. False where nothing does.
export def Stop(buf: number): bool
  final chat = Get(buf)
  if empty(chat) || empty(chat.runs)
    return false
  endif
  for run in values(chat.runs)
    client.Cancel(run.call)
  endfor
  return true
enddef

# For Tab.
export def Complete(lead: string, _: string, _: number): list<string>
  return args.Matching(args.Offers('conversation'), lead)
enddef
