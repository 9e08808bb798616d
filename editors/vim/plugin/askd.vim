if !has('vim9script')
  command! -nargs=* -range Ask echohl ErrorMsg | echomsg 'askd: needs Vim 9.0.0438 or newer' | echohl None
  finish
endif
vim9script noclear
# Commands and mappings of askd. Nothing else is loaded, and no daemon talked with, before one of them is used.

if exists('g:loaded_askd')
  finish
endif
g:loaded_askd = 1

# What Vim has to have; :AskHealth says the same at length.
if !(has('patch-9.0.0438') && has('job') && has('channel') && has('timers') && has('textprop') && has('popupwin'))
  command! -nargs=* -range Ask echohl ErrorMsg | echomsg 'askd: needs Vim 9.0.0438 or newer with +job, +channel, +timers, +textprop and +popupwin' | echohl None
  finish
endif

command! -nargs=* -range -complete=customlist,askd#args#Complete Ask askd#ask#Ask(<q-args>, <range>, <line1>, <line2>, <q-mods>)
command! -nargs=* -range -complete=customlist,askd#args#Complete AskRewrite askd#rewrite#Rewrite(<q-args>, <line1>, <line2>)
command! -bar AskStop askd#ask#Stop()
command! -bar AskAccept askd#diff#Accept(bufnr())
command! -bar AskReject askd#diff#Reject(bufnr())
command! -bar AskDiff askd#diff#Compare(bufnr())
command! -bar -nargs=? -complete=customlist,askd#suggest#Choices AskSuggest askd#suggest#Set(<q-args>)
command! -nargs=? -range -complete=customlist,askd#chat#Complete AskChat askd#attach#Chat(<q-args>, <range>, <line1>, <line2>, <q-mods>)
command! -nargs=* -bang -complete=customlist,askd#args#Complete AskSend askd#send#Command(<q-args>, <q-bang> == '!')
command! -nargs=? -complete=customlist,askd#branches#Complete AskBranch askd#branches#Go(<q-args>)
command! -nargs=? -complete=file AskApply askd#apply#Apply(<q-args>)
command! -nargs=* -range -complete=customlist,askd#attach#Complete AskAttach askd#attach#Attach([<f-args>], <range>, <line1>, <line2>)
command! -nargs=? -complete=customlist,askd#attach#CompleteAttached AskDetach askd#attach#Detach(<q-args>)
command! -nargs=* -range -complete=customlist,askd#compare#Complete AskCompare askd#compare#Compare(<q-args>, <range>, <line1>, <line2>)
command! -nargs=* -complete=customlist,askd#args#Complete AskCommit askd#commit#Write(<q-args>)
command! -bar -bang -nargs=? AskResume askd#resume#Resume(<q-bang> == '!', <q-args>)
command! -nargs=? -complete=customlist,askd#choose#CompleteModel AskModel askd#choose#Model(<q-args>)
command! -nargs=? -range -complete=customlist,askd#choose#CompletePrompt AskPrompt askd#choose#Prompt(<q-args>, <range>, <line1>, <line2>, <q-mods>)
command! -bang -nargs=* AskConversations askd#choose#Conversation(<q-bang> == '!', <q-args>, <q-mods>)
command! -bar AskHealth askd#health#Check()

nnoremap <silent> <Plug>(askd-diff-accept) <Cmd>AskAccept<CR>
nnoremap <silent> <Plug>(askd-diff-reject) <Cmd>AskReject<CR>
# Accepting is an undo step of its own.
inoremap <silent> <Plug>(askd-accept) <C-G>u<Cmd>call askd#suggest#Accept('all')<CR><C-G>u
inoremap <silent> <Plug>(askd-accept-word) <C-G>u<Cmd>call askd#suggest#Accept('word')<CR><C-G>u
inoremap <silent> <Plug>(askd-accept-line) <C-G>u<Cmd>call askd#suggest#Accept('line')<CR><C-G>u
inoremap <silent> <Plug>(askd-dismiss) <Cmd>call askd#suggest#Dismiss()<CR>

augroup askd
  autocmd!
  autocmd BufReadCmd askd://answer/* askd#split#Read(expand('<amatch>'))
  autocmd BufWipeout askd://answer/* askd#split#Leave(expand('<abuf>')->str2nr())
  autocmd BufReadCmd askd://conversation/* askd#chat#Load(expand('<amatch>'))
  autocmd BufWriteCmd askd://conversation/* askd#send#Write(expand('<abuf>')->str2nr())
  autocmd BufUnload askd://conversation/* askd#chat#Leave(expand('<abuf>')->str2nr())
  autocmd CmdlineChanged : if getcmdline() =~# '\<Ask\a*\s' | askd#args#Ahead() | endif
  autocmd InsertEnter * ++once if get(g:, 'askd_suggest', 0) | askd#suggest#Set('on') | endif
augroup END
