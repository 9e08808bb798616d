vim9script
# What askd#Status() shows in a status line: model, running answers, tokens and cost of today. It returns what is known
# and waits for nothing; while it is shown the daemon is asked again every few seconds, and where something happened. It
# starts no daemon: who only looks gets the figures once something was asked.

import autoload 'askd/client.vim'
import autoload 'askd/options.vim'
import autoload 'askd/words.vim'

const EVERY = 5000 # ms
const SOON = 200
const TELLING = ['answer', 'ended', 'lost'] # changes of conversations that do

var known = {model: '', running: 0, tokens: 0, costs: []}
var is_known = false
var stale = true
var asked_at = 0
var asking = 0 # replies that are still to come
var shown = false
var ticking = -1
var soon = -1
var listening = false

export def Text(): string
  shown = true
  if !listening && client.State() ==# 'ready'
    listening = true
    client.OnState((_) => Changed())
    client.Watch('', (_, change) => {
      if index(TELLING, get(change, 'type', '')) >= 0
        Changed()
      endif
    })
  endif
  if ticking < 0
    ticking = timer_start(EVERY, Tick, {repeat: -1})
  endif
  if client.State() ==# 'ready' && asking == 0 && (stale || localtime() - asked_at >= EVERY / 1000)
    Ask()
  endif
  return is_known && client.State() ==# 'ready' ? Line() : ''
enddef

# Something happened that the figures depend on. Much may happen at once.
export def Changed()
  stale = true
  if soon < 0
    soon = timer_start(SOON, (_) => {
      soon = -1
      redrawstatus!
    })
  endif
enddef

def Line(): string
  var told = [options.Get('model') == '' ? known.model : options.Get('model')]
  if known.running > 0
    told->add(known.running .. ' running')
  endif
  if known.tokens > 0
    told->add(words.Count(known.tokens) .. ' tokens')
  endif
  return join(told + known.costs, ' · ')
enddef

def Tick(_: number)
  if !shown
    timer_stop(ticking)
    ticking = -1
    return
  endif
  shown = false
  redrawstatus! # which asks Text again, where it is still in a status line
enddef

def Midnight(): number
  const now = localtime()
  return now - str2nr(strftime('%H', now)) * 3600 - str2nr(strftime('%M', now)) * 60 - str2nr(strftime('%S', now))
enddef

def Ask()
  stale = false
  asked_at = localtime()
  asking = 3
  client.Request('status', {}, (err, result) => {
    if empty(err)
      known.model = result.default_model
    endif
    Came()
  })
  client.Request('answer.list', {state: 'running'}, (err, result) => {
    if empty(err)
      known.running = len(result)
    endif
    Came()
  })
  client.Request('usage.report', {since: Midnight()}, (err, result) => {
    if empty(err)
      Count(result.rows)
    endif
    Came()
  })
enddef

def Count(rows: list<any>)
  known.tokens = 0
  known.costs = []
  for row in rows
    known.tokens += row.input_tokens + row.output_tokens
    if type(get(row, 'currency', v:null)) == v:t_string && has_key(row, 'cost')
      known.costs->add(words.Money(row.cost, row.currency))
    endif
  endfor
enddef

def Came()
  asking -= 1
  if asking == 0
    is_known = true
    redrawstatus!
  endif
enddef
