vim9script
# :AskAttach and :AskDetach: what goes with the next question of this window, or of this chat, where each has a line
# below the question's heading; taking out the line detaches it too. Files go as they are on the disk, as `ask -a` sends
# them: their bytes, and the daemon finds out what they are.

import autoload 'askd/args.vim'
import autoload 'askd/chat.vim'
import autoload 'askd/material.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/page.vim'
import autoload 'askd/run.vim'
import autoload 'askd/send.vim'
import autoload 'askd/turns.vim'
import autoload 'askd/words.vim'

const FILE_MAX = 32 << 20 # bytes, as the daemon takes them

# -- what there is to attach

# The window whose buffer is meant: this one, or from a chat the one before.
def Source(): number
  final wins = [win_getid(), win_getid(winnr('#'))] + range(1, winnr('$'))->mapnew((_, n) => win_getid(n))
  final ours = wins->filter((_, w) => w != 0 && bufname(winbufnr(w)) !~# '^askd://')
  return empty(ours) ? 0 : ours[0]
enddef

def Visible(win: number): dict<any>
  return material.Range(winbufnr(win), line('w0', win), line('w$', win))
enddef

const KINDS = {E: 'error', W: 'warning', I: 'info', N: 'note'}

def Diagnostic(item: dict<any>): string
  final file = item.bufnr > 0 ? fnamemodify(bufname(item.bufnr), ':~:.') : ''
  final where = file .. (item.lnum > 0 ? ':' .. item.lnum : '') .. (item.col > 0 ? ':' .. item.col : '')
  final kind = get(KINDS, toupper(item.type), '')
  return join(filter([where, kind, item.text], (_, s) => s != ''), ': ')
enddef

# Those of the location list of the window, where it has one, else of the quickfix list.
def Diagnostics(win: number): dict<any>
  final own = getloclist(win)
  final all = empty(own) ? getqflist() : own
  return empty(all) ? {} : material.Text('diagnostics', mapnew(all, (_, item) => Diagnostic(item))->join("\n") .. "\n")
enddef

const SOURCES: dict<func> = {
  buffer: (win) => material.Buffer(winbufnr(win)),
  visible: (win) => Visible(win),
  diagnostics: (win) => Diagnostics(win),
}

# -- attaching

# Without words the lines of the range, or else the buffer.
export def Attach(what: list<string>, ranges: number, first: number, last: number)
  if ranges > 0
    Add(bufnr(), win_getid(), material.Range(bufnr(), first, last))
  endif
  for word in empty(what) && ranges == 0 ? ['buffer'] : what
    if has_key(SOURCES, word)
      FromEditor(word)
    elseif word =~# '^https\?://'
      Add(bufnr(), win_getid(), {type: 'file', url: word, name: word})
    else
      Files(word)
    endif
  endfor
enddef

def FromEditor(word: string)
  final win = Source()
  if win == 0
    notify.Error('there is no other window, whose ' .. word .. ' could be attached')
    return
  endif
  final part = call(SOURCES[word], [win])
  if empty(part)
    notify.Error('there are no diagnostics: the location list and the quickfix list are empty')
  else
    Add(bufnr(), win_getid(), part)
  endif
enddef

def Files(pattern: string)
  final files = filereadable(expand(fnameescape(pattern))) ? [expand(fnameescape(pattern))] : glob(pattern, true, true)
  if empty(files)
    notify.Error({code: 'not_found', message: 'there is no file ' .. pattern})
  endif
  final buf = bufnr()
  final win = win_getid()
  for file in files
    if !filereadable(file)
      notify.Error(file .. ' cannot be read, or is a folder')
    elseif getfsize(file) > FILE_MAX
      notify.Error({code: 'too_large', message: file .. ' has more than ' .. (FILE_MAX >> 20) .. ' MiB'})
    elseif getfsize(file) == 0
      notify.Error(file .. ' is empty')
    else
      File(buf, win, file)
    endif
  endfor
enddef

def File(buf: number, win: number, file: string)
  run.Run(['base64', '-w0', '--', file], '', (status, out, errors) => {
    if status == 0
      Add(buf, win, {type: 'file', name: fnamemodify(file, ':~:.'), data: {'$bin': out}})
    else
      notify.Error(file .. ': ' .. words.Line(errors))
    endif
  }, FILE_MAX * 2)
enddef

def Add(buf: number, win: number, part: dict<any>)
  if !empty(chat.Get(buf))
    AddToChat(buf, part)
  elseif win_id2win(win) > 0
    setwinvar(win, 'askd_attached', getwinvar(win, 'askd_attached', []) + [part])
    Told(buf)
  endif
enddef

def AddToChat(buf: number, part: dict<any>)
  var attached = getbufvar(buf, 'askd_attached', {})
  final number = max(keys(attached)->mapnew((_, n) => str2nr(n)) + [0]) + 1
  attached[number] = part
  setbufvar(buf, 'askd_attached', attached)
  final read = page.Read(buf)
  if len(read.turns) <= len(chat.Get(buf).known)
    appendbufline(buf, '$', turns.Lines(turns.New('user')))
    AddComment(buf, page.Read(buf).turns[-1], number)
  else
    AddComment(buf, read.turns[-1], number)
  endif
enddef

def AddComment(buf: number, turn: dict<any>, number: number)
  final lines = send.AttachedPairs(buf, [number])->mapnew((_, pairs) => turns.Comment(pairs))
  appendbufline(buf, turn.first + len(turn.comments), lines)
enddef

# A prompt of the library for the next question; '' for none.
export def SetPrompt(name: string)
  if empty(chat.Get(bufnr()))
    w:askd_prompt = name
  else
    b:askd_prompt = name
  endif
  Told(bufnr())
enddef

def Told(buf: number)
  final is_chat = !empty(chat.Get(buf))
  final names = (is_chat ? values(getbufvar(buf, 'askd_attached', {})) : get(w:, 'askd_attached', []))
    ->mapnew((_, part) => get(part, 'name', part.type))
  final prompt = is_chat ? getbufvar(buf, 'askd_prompt', '') : get(w:, 'askd_prompt', '')
  if prompt != ''
    names->insert('the prompt ' .. prompt)
  endif
  notify.Info(empty(names) ? 'nothing is attached: :AskAttach FILE ..., buffer, visible or diagnostics'
    : 'attached to the next question: ' .. join(names, ', '))
enddef

# :AskChat; lines of a range go along with its first question.
export def Chat(what: string, ranges: number, first: number, last: number, mods: string)
  if ranges == 0
    chat.Open(what, mods)
    return
  endif
  final part = material.Range(bufnr(), first, last)
  chat.Open(what, mods, (buf) => AddToChat(buf, part))
enddef

# -- detaching

# All and the prompt, or what has that text in its name.
export def Detach(name: string)
  final buf = bufnr()
  if name == '' && empty(chat.Get(buf))
    w:askd_prompt = ''
  elseif name == ''
    b:askd_prompt = ''
  endif
  if empty(chat.Get(buf))
    w:askd_attached = get(w:, 'askd_attached', [])->filter((_, part) => name != '' && stridx(get(part, 'name', ''), name) < 0)
  else
    DetachFromChat(buf, name)
  endif
  Told(buf)
enddef

def DetachFromChat(buf: number, name: string)
  var attached = getbufvar(buf, 'askd_attached', {})
  for n in keys(attached)
    if stridx(get(attached[n], 'name', ''), name) >= 0
      final line = turns.Comment(send.AttachedPairs(buf, [str2nr(n)])[0])
      final at = getbufline(buf, 1, '$')->index(line)
      if at >= 0
        deletebufline(buf, at + 1)
      endif
      remove(attached, n)
    endif
  endfor
enddef

# -- for Tab

export def Complete(lead: string, _: string, _: number): list<string>
  return keys(SOURCES)->sort()->filter((_, word) => stridx(word, lead) == 0) + getcompletion(lead, 'file')
enddef

export def CompleteAttached(lead: string, _: string, _: number): list<string>
  final parts = empty(chat.Get(bufnr())) ? get(w:, 'askd_attached', []) : values(get(b:, 'askd_attached', {}))
  return args.Matching(mapnew(parts, (_, part) => get(part, 'name', '')), lead)
enddef
