vim9script
# :AskCompare: several models are asked the same, and each answer streams into a window of a tab of their own. In a
# conversation the question is stored once, and each answer as a branch below it.

import autoload 'askd/args.vim'
import autoload 'askd/ask.vim'
import autoload 'askd/client.vim'
import autoload 'askd/material.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/split.vim' as windows

const USAGE = 'which models, and what is to be asked? :[range]AskCompare [-p PROMPT] [-c CONVERSATION]'
  .. ' MODEL,MODEL WORDS'

export def Compare(text: string, ranges: number, first: number, end: number)
  final given = args.Parse(text, ['-p', '-c'])
  final models = matchstr(given.words, '^\S*')->split(',')
  given.words = matchstr(given.words, '^\S*\s*\zs\_.*')
  final taken = material.Take()
  final parts = copy(taken.parts)
  if given.prompt == ''
    given.prompt = taken.prompt
  endif
  if ranges > 0
    parts->add(material.Range(bufnr(), first, end))
  endif
  if given.error != ''
    material.GiveBack(taken)
    notify.Error({code: 'invalid_request', message: given.error})
  elseif len(models) < 2 || (given.words == '' && given.prompt == '' && empty(parts))
    material.GiveBack(taken)
    notify.Error({code: 'invalid_request', message: USAGE})
  else
    Ask(given, models, parts, taken)
  endif
enddef

def Ask(given: dict<string>, models: list<string>, parts: list<dict<any>>, taken: dict<any>)
  var params = ask.Question(given, parts)
  if has_key(params, 'model')
    remove(params, 'model')
  endif
  extend(params, {models: models, detach: true, conversation: given.conversation == '' ? 'new' : given.conversation})
  client.Request('compare', params, (err, result) => {
    if empty(err)
      Show(result.answers)
    else
      material.GiveBack(taken)
      notify.Error(err)
    endif
  })
enddef

def Show(answers: list<any>)
  var first = true
  for a in answers
    if first
      windows.Open(a.answer, 'tab')
      win_gotoid(get(win_findbuf(bufnr(windows.PREFIX .. a.answer)), -1, 0))
    else
      windows.Open(a.answer, 'botright vertical')
    endif
    first = false
    for win in win_findbuf(bufnr(windows.PREFIX .. a.answer))
      setwinvar(win, '&statusline', '%{askd#Answer()}%<%=%P')
    endfor
  endfor
  wincmd =
enddef

# MODEL,MODEL for Tab: the last of them is being typed.
export def Complete(lead: string, line: string, at: number): list<string>
  final before = strpart(line, 0, at - strlen(lead))
  if before =~# '\<AskCompare!\?\s\+\(-[pc]\s\+\S\+\s\+\)*$' && lead !~# '^-'
    final done = matchstr(lead, '^.*,')
    return args.Matching(args.Offers('model'), strpart(lead, len(done)))->mapnew((_, m) => done .. m)
  endif
  return args.Complete(lead, line, at)
enddef
