vim9script
# :AskResume: what was asked in this folder, be it running or done, from whatever editor or shell: after Vim was left in
# the middle of an answer, however that came about.

import autoload 'askd/chat.vim'
import autoload 'askd/client.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/pick.vim'
import autoload 'askd/split.vim'
import autoload 'askd/words.vim'

const CONVERSATIONS = 1000 # of this folder that are looked through; the daemon tells no more at once

# id: that answer; '': those of this folder. everywhere: answers of other folders too, and those in no conversation, of which nobody knows a folder.
export def Resume(everywhere: bool, id: string)
  if id != ''
    split.Open(id)
    return
  endif
  client.Request('answer.list', {}, (err, answers) => {
    if !empty(err)
      notify.Error(err)
    elseif everywhere
      Choose(answers, everywhere)
    else
      client.Request('conversation.list', {directory: getcwd(), limit: CONVERSATIONS}, (wrong, conversations) => {
        if empty(wrong)
          Choose(Here(answers, conversations), everywhere)
        else
          notify.Error(wrong)
        endif
      })
    endif
  })
enddef

# Pure.
export def Here(answers: list<any>, conversations: list<any>): list<any>
  var here: dict<bool> = {}
  for c in conversations
    here[c.conversation] = true
  endfor
  return answers->copy()->filter((_, a) => has_key(here, get(a, 'conversation', '')))
enddef

# Those that run first. Pure.
export def Items(answers: list<any>, now: float): list<dict<any>>
  final running = answers->copy()->filter((_, a) => a.state ==# 'running')
  final ended = answers->copy()->filter((_, a) => a.state !=# 'running')
  return (running + ended)->mapnew((_, a) => ({value: a,
    text: printf('%6s  %s', words.Age(now - a.started), words.Line(a.preview)), detail: a.state .. '  ' .. a.model}))
enddef

def Choose(answers: list<any>, everywhere: bool)
  final items = Items(answers, localtime() * 1.0)
  if empty(items)
    notify.Info(everywhere ? 'there is no answer that runs, or ended within the last hour'
      : 'nothing of this folder runs, or ended within the last hour; :AskResume! looks everywhere')
  elseif len(items) == 1 || (items[0].value.state ==# 'running' && items[1].value.state !=# 'running')
    Open(items[0].value)
  else
    pick.Choose('Answer', items, Open)
  endif
enddef

# As a chat where it is part of a conversation, since there it can be gone on with.
def Open(a: dict<any>)
  if get(a, 'conversation', '') != ''
    chat.Open(a.conversation, '')
  else
    split.Open(a.answer)
  endif
enddef
