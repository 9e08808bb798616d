vim9script
# What becomes of what is picked (pickers.vim), or named behind :AskModel, :AskPrompt, :AskConversations.

import autoload 'askd/args.vim'
import autoload 'askd/ask.vim'
import autoload 'askd/attach.vim'
import autoload 'askd/chat.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/options.vim'
import autoload 'askd/pickers.vim'
import autoload 'askd/status.vim'

# For this chat or answer, else for the whole Vim; `default` is what the daemon would choose.
export def Model(name: string)
  if name == ''
    pickers.Models(options.Get('model'), Model)
    return
  endif
  final model = name ==# 'default' ? '' : name
  if bufname() =~# '^askd://'
    b:askd_model = model
  else
    g:askd_model = model
  endif
  status.Changed()
  notify.Info('model: ' .. name)
enddef

# The prompt by which the next question of this chat or window goes; with lines, they are asked about at once.
export def Prompt(name: string, ranges: number, first: number, last: number, mods: string)
  if name == ''
    pickers.Prompts((chosen) => Prompt(chosen, ranges, first, last, mods))
  elseif ranges > 0
    ask.Ask('-p ' .. name, 1, first, last, mods)
  else
    attach.SetPrompt(name)
  endif
enddef

export def Conversation(everywhere: bool, searched: string, mods: string)
  final Done = (id) => chat.Open(id, mods)
  if searched == ''
    pickers.Conversations(everywhere, Done)
  else
    pickers.Found(searched, everywhere, Done)
  endif
enddef

# For Tab.
export def CompleteModel(lead: string, _: string, _: number): list<string>
  return args.Matching(args.Offers('model') + ['default'], lead)
enddef

export def CompletePrompt(lead: string, _: string, _: number): list<string>
  return args.Matching(args.Offers('prompt'), lead)
enddef
