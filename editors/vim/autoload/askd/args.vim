vim9script
# What stands behind a command: -m MODEL, -p PROMPT, -c CONVERSATION, then words. And what Tab offers there: by what the
# daemon last said, which is asked for while the command is being typed.

import autoload 'askd/client.vim'

const OPTIONS = {'-m': 'model', '-p': 'prompt', '-c': 'conversation'}
const FRESH = 30               # seconds for which a list is not asked for again

var offers: dict<list<string>> = {model: [], prompt: [], conversation: ['last', 'new']}
var asked_at = -FRESH

# {model, prompt, conversation, words, error}; '' for what is not there. `--` ends the options; words stay as they are.
export def Parse(text: string, allowed: list<string> = keys(OPTIONS)): dict<string>
  final found = {model: '', prompt: '', conversation: '', words: '', error: ''}
  var rest = trim(text, " \t", 1)
  while rest =~ '^-'
    final option = strpart(rest, 0, 2)
    final behind = strpart(rest, 2)
    if rest =~ '^--\%(\s\|$\)'
      rest = trim(behind, " \t", 1)
      break
    elseif index(allowed, option) < 0
      found.error = $'{matchstr(rest, "^\\S*")} is no option; -- ends them'
      return found
    endif
    final value = matchstr(trim(behind, " \t", 1), '^\S\+')
    if value == ''
      found.error = $'{option} needs a value'
      return found
    endif
    found[OPTIONS[option]] = value
    rest = trim(strpart(trim(behind, " \t", 1), strlen(value)), " \t", 1)
  endwhile
  found.words = trim(rest, " \t", 2)
  return found
enddef

# The lists for Tab. Called as a command is typed; asks at most every half minute.
export def Ahead()
  if reltime()[0] - asked_at < FRESH
    return
  endif
  asked_at = reltime()[0]
  Learn('model', 'models.list', (all) => mapnew(all, (_, m) => m.available ? m.model : ''))
  Learn('prompt', 'prompt.list', (all) => mapnew(all, (_, p) => has_key(p, 'error') ? '' : p.name))
  Learn('conversation', 'conversation.list', (all) => ['last', 'new'] + mapnew(all, (_, c) => c.conversation))
  client.Request('models.aliases', {}, (err, all) => {
    if empty(err)
      offers.alias = mapnew(all, (_, a) => a.alias)
    endif
  })
enddef

def Learn(what: string, method: string, Names: func)
  client.Request(method, {}, (err, all) => {
    if empty(err)
      offers[what] = filter(call(Names, [all]), (_, name) => name != '')
    endif
  })
enddef

# What is known of model, prompt, conversation or alias.
export def Offers(what: string): list<string>
  Ahead()
  return what == 'model' ? get(offers, 'alias', []) + offers.model : get(offers, what, [])
enddef

# Those among them that begin with what was typed; else those that hold it: models are known by their names, and offered
# with their providers'.
export def Matching(all: list<string>, lead: string): list<string>
  final begin = copy(all)->filter((_, name) => stridx(name, lead) == 0)
  return empty(begin) ? copy(all)->filter((_, name) => stridx(name, lead) >= 0) : begin
enddef

# For -complete=customlist.
export def Complete(lead: string, line: string, at: number): list<string>
  final before = split(strpart(line, 0, at - strlen(lead)), '\s\+')
  final option = empty(before) ? '' : before[-1]
  if has_key(OPTIONS, option)
    return Matching(Offers(OPTIONS[option]), lead)
  endif
  Ahead()
  return lead =~ '^-' ? Matching(sort(keys(OPTIONS)), lead) : []
enddef
