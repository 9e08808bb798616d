vim9script
# :AskHealth: what works and what does not, each with what mends it. It asks for everything at once, waits for nothing,
# and shows what there is after a few seconds even where the daemon says nothing.

import autoload 'askd/client.vim'
import autoload 'askd/notify.vim'
import autoload 'askd/options.vim'
import autoload 'askd/run.vim'
import autoload 'askd/words.vim'

const PATIENCE = 5000 # ms
const PROTOCOL = 1
const METHODS = ['answer.attach', 'answer.cancel', 'answer.get', 'answer.list', 'chat', 'compare', 'complete',
  'conversation.create', 'conversation.get', 'conversation.head', 'conversation.list', 'conversation.rename',
  'conversation.search', 'conversation.watch', 'models.aliases', 'models.list', 'prompt.list', 'status', 'usage.report']
const FEATURES = ['job', 'channel', 'timers', 'textprop', 'popupwin']

# A finding: [OK, WARNING or ERROR, what, mend].

def Editor(): list<list<string>>
  final [major, minor, patch] = [v:versionlong / 1000000, v:versionlong / 10000 % 100, v:versionlong % 10000]
  final version = printf('Vim %d.%d.%04d', major, minor, patch)
  final missing = copy(FEATURES)->filter((_, f) => !has(f))->map((_, f) => '+' .. f)
  return [has('patch-9.0.0438') ? ['OK', version, '']
      : ['ERROR', version .. ' is too old', 'install Vim 9.0.0438 or newer'],
    empty(missing) ? ['OK', 'it has ' .. mapnew(FEATURES, (_, f) => '+' .. f)->join(' '), '']
      : ['ERROR', 'it lacks ' .. join(missing), 'install a Vim with them, on Debian vim-nox or vim-gtk3']]
enddef

def Program(status: number, said: string): list<list<string>>
  final program = options.Get('askctl')
  if executable(program) == 0
    return [['ERROR', program .. ' is not found', "install askd, or: let g:askd_askctl = '/path/to/askctl'"]]
  elseif status != 0
    return [['ERROR', program .. ' does not run: ' .. words.Line(said), 'run ' .. program .. ' --version in a shell']]
  endif
  return [['OK', words.Line(said) .. ' at ' .. exepath(program), '']]
enddef

def Socket(): list<list<string>>
  final named = $ASKD_SOCKET != '' ? $ASKD_SOCKET .. ' ($ASKD_SOCKET)'
    : $XDG_RUNTIME_DIR != '' ? $XDG_RUNTIME_DIR .. '/askd/askd.sock' : ''
  return named == '' ? [] : [['OK', 'socket: ' .. named, '']]
enddef

def Daemon(err: dict<any>, hello: dict<any>): list<list<string>>
  if !empty(err)
    return [['ERROR', 'no daemon: ' .. words.Line(notify.Text(err)), 'askctl doctor']]
  endif
  final missing = copy(METHODS)->filter((_, m) => index(hello.methods, m) < 0)
  return [['OK', hello.server .. ' ' .. hello.version .. ' answers, as uid ' .. hello.uid, ''],
    hello.protocol == PROTOCOL ? ['OK', 'protocol ' .. hello.protocol, '']
      : ['ERROR', 'it speaks protocol ' .. hello.protocol .. ', this plugin ' .. PROTOCOL,
        'install plugin and daemon of one version'],
    empty(missing) ? ['OK', 'it has all methods that this plugin calls', '']
      : ['ERROR', 'it has no ' .. join(missing, ', '), 'install a newer askd, then: askctl call shutdown']]
enddef

const PROVIDER = {
  ready: ['OK', 'ready', ''],
  local: ['OK', 'a local server, looked for when it is asked', ''],
  no_key: ['WARNING', 'has no key', 'askctl setup'],
}

def Providers(told: dict<any>): list<list<string>>
  var found: list<list<string>> = []
  for p in told.providers
    final [level, what, mend] = get(PROVIDER, p.state, ['WARNING', p.state, 'askctl doctor'])
    found->add([level, 'provider ' .. p.name .. ': ' .. what, mend])
  endfor
  if told.providers->copy()->filter((_, p) => p.state ==# 'ready' || p.state ==# 'local')->empty()
    found->add(['ERROR', 'no provider can be asked', 'askctl setup'])
  endif
  found->add(told.default_model != '' ? ['OK', 'asked by default: ' .. told.default_model, '']
    : ['WARNING', 'no model is asked by default', "default_model in [daemon] of askd.conf, or: let g:askd_model = 'NAME'"])
  if told.store.state ==# 'failing'
    found->add(['ERROR', 'the store fails: ' .. words.Line(get(told.store, 'error', '')), 'askctl doctor'])
  elseif told.store.state ==# 'off' || told.store.backend ==# 'null'
    found->add(['WARNING', 'conversations are not kept', "keep = forever in [store] of askd.conf"])
  endif
  return found
enddef

# Pure: sections of findings to lines.
export def Lines(sections: list<list<any>>): list<string>
  var lines = ['# askd: health', '']
  for [title, findings] in sections
    lines += ['## ' .. title, '']
    for [level, what, mend] in findings
      lines += ['- ' .. level .. ': ' .. what] + (mend == '' ? [] : ['  - mend: ' .. mend])
    endfor
    lines->add('')
  endfor
  return lines
enddef

export def Check()
  var state = {left: 3, shown: false, askctl: [], daemon: [], providers: []}
  def Came()
    state.left -= 1
    if state.left == 0
      Show(state)
    endif
  enddef
  final silent = ['ERROR', 'no reply within ' .. (PATIENCE / 1000) .. ' s', 'askctl doctor']
  state.askctl = [silent]
  state.daemon = [silent]
  final program = options.Get('askctl')
  run.Run([program, '--version'], '', (status, out, errors) => {
    state.askctl = Program(status, status == 0 ? out : errors)
    Came()
  })
  client.Request('hello', {client: 'vim'}, (err, hello) => {
    state.daemon = Daemon(err, hello)
    Came()
  })
  client.Request('status', {}, (err, told) => {
    state.providers = empty(err) ? Providers(told) : []
    Came()
  })
  timer_start(PATIENCE, (_) => Show(state))
enddef

def Show(state: dict<any>)
  if state.shown
    return
  endif
  state.shown = true
  silent botright new
  setlocal buftype=nofile bufhidden=wipe noswapfile filetype=markdown
  setlocal nomodeline
  setline(1, Lines([['Vim', Editor()], ['askctl', state.askctl], ['Daemon', Socket() + state.daemon]]
    + (empty(state.providers) ? [] : [['Providers', state.providers]])))
  setlocal nomodifiable nomodified
enddef
