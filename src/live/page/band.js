// A series with what was expected of it: value, expected value, bounds, alerts.

import { element } from './elements.js'
import { digits, time } from './format.js'

const HEIGHT = 270
const LEFT = 56
const BOTTOM = 24

/** @param points `{ timeMs, value, expected, lower, upper, anomaly }`, oldest first */
export function drawBand(parent, name, points) {
  const width = Math.max(280, parent.clientWidth)
  if (points.length === 0)
    return parent.replaceChildren(element('figcaption', {}, 'No values of this series yet.'))
  const runs = runsOf(points)
  const [low, high] = rangeOf(points)
  const [fromMs, untilMs] = [points[0].timeMs, points.at(-1).timeMs]
  const x = ms => LEFT + ((width - LEFT - 12) * (ms - fromMs)) / Math.max(1, untilMs - fromMs)
  const y = value =>
    10 + (HEIGHT - 10 - BOTTOM) * (1 - (Math.min(high, Math.max(low, value)) - low) / (high - low))
  const text = (x, y, anchor, label) =>
    element('svg:text', { class: 'soft', x, y, 'text-anchor': anchor }, label)
  const alerts = points.filter(({ anomaly, value }) => anomaly && isKnown(value))
  const line = (kind, of) => element('svg:path', { class: kind, d: lineOf(runs, x, y, of) })
  parent.replaceChildren(
    element(
      'svg:svg',
      {
        viewBox: `0 0 ${width} ${HEIGHT}`,
        width: '100%',
        role: 'img',
        'aria-label': `${name}: ${points.length} values from ${time(fromMs)} to ${time(untilMs)}, ${alerts.length} alerts, the last value ${digits(points.at(-1).value)}`,
      },
      ...[0, 0.5, 1].flatMap(part => {
        const value = low + part * (high - low)
        return [
          element('svg:line', { class: 'grid', x1: LEFT, x2: width - 12, y1: y(value), y2: y(value) }),
          text(LEFT - 8, y(value) + 4, 'end', digits(value)),
        ]
      }),
      text(LEFT, HEIGHT - 6, 'start', time(fromMs)),
      text(width - 12, HEIGHT - 6, 'end', time(untilMs)),
      element('svg:path', { class: 'area', d: areaOf(runs, x, y) }),
      line('expected', point => point.expected),
      line('value', point => point.value),
      ...alerts.map(({ timeMs, value }) =>
        element('svg:circle', { class: 'mark', cx: x(timeMs).toFixed(1), cy: y(value).toFixed(1), r: 4.5 }),
      ),
    ),
    element(
      'figcaption',
      {},
      `${name || 'all rows'}: value, what was expected (dashed), its bounds (shaded), alerts (dots).`,
    ),
  )
}

/**
 * Runs of points that follow one another: where the series pauses, or rows between were not written, nothing is drawn across.
 */
function runsOf(points) {
  const steps = points.slice(1).map(({ timeMs }, i) => timeMs - points[i].timeMs)
  const usual = steps.toSorted((a, b) => a - b)[steps.length >> 2] ?? 0
  const runs = []
  points.forEach((point, i) => {
    if (i === 0 || steps[i - 1] > 4 * usual) runs.push([])
    runs.at(-1).push(point)
  })
  return runs
}

/** Room for all values; bounds may be as far again from them, and leave the picture where they are further. */
function rangeOf(points) {
  const values = points.flatMap(({ value, expected }) => [value, expected].filter(isKnown).map(near))
  const bounds = points.flatMap(({ lower, upper }) => [lower, upper].filter(isKnown).map(near))
  if (values.length === 0) return [0, 1]
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const span = most - least || Math.abs(most) || 1
  const low = Math.max(Math.min(least, ...bounds), least - span)
  const high = Math.min(Math.max(most, ...bounds), most + span)
  return [low - 0.06 * span, high + 0.06 * span]
}

/** Of so large a value that differences of such ones are numbers still. */
const near = value => Math.max(-1e307, Math.min(1e307, value))

const isKnown = value => value !== null && Number.isFinite(value)

/** A line that is broken where a value is missing, and where the series pauses. */
function lineOf(runs, x, y, of) {
  let path = ''
  for (const run of runs) {
    let isBroken = true
    for (const point of run) {
      const value = of(point)
      if (isKnown(value))
        path += `${isBroken ? 'M' : 'L'}${x(point.timeMs).toFixed(1)},${y(value).toFixed(1)}`
      isBroken = !isKnown(value)
    }
  }
  return path
}

/** Bounds as shapes, one for each run of points that have both; of a point alone a bar. */
function areaOf(runs, x, y) {
  let path = ''
  let shape = []
  const close = () => {
    if (shape.length > 0) {
      const [first, last] = [shape[0], shape.at(-1)]
      const all =
        shape.length > 1
          ? shape
          : [
              { ...first, at: first.at - 3 },
              { ...last, at: last.at + 3 },
            ]
      const there = all.map(({ at, upper }) => `${at.toFixed(1)},${y(upper).toFixed(1)}`)
      const back = all.toReversed().map(({ at, lower }) => `${at.toFixed(1)},${y(lower).toFixed(1)}`)
      path += `M${[...there, ...back].join('L')}Z`
    }
    shape = []
  }
  for (const run of runs) {
    for (const { timeMs, lower, upper } of run) {
      if (isKnown(lower) && isKnown(upper)) shape.push({ at: x(timeMs), lower, upper })
      else close()
    }
    close()
  }
  return path
}
