vim9script
# :AskCommit: the message of what is staged, by the prompt `commit`: above what git has written into the buffer, or in a
# window of its own where the buffer is none of git's. Words behind the command are the prompt's {{style}}.

import autoload 'askd/answer.vim'
import autoload 'askd/args.vim'
import autoload 'askd/ask.vim'
import autoload 'askd/client.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/run.vim'
import autoload 'askd/words.vim'

var calls: dict<dict<any>> = {} # what runs, by buffer

export def Write(text: string)
  final given = args.Parse(text, ['-m', '-p'])
  if given.error != ''
    notify.Error({code: 'invalid_request', message: given.error})
    return
  endif
  final buf = &filetype ==# 'gitcommit' ? bufnr() : 0
  final folder = buf == 0 && isdirectory(expand('%:p:h')) ? expand('%:p:h') : getcwd()
  run.Run(['git', 'diff', '--staged', '--no-color', '--no-ext-diff'], folder, (status, diff, errors) => {
    if status != 0
      notify.Error('git: ' .. words.Line(matchstr(errors, '^\_.\{-}\ze\(\n\|$\)')))
    elseif trim(diff) == ''
      notify.Error('nothing is staged: git add says what goes into the commit')
    else
      Ask(buf != 0 && bufloaded(buf) ? buf : Scratch(), diff, given)
    endif
  })
enddef

def Scratch(): number
  botright new
  setlocal buftype=nofile bufhidden=wipe noswapfile filetype=gitcommit
  setlocal nomodeline
  return bufnr()
enddef

def Ask(buf: number, diff: string, given: dict<string>)
  if has_key(calls, buf)
    notify.Error('a message is being written here already; :AskStop ends it')
    return
  endif
  if getbufline(buf, 1, '$') != ['']
    appendbufline(buf, 0, '')
  endif
  final sink = answer.Into(buf, {line: 1, OnEnd: (s, err, _) => {
    remove(calls, buf)
    if !empty(err)
      notify.Error(err)
    endif
  }})
  var question = ask.Question(extend(copy(given), {prompt: given.prompt == '' ? 'commit' : given.prompt, words: diff}), [])
  if given.words != ''
    question.vars = {style: given.words}
  endif
  calls[buf] = client.Stream('chat', question, answer.Callbacks(sink))
enddef

# Ends what runs in a buffer. False where nothing does.
export def Stop(buf: number): bool
  if !has_key(calls, buf)
    return false
  endif
  client.Cancel(calls[buf])
  return true
enddef
