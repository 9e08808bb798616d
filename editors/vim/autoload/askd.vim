vim9script
# What a user's own settings call.

import autoload 'askd/status.vim'
import autoload 'askd/words.vim'

# For 'statusline': model, running answers, tokens and cost of today; '' before anything was asked.
#   set statusline=%f%=%{askd#Status()}
export def Status(): string
  return status.Text()
enddef

# Likewise what an answer's or a chat's own window shows: model, state, tokens, cost. '' in other windows.
export def Answer(): string
  final shown = get(b:, 'askd', {})
  if empty(shown)
    return ''
  endif
  var told = [shown.model, shown.state]
  final usage = get(shown, 'usage', {})
  if has_key(usage, 'output_tokens')
    told->add(words.Count(get(usage, 'input_tokens', 0) + usage.output_tokens) .. ' tokens')
  endif
  if has_key(usage, 'cost')
    told->add(words.Money(usage.cost, get(usage, 'currency', '')))
  endif
  return filter(told, (_, word) => word != '')->join(' · ')
enddef
