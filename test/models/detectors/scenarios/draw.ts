/** Draws the series of a seed, with a fault or without, and says what a person would mark. */
import { HOUR_MS, START_MS, seeded } from '../simulate.ts'
import { localSteps } from './clock.ts'
import type { Change, Drawn, Fault, Opened, ScenarioSeries, SeriesKind, Step, Truth } from './scenario.ts'

export const scenarioSeries = (kind: SeriesKind): ScenarioSeries => ({
  ...kind,
  draw: (seed, length, fault) => draw(kind, seed, length, fault),
})

/** Steps that are known before a fault: at any hour of the day, and at no certain distance from where a model is fitted again. */
export function onsetOf({ season = 1, known = Math.max(600, 5 * season) }: SeriesKind, seed: number): number {
  return known + ((61 * seed) % Math.max(season, 100))
}

/** False alarms count from the third season on: nobody who has not seen it twice knows a season. */
export const judgedFrom = ({ season = 0 }: SeriesKind): number => 2 * season

/** Numbers of their own for each seed, alike for no two series of neighbouring ones. */
const generatorOf = (seed: number) => seeded(Math.imul(seed, 0x9e3779b1))

function draw(kind: SeriesKind, seed: number, length: number, fault: Fault | undefined): Drawn {
  const opened = kind.open(generatorOf(seed))
  const times = stepTimes(kind, opened, length)
  const place = (i: number) => placeOf(kind, i, times[i] ?? Number.NaN)
  const onset = onsetOf(kind, seed)
  const change = fault?.change({ series: kind, onset, course: opened.course, place })
  const timesMs = new Float64Array(length)
  const values = new Float64Array(length)
  /** Rows before each step. */
  const rowOf = new Uint32Array(length + 1)
  const marked = fault && change ? markedSteps(fault, change) : undefined
  const step: Step = { i: 0, timeMs: 0, place: 0, spread: 1, amplitude: 1, rate: 1 }
  let last = 0
  for (let i = 0, rows = 0; i < length; i++) {
    rowOf[i + 1] = rows
    const k = change ? i - change.onset : -1
    step.i = i
    step.timeMs = times[i]!
    step.place = place(i)
    if (k >= 0) take(step, change!, k)
    const drawn = opened.next(step)
    const present = opened.present?.(step) ?? true
    const within = marked !== undefined && i >= marked.from && i <= marked.to
    if (k >= 0 && k < (change!.gap ?? 0)) continue
    if (!present && !within) continue
    const value =
      k < 0 ? read(kind, drawn) : changed(kind, drawn, change!, k, last, opened.scale?.(step.place) ?? 1)
    timesMs[rows] = times[i]!
    values[rows] = value
    if (!Number.isNaN(value)) last = value
    rowOf[i + 1] = ++rows
  }
  const rows = rowOf[length]!
  return {
    timesMs: timesMs.subarray(0, rows),
    values: values.subarray(0, rows),
    truth: marked && marked.from < length ? [truthOf(fault!, kind, marked, rowOf)] : [],
    onset: rowOf[Math.min(change?.onset ?? onset, length)]!,
  }
}

const read = ({ reading }: SeriesKind, x: number): number => (reading ? reading(x) : x)

function stepTimes(
  { everyMs, startMs = START_MS }: SeriesKind,
  { wait }: Opened,
  length: number,
): Float64Array {
  const times = new Float64Array(length)
  for (let i = 1; i < length; i++) times[i] = times[i - 1]! + (wait?.() ?? everyMs ?? HOUR_MS)
  return times.map(ms => startMs + ms)
}

const placeOf = ({ summerTime, everyMs = HOUR_MS }: SeriesKind, i: number, timeMs: number): number =>
  summerTime ? localSteps(timeMs, everyMs) : i

function take(step: Step, change: Change, k: number): void {
  step.place += change.ahead?.(k) ?? 0
  step.spread = change.spread?.(k) ?? 1
  step.amplitude = change.amplitude?.(k) ?? 1
  step.rate = change.rate?.(k) ?? 1
}

function changed(
  kind: SeriesKind,
  drawn: number,
  change: Change,
  k: number,
  last: number,
  scale: number,
): number {
  if (k < (change.stuck ?? 0)) return last
  const { sigma, spike = sigma } = kind
  const reads = change.reads?.(k)
  if (reads !== undefined) return reads
  const off = sigma * (change.level?.(k) ?? 0) + spike * (change.spike?.(k) ?? 0)
  return read(kind, drawn + scale * off)
}

interface Steps {
  readonly from: number
  readonly to: number
}

function markedSteps({ marked = 0, markedAfter = 0 }: Fault, { onset, gap = 0 }: Change): Steps {
  const from = onset + gap + markedAfter
  return { from, to: from + marked }
}

function truthOf(fault: Fault, kind: SeriesKind, { from, to }: Steps, rowOf: Uint32Array): Truth {
  const last = Math.min(to, rowOf.length - 2)
  return { kind: fault.name, from: rowOf[from]!, to: rowOf[last]!, delay: fault.delay(kind) }
}
