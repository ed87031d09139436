/** A detector on the series of one kind: how often it alarms where nothing is, and how often it finds what is there. */
import type { DetectorSpec } from '../../src/core/detector.ts'
import { RECOVERED_AFTER } from '../../test/models/detectors/scenarios/faults.ts'
import {
  type Drawn,
  type Fault,
  onsetOf,
  type ScenarioSeries,
} from '../../test/models/detectors/scenarios/index.ts'
import { delayOf, eventsIn, poissonInterval } from '../../test/models/detectors/scenarios/scoring.ts'
import { type ScoredSeries, scoredSeries } from '../harness/scored-series.ts'

export interface Measured {
  readonly alpha: number
  readonly firstSeed: number
  /** Seeds of each fault. */
  readonly seeds: number
  /** Clean values to be judged, in as many seeds as it takes. */
  readonly values: number
  /** No more seeds than these for clean values. */
  readonly mostSeeds: number
}

/** Alarms among values in which there is nothing to be marked. */
export interface FalseAlarms {
  readonly judged: number
  readonly events: number
  /** Values with p < alpha, marked or suppressed. */
  readonly low: number
  /** Events per judged value: the ends of its exact interval of 95 %. */
  readonly interval: readonly [number, number]
}

export interface FaultCell {
  readonly fault: string
  readonly large: boolean
  readonly seeds: number
  readonly found: number
  /** Rows from what is marked to the alarm, in order, where it was found. */
  readonly delays: readonly number[]
  /** Where it is measured: events from 50 rows after what is marked to 400 after it. */
  readonly after?: FalseAlarms
}

const CLEAN_STEPS = 2000

/** False alarms in the series of as many seeds as judge so many values. */
export function measureClean(spec: DetectorSpec, series: ScenarioSeries, measured: Measured): FalseAlarms {
  const { alpha, firstSeed, values, mostSeeds } = measured
  let [judged, events, low] = [0, 0, 0]
  for (let s = 0; s < mostSeeds && judged < values; s++) {
    const seed = firstSeed + s
    const drawn = series.draw(seed, onsetOf(series, seed) + CLEAN_STEPS)
    const scored = scoredSeries({ name: '', spec }, { everyMs: series.everyMs, alpha })
    const told = tell(scored, drawn, 0, drawn.values.length)
    const sum = falseAlarms(told, 0, drawn.values.length)
    judged += sum.judged
    events += sum.events
    low += sum.low
  }
  return withInterval(judged, events, low)
}

export function measureFaults(
  spec: DetectorSpec,
  series: ScenarioSeries,
  faults: readonly Fault[],
  { alpha, firstSeed, seeds }: Measured,
): FaultCell[] {
  const tallies = faults.map(() => ({ delays: [] as number[], judged: 0, events: 0, low: 0 }))
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const known = onsetOf(series, seed)
    const before = series.draw(seed, known)
    const scored = scoredSeries({ name: '', spec }, { everyMs: series.everyMs, alpha })
    tell(scored, before, 0, before.values.length)
    faults.forEach((fault, f) => {
      const drawn = series.draw(seed, known + horizon(fault, series), fault)
      const truth = drawn.truth[0]!
      const from = before.values.length
      const told = tell(scored.fork(), drawn, from, drawn.values.length)
      const tally = tallies[f]!
      const delay = delayOf(told.marks, truth)
      if (delay !== null) tally.delays.push(delay)
      if (!fault.after) return
      const sum = falseAlarms(told, truth.to + RECOVERED_AFTER, truth.to + fault.after)
      tally.judged += sum.judged
      tally.events += sum.events
      tally.low += sum.low
    })
  }
  return faults.map(({ name, large, after }, f) => {
    const { delays, judged, events, low } = tallies[f]!
    return {
      fault: name,
      large,
      seeds,
      found: delays.length,
      delays: delays.sort((a, b) => a - b),
      ...(after ? { after: withInterval(judged, events, low) } : {}),
    }
  })
}

/** Steps after the onset at which everything of a fault is over. */
function horizon(fault: Fault, series: ScenarioSeries): number {
  const { season = 1, irregular } = series
  const { waits, markedAfter = 0, marked = 0, after = 0 } = fault
  const steps = markedAfter + marked + Math.max(fault.delay(series), after) + 1
  // Where rows are missing it takes more steps to have so many.
  return (waits ? season : 0) + (irregular ? 2 * steps : steps)
}

/** What is told of each row: 1 where it is marked, where p < alpha, and where there is no score. */
interface Told {
  readonly marks: Uint8Array
  readonly low: Uint8Array
  readonly unknown: Uint8Array
}

/** Scores the rows [from, to); those before are told nothing of. */
function tell(scored: ScoredSeries, { timesMs, values }: Drawn, from: number, to: number): Told {
  const { logP, suppressed } = scored.score(timesMs.subarray(from, to), values.subarray(from, to))
  const told = { marks: new Uint8Array(to), low: new Uint8Array(to), unknown: new Uint8Array(to) }
  for (let i = 0; i < logP.length; i++) {
    const isLow = logP[i]! < scored.logThreshold ? 1 : 0
    told.low[from + i] = isLow
    told.marks[from + i] = isLow && !suppressed[i] ? 1 : 0
    told.unknown[from + i] = Number.isNaN(logP[i]!) ? 1 : 0
  }
  return told
}

const sumOf = (flags: Uint8Array, from: number, to: number): number =>
  flags.subarray(from, to).reduce((a, b) => a + b, 0)

function falseAlarms({ marks, low, unknown }: Told, from: number, to: number) {
  const end = Math.min(to, marks.length)
  return {
    judged: end - from - sumOf(unknown, from, end),
    events: eventsIn(marks, from, end).length,
    low: sumOf(low, from, end),
  }
}

function withInterval(judged: number, events: number, low: number): FalseAlarms {
  const [least, most] = poissonInterval(events)
  return { judged, events, low, interval: [least / judged, most / judged] }
}
