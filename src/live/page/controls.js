// The buttons: what they ask of the job, and when they may.

import { byId, setText } from './elements.js'

/** How long a button that asks again waits for the second click. */
const SURE_MS = 4000

/** Wires the buttons; gives what brings them up to date. */
export function wireControls() {
  const [pause, stop, savepoint] = ['pause', 'stop', 'savepoint'].map(byId)
  const speed = byId('speed')
  const busy = new Set()
  let state = ''

  const act = async (name, body = {}) => {
    if (busy.has(name)) return
    busy.add(name)
    enable()
    say(`${name}…`)
    try {
      const answer = await fetch(`/actions/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-millrace-action': '1' },
        body: JSON.stringify(body),
      })
      const { error } = await answer.json()
      say(error ? `${name}: ${error.message}` : `${name}: done`, error !== undefined)
    } catch (error) {
      say(`${name}: ${error.message}`, true)
    }
    busy.delete(name)
    enable()
  }

  function enable() {
    const isOver = state === 'done' || state === 'failed'
    const isIdle = state === '' || state === 'starting' || state === 'stopping' || isOver
    pause.disabled = isIdle || busy.has('pause') || busy.has('resume')
    speed.disabled = isIdle
    stop.disabled = state === 'stopping' || isOver || busy.has('stop')
    if (savepoint) savepoint.disabled = isIdle || busy.has('savepoint')
  }

  pause.addEventListener('click', () => act(state === 'paused' ? 'resume' : 'pause'))
  savepoint?.addEventListener('click', () => act('savepoint'))
  speed.addEventListener('change', () =>
    act('speed', { speed: speed.value === 'max' ? 'max' : Number(speed.value) }),
  )
  asksAgain(stop, 'Stop', 'Really stop?', () => act('stop'))

  return frame => {
    state = frame.state
    setText(pause, state === 'paused' ? 'Resume' : 'Pause')
    byId('speed-label').hidden = frame.replay === undefined
    if (frame.replay && document.activeElement !== speed) showSpeed(speed, String(frame.replay.speed))
    enable()
  }
}

/** The speed that the replay has, also where it is none of those offered. */
function showSpeed(select, value) {
  if (![...select.options].some(option => option.value === value))
    select.add(new Option(`${value} times`, value))
  if (select.value !== value) select.value = value
}

function asksAgain(button, label, question, act) {
  let timer
  const calm = () => {
    clearTimeout(timer)
    timer = undefined
    setText(button, label)
    button.classList.remove('sure')
  }
  button.addEventListener('click', () => {
    if (timer === undefined) {
      setText(button, question)
      button.classList.add('sure')
      timer = setTimeout(calm, SURE_MS)
      return
    }
    calm()
    act()
  })
  button.addEventListener('blur', calm)
}

export function say(text, isWrong = false) {
  const message = byId('message')
  setText(message, text)
  message.classList.toggle('wrong', isWrong)
}
