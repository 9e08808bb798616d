vim9script
# The Ex command that is being carried out. Nothing else tells a chat why it is written: 'autowrite' has Vim write all
# buffers before :make and the like, where nobody wants a question asked that is not finished.

const WRITES = '\<\%(w\%[rite]\|wa\%[ll]\|wq\|wqa\%[ll]\|wn\%[ext]\|up\%[date]\|x\|xi\%[t]\|xa\%[ll]\|exi\%[t]\)\>'

var command = ''

augroup askd_typed
  autocmd!
  autocmd CmdlineLeave : command = getcmdline()
  autocmd SafeState * command = ''
augroup END

# To be called once, so that the next command is known.
export def Begin()
enddef

# Whether a window or Vim is left once the buffer is written, and has asked before. :wqall does not ask any more.
export def IsLeaving(): bool
  return command == '' || command =~# '\<\%(wq\|x\|xi\%[t]\|exi\%[t]\)\>'
enddef

# Whether Vim writes for a reason of its own.
export def IsAutowrite(): bool
  return (&autowrite || &autowriteall) && command != '' && command !~# WRITES
enddef
