vim9script
# Buffers that show an answer, askd://answer/ID. What stands in them is what the daemon has: opening one attaches to the
# answer from its beginning, whether it is running, has ended, or was asked by another client.

import autoload 'askd/answer.vim'
import autoload 'askd/client.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/options.vim'

export const PREFIX = 'askd://answer/'

var readers: dict<dict<any>> = {} # the call by which each buffer is attached

# '' for a buffer that shows none.
export def Answer(buf: number): string
  return get(getbufvar(buf, 'askd', {}), 'answer', '')
enddef

def Shown(): number
  for win in gettabinfo(tabpagenr())[0].windows
    if stridx(bufname(winbufnr(win)), PREFIX) == 0
      return win
    endif
  endfor
  return 0
enddef

# Shows an answer, in the window of this tab that shows one already, else in a new one; the cursor stays where it is.
# mods: what stood before the command. The buffer's number, 0 where none was opened.
export def Open(id: string, mods: string = ''): number
  if id !~ '^[A-Za-z0-9_.-]\+$'
    notify.Error({code: 'not_found', message: $'no answer is called {id}'})
    return 0
  endif
  final from = win_getid()
  final shown = mods == '' ? Shown() : 0
  if shown != 0
    win_gotoid(shown)
    execute 'silent keepalt edit' PREFIX .. id
  else
    execute 'silent' (mods == '' ? options.Get('split') : mods) 'split' PREFIX .. id
  endif
  final buf = bufnr()
  win_gotoid(from)
  return buf
enddef

def Prepare()
  setlocal buftype=nofile bufhidden=hide noswapfile nomodeline undolevels=-1 wrap linebreak
  # A name that is an id tells nothing; another buffer that comes into the window has its own.
  &l:statusline = '%{%exists("b:askd") ? "%{askd#Answer()}" : "%f %m"%}%<%=%P'
  setlocal modifiable
  silent deletebufline('%', 1, '$')
  setlocal nomodifiable nomodified
  if &filetype != 'markdown'
    setlocal filetype=markdown
    setlocal nomodeline
  endif
enddef

# What statuslines and others go by; always b:askd, whatever shows an answer.
def Tell(sink: dict<any>)
  if !bufexists(sink.buf)
    return
  endif
  setbufvar(sink.buf, 'askd', {
    kind: 'answer',
    answer: sink.answer,
    conversation: sink.conversation,
    state: sink.state,
    model: sink.model,
    usage: sink.usage,
    note: sink.note,
  })
enddef

# For BufReadCmd.
export def Read(name: string)
  final buf = bufnr()
  final id = strpart(name, strlen(PREFIX))
  Leave(buf)
  Prepare()
  final sink = answer.Into(buf, {
    line: 1,
    OnChange: Tell,
    OnEnd: (s, _, _) => {
      Tell(s)
      if has_key(readers, s.buf)
        remove(readers, s.buf)
      endif
    },
  })
  sink.answer = id
  answer.Note(sink, 'nothing has come yet')
  Tell(sink)
  readers[buf] = client.Stream('answer.attach', {answer: id, from: 0}, answer.Callbacks(sink))
enddef

# Nobody looks any more; the answer runs on.
export def Leave(buf: number)
  if has_key(readers, buf)
    client.Drop(remove(readers, buf))
  endif
enddef

# Ends what runs in a buffer. False where nothing does.
export def Stop(buf: number): bool
  if !has_key(readers, buf)
    return false
  endif
  client.Cancel(readers[buf])
  return true
enddef
