vim9script
# :AskBranch: the other branches of the conversation that a buffer shows. Going to one moves the conversation's head, so
# that whoever goes on with it, here or in a shell, goes on there.

import autoload 'askd/branch.vim'
import autoload 'askd/chat.vim'
import autoload 'askd/client.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/page.vim'
import autoload 'askd/pick.vim'
import autoload 'askd/words.vim'

# where: 'next' or 'prev' of the turn under the cursor, or else of the last one that has others beside it; '': one
# that is picked.
export def Go(where: string)
  final c = chat.Get(bufnr())
  if empty(c)
    notify.Error('this buffer shows no conversation: :AskChat opens one')
  elseif branch.FirstChange(c.known, page.Read(c.buf).turns) < len(c.known)
    notify.Error('earlier turns were changed here: send them with :w, or take it back with u')
  elseif where == ''
    Pick(c)
  elseif where !=# 'next' && where !=# 'prev'
    notify.Error(':AskBranch, :AskBranch next or :AskBranch prev')
  else
    Beside(c, where ==# 'next' ? 1 : -1)
  endif
enddef

def MoveTo(c: dict<any>, message: string)
  if !empty(c.runs)
    notify.Error('an answer is still coming here; :AskStop ends it')
    return
  endif
  client.Request('conversation.head', {conversation: c.conversation, message: message}, (err, _) => {
    if !empty(err)
      notify.Error(err)
    elseif message ==# c.head && message !=# c.tip
      c.tip = message # the head was there already, and nobody tells of it
      chat.Refresh(c)
    endif
  })
enddef

# -- beside a turn

def TurnAt(c: dict<any>, line: number): number
  final read = page.Read(c.buf).turns
  return read->indexof((i, t) => i < len(c.known) && t.first <= line && line <= t.last)
enddef

def Beside(c: dict<any>, step: number)
  final here = TurnAt(c, line('.'))
  final has_others = here >= 0 && len(branch.Siblings(c.messages, c.known[here].id)) > 1
  final places = has_others ? [here] : reverse(range(len(c.known)))
  for i in places
    final all = branch.Siblings(c.messages, c.known[i].id)
    if len(all) > 1
      final at = index(all, c.known[i].id) + step
      if at < 0 || at >= len(all)
        notify.Info('that was the ' .. (step > 0 ? 'last' : 'first') .. ' of ' .. len(all) .. ' branches')
      else
        MoveTo(c, branch.TipBelow(c.messages, all[at]))
      endif
      return
    endif
  endfor
  notify.Info('this conversation has one branch: change an earlier question and send it for another')
enddef

# -- all of them

# Pure. One for each branch: its last question, and whose answer it has.
export def Items(messages: list<any>, now: float): list<dict<any>>
  return branch.Tips(messages)->mapnew((_, tip) => {
    final path = branch.Path(messages, tip.id)
    final asked = path->copy()->filter((_, m) => m.role ==# 'user')
    final question = empty(asked) ? '' : branch.Turn(asked[-1]).text
    final state = get(tip, 'state', 'done')
    return {value: tip.id,
      text: printf('%6s  %s', words.Age(now - tip.created), strcharpart(words.Line(question), 0, 60)),
      detail: len(path) .. ' turns  ' .. get(tip, 'model', '') .. (state ==# 'done' ? '' : '  ' .. state)}
  })
enddef

def Pick(c: dict<any>)
  final items = Items(c.messages, localtime() * 1.0)
  if len(items) < 2
    notify.Info('this conversation has one branch: change an earlier question and send it for another')
    return
  endif
  pick.Choose('Branch', items, (message) => MoveTo(c, message), c.tip)
enddef

# For Tab.
export def Complete(lead: string, _: string, _: number): list<string>
  return ['next', 'prev']->filter((_, word) => stridx(word, lead) == 0)
enddef
