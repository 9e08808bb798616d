vim9script
# :Ask, about lines of the buffer or without them.

import autoload 'askd/args.vim'
import autoload 'askd/chat.vim'
import autoload 'askd/client.vim'
import autoload 'askd/commit.vim'
import autoload 'askd/diff.vim'
import autoload 'askd/material.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/options.vim'
import autoload 'askd/split.vim'

const CALM = 50                # milliseconds between two looks whether a window may be opened
const PATIENCE = 1000          # milliseconds after which the user is told that nothing came yet

# Where it is asked, for "last".
export def Context(): dict<any>
  return {cwd: getcwd()}
enddef

# What goes into `chat` of what stands behind a command; [params, error].
export def Question(given: dict<string>, attachments: list<dict<any>>): dict<any>
  final model = given.model != '' ? given.model : options.Get('model')
  var params: dict<any> = {context: Context()}
  if given.words != ''
    params.prompt = given.words
  endif
  if !empty(attachments)
    params.attachments = attachments
  endif
  if model != ''
    params.model = model
  endif
  if given.prompt != ''
    params.template = given.prompt
  endif
  return params
enddef

# The conversation that a buffer shows, '' for none.
def Here(): string
  return get(get(b:, 'askd', {}), 'conversation', '')
enddef

export def Ask(text: string, ranges: number, first: number, end: number, mods: string)
  final given = args.Parse(text)
  if given.error != ''
    notify.Error({code: 'invalid_request', message: given.error})
    return
  endif
  final taken = material.Take()
  final parts = copy(taken.parts)
  if given.prompt == ''
    given.prompt = taken.prompt
  endif
  final whole = ranges > 0 ? material.Lines(bufnr(), first, end) : ''
  # A prompt of the library with nothing but lines takes them for its input, as `ask -p NAME < FILE` does.
  if ranges > 0 && given.words == '' && given.prompt != ''
    given.words = whole
  elseif ranges > 0
    add(parts, material.Range(bufnr(), first, end))
  endif
  if given.words == '' && given.prompt == '' && empty(parts)
    notify.Error({
      code: 'invalid_request',
      message: 'what is to be asked? :[range]Ask [-m MODEL] [-p PROMPT] [-c CONVERSATION] WORDS',
    })
    return
  endif
  final here = Here()
  final params = extend(Question(given, parts), {
    conversation: given.conversation != '' ? given.conversation : here != '' ? here : 'new',
    detach: true,
  })
  Send(params, mods, () => material.GiveBack(taken))
enddef

# Windows are opened between two commands only: somebody who is in the middle of one, or selects something, is not
# disturbed. Typing text goes on as it was.
def WhenCalm(Do: func)
  if mode(1) =~ '^\%(n$\|[iR]\)' && getcmdwintype() == ''
    call(Do, [])
  else
    timer_start(CALM, (_) => WhenCalm(Do))
  endif
enddef

def Send(params: dict<any>, mods: string, Refused: func)
  final slow = timer_start(PATIENCE, (_) => notify.Info('waiting for the daemon'))
  client.Request('chat', params, (err, result) => {
    timer_stop(slow)
    if empty(err)
      WhenCalm(() => split.Open(result.answer, mods))
    else
      call(Refused, [])
      notify.Error(err)
    endif
  })
enddef

# Ends what runs for this buffer: an answer that it shows, or a rewrite.
export def Stop()
  final buf = bufnr()
  if split.Stop(buf) || chat.Stop(buf) || commit.Stop(buf) || (get(diff.Of(buf), 'coming', false) && diff.Reject(buf))
    return
  endif
  notify.Info('nothing runs in this buffer')
enddef
