vim9script
# :AskModel, :AskPrompt and :AskConversations: what the daemon has, with what it says of each.

import autoload 'askd/client.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/pick.vim'
import autoload 'askd/words.vim'

const CONVERSATIONS = 200 # of the list that is offered

# -- models

def ModelDetail(m: dict<any>): string
  const window = has_key(m, 'context_window') ? words.Count(m.context_window) : ''
  const price = has_key(m, 'price_input') && has_key(m, 'price_output')
    ? words.Price(m.price_input) .. ' / ' .. words.Price(m.price_output) .. ' ' .. get(m, 'currency', '') : ''
  return trim(printf('%6s  %-18s  %s%s', window, price, m.available ? '' : 'no key  ', get(m, 'title', '')), ' ', 2)
enddef

# Aliases, then what could be asked now, then the rest. Pure.
export def ModelItems(aliases: list<any>, models: list<any>): list<dict<any>>
  var items: list<dict<any>> = []
  for a in aliases
    items->add({text: a.alias, value: a.alias,
      detail: a.policy .. ': ' .. join(empty(a.candidates) ? a.models : a.candidates, ', ')})
  endfor
  for available in [true, false]
    for m in models
      if m.available == available && m.provider != ''
        items->add({text: m.model, value: m.model, detail: ModelDetail(m)})
      endif
    endfor
  endfor
  return items
enddef

export def Models(chosen: string, Done: func)
  client.Request('models.aliases', {}, (err, aliases) => {
    client.Request('models.list', {}, (wrong, models) => {
      if !empty(wrong)
        notify.Error(wrong)
        return
      endif
      pick.Choose('Model', ModelItems(empty(err) ? aliases : [], models), Done, chosen)
    })
  })
enddef

# -- prompts

export def PromptItems(prompts: list<any>): list<dict<any>>
  return prompts->copy()->filter((_, p) => !has_key(p, 'error'))
    ->mapnew((_, p) => ({text: p.name, value: p.name, detail: words.Line(get(p, 'description', ''))}))
enddef

export def Prompts(Done: func)
  client.Request('prompt.list', {}, (err, prompts) => {
    if !empty(err)
      notify.Error(err)
    elseif empty(prompts)
      notify.Info('there is no prompt: doc/prompts of askd tells how to write one')
    else
      pick.Choose('Prompt', PromptItems(prompts), Done)
    endif
  })
enddef

# -- conversations

def Named(age: float, title: any, mark: string = ''): string
  return printf('%6s  %s%s', words.Age(age), mark, type(title) == v:t_string ? words.Line(title) : '(nothing yet)')
enddef

export def ConversationItems(conversations: list<any>, now: float): list<dict<any>>
  return conversations->mapnew((_, c) => ({
    value: c.conversation,
    text: Named(now - c.updated, c.title, c.pinned ? '* ' : ''),
    detail: c.messages .. (c.messages == 1 ? ' message' : ' messages')
      .. (type(c.model) == v:t_string ? '  ' .. c.model : '')}))
enddef

# Those of this folder; everywhere: all.
export def Conversations(everywhere: bool, Done: func)
  var wanted: dict<any> = {limit: CONVERSATIONS}
  if !everywhere
    wanted.directory = getcwd()
  endif
  client.Request('conversation.list', wanted, (err, conversations) => {
    if !empty(err)
      notify.Error(err)
    elseif empty(conversations) && !everywhere
      notify.Info('nothing was asked in this folder yet; :AskConversations! has all of them')
    elseif empty(conversations)
      notify.Info('there is no conversation yet')
    else
      pick.Choose(everywhere ? 'Conversation' : 'Conversation in ' .. fnamemodify(getcwd(), ':~'),
        ConversationItems(conversations, localtime() * 1.0), Done)
    endif
  })
enddef

# Those that hold some words, the best first.
export def Found(searched: string, everywhere: bool, Done: func)
  var wanted: dict<any> = {query: searched}
  if !everywhere
    wanted.directory = getcwd()
  endif
  client.Request('conversation.search', wanted, (err, found) => {
    if !empty(err)
      notify.Error(err)
    elseif empty(found)
      notify.Info('no conversation ' .. (everywhere ? '' : 'of this folder ') .. 'holds ' .. searched)
    else
      pick.Choose('Conversation with ' .. words.Line(searched), FoundItems(found, localtime() * 1.0), Done)
    endif
  })
enddef

export def FoundItems(found: list<any>, now: float): list<dict<any>>
  return found->mapnew((_, f) => ({value: f.conversation, text: Named(now - f.created, f.title),
    detail: words.Line(substitute(f.snippet, "[\x02\x03]", '', 'g'))}))
enddef
