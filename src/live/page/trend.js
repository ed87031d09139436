// Rows per second over the last five minutes.

import { element } from './elements.js'
import { clock, large, niceAbove } from './format.js'

const HEIGHT = 120
const LEFT = 54
const BOTTOM = 20
/** As many points as the server keeps. */
const POINTS = 300

const points = []

/** Takes what was before the page was opened. */
export function setTrend(all) {
  points.splice(0, points.length, ...all)
}

export function addPoint({ atMs, inPerS, outPerS }) {
  const last = points.at(-1)
  if (last && atMs - last.atMs < 1000) return false
  points.push({ atMs, inPerS, outPerS })
  if (points.length > POINTS) points.shift()
  return true
}

export function drawTrend(parent) {
  const width = Math.max(300, parent.clientWidth)
  const top = niceAbove(Math.max(...points.map(({ inPerS, outPerS }) => Math.max(inPerS, outPerS)), 1))
  const untilMs = points.at(-1)?.atMs ?? 0
  const fromMs = Math.min(points[0]?.atMs ?? 0, untilMs - 30_000)
  const x = ms => LEFT + ((width - LEFT - 8) * (ms - fromMs)) / Math.max(1, untilMs - fromMs)
  const y = value => 8 + (HEIGHT - 8 - BOTTOM) * (1 - value / top)
  const line = (name, of) =>
    element('svg:path', {
      class: name,
      d: points
        .map((point, i) => `${i ? 'L' : 'M'}${x(point.atMs).toFixed(1)},${y(of(point)).toFixed(1)}`)
        .join(''),
    })
  const text = (x, y, anchor, label) =>
    element('svg:text', { class: 'soft', x, y, 'text-anchor': anchor }, label)
  const last = points.at(-1)
  parent.replaceChildren(
    element(
      'svg:svg',
      {
        viewBox: `0 0 ${width} ${HEIGHT}`,
        width: '100%',
        role: 'img',
        'aria-label': last
          ? `Rows per second: ${large(last.inPerS)} read, ${large(last.outPerS)} written`
          : 'Rows per second: nothing yet',
      },
      ...[0, 0.5, 1].flatMap(part => [
        element('svg:line', { class: 'grid', x1: LEFT, x2: width - 8, y1: y(part * top), y2: y(part * top) }),
        text(LEFT - 8, y(part * top) + 4, 'end', large(part * top)),
      ]),
      text(LEFT, HEIGHT - 4, 'start', clock(fromMs)),
      text(width - 8, HEIGHT - 4, 'end', clock(untilMs)),
      line('in', point => point.inPerS),
      line('out', point => point.outPerS),
    ),
    element(
      'p',
      { class: 'hint' },
      element('span', { class: 'key busy' }, 'read'),
      ' ',
      element('span', { class: 'key pressed' }, 'written'),
    ),
  )
}
