/** A detector on the series of one kind: how often it alarms where nothing is, and how often it finds what is there. */
import { type DetectorSpec, REASONS } from '../../src/core/detector.ts'
import {
  type Drawn,
  type Fault,
  judgedFrom,
  onsetOf,
  RECOVERED_AFTER,
  type ScenarioSeries,
  type Truth,
} from '../../test/models/detectors/scenarios/index.ts'
import { delayOf, eventsIn, poissonInterval } from '../../test/models/detectors/scenarios/scoring.ts'
import { type ScoredSeries, scoredSeries } from '../harness/scored-series.ts'
import type { FalseAlarms, FaultCell, RateCells } from './cells.ts'

/** How much is measured. */
export interface Size {
  readonly firstSeed: number
  /** Seeds of each fault. */
  readonly seeds: number
  /** Clean values to be judged among the first 300 of a series, and as many after those, in as many seeds as it takes. */
  readonly values: number
  /** Seeds that there are. */
  readonly mostSeeds: number
}

/** Judged values of a series that are its first. */
const FIRST_VALUES = 300
/** Steps of a clean series after what is known before a fault. */
const CLEAN_STEPS = 2000
/** Steps in which the first values are judged: warm-ups are shorter than this leaves. */
const FIRST_STEPS = 520

export function measure(
  spec: DetectorSpec,
  series: ScenarioSeries,
  faults: readonly Fault[],
  alphas: readonly number[],
  size: Size,
): RateCells[] {
  const found = measureFaults(spec, series, faults, alphas, size)
  return alphas.map((alpha, a) => ({
    alpha,
    ...measureClean(spec, series, alpha, size),
    faults: found[a]!,
  }))
}

interface Count {
  judged: number
  events: number
  low: number
}

const none = (): Count => ({ judged: 0, events: 0, low: 0 })

function measureClean(spec: DetectorSpec, series: ScenarioSeries, alpha: number, size: Size) {
  const { firstSeed, values, mostSeeds } = size
  const [first, later] = [none(), none()]
  const more = () => later.judged < values || first.judged < values
  // Where a detector judges fewer of the first values, for the length of its warm-up, no more seeds are tried than these.
  const enough = Math.min(mostSeeds, Math.ceil((1.5 * values) / FIRST_VALUES))
  for (let s = 0; s < enough && more(); s++) {
    const seed = firstSeed + s
    const short = later.judged >= values
    const length = short
      ? judgedFrom(series) + FIRST_STEPS
      : Math.max(onsetOf(series, seed), judgedFrom(series)) + CLEAN_STEPS
    const drawn = series.draw(seed, length)
    const told = tell(open(spec, series, alpha), drawn, 0)
    const from = Math.min(judgedFrom(series), drawn.values.length)
    const until = nthJudged(told, from, FIRST_VALUES)
    count(first, told, from, until)
    if (!short) count(later, told, until, drawn.values.length)
  }
  return { first: withInterval(first), later: withInterval(later) }
}

const open = (spec: DetectorSpec, { everyMs }: ScenarioSeries, alpha: number): ScoredSeries =>
  scoredSeries({ name: '', spec }, { everyMs, alpha })

/** The row after the n-th that has a score. */
function nthJudged({ unknown }: Told, from: number, n: number): number {
  let row = from
  for (let judged = 0; row < unknown.length && judged < n; row++) judged += 1 - unknown[row]!
  return row
}

interface Tally {
  readonly delays: number[]
  readonly reasons: Record<string, number>
  readonly after: Count
}

/** Cells by alpha, then by fault. */
function measureFaults(
  spec: DetectorSpec,
  series: ScenarioSeries,
  faults: readonly Fault[],
  alphas: readonly number[],
  { firstSeed, seeds }: Size,
): FaultCell[][] {
  const tallies: Tally[][] = alphas.map(() => faults.map(() => ({ delays: [], reasons: {}, after: none() })))
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const known = onsetOf(series, seed)
    const before = series.draw(seed, known)
    const scored = alphas.map(alpha => open(spec, series, alpha))
    for (const one of scored) tell(one, before, 0)
    faults.forEach((fault, f) => {
      const drawn = series.draw(seed, known + horizon(fault, series), fault)
      scored.forEach((one, a) => {
        const told = tell(one.fork(), drawn, before.values.length)
        tallyOf(tallies[a]![f]!, told, drawn.truth[0]!, fault, series)
      })
    })
  }
  return tallies.map(ofAlpha =>
    ofAlpha.map(({ delays, reasons, after }, f) => {
      const { name, large } = faults[f]!
      delays.sort((a, b) => a - b)
      return {
        fault: name,
        large,
        seeds,
        found: delays.length,
        medianDelay: delays[delays.length >> 1] ?? null,
        reasons,
        after: after.judged > 0 ? withInterval(after) : null,
      }
    }),
  )
}

function tallyOf(tally: Tally, told: Told, truth: Truth, fault: Fault, series: ScenarioSeries): void {
  const delay = delayOf(told.marks, truth)
  if (delay !== null) {
    const reason = REASONS[told.reasons[truth.from + delay]!]!
    tally.delays.push(delay)
    tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1
  }
  if (!fault.after) return
  const recovered = fault.recovers?.(series) ?? RECOVERED_AFTER
  const until = Math.min(truth.to + fault.after, told.marks.length)
  if (recovered < fault.after) count(tally.after, told, truth.to + recovered, until)
}

/** Steps after the onset at which everything of a fault is over. */
function horizon(fault: Fault, series: ScenarioSeries): number {
  const { season = 1, irregular } = series
  const { waits, markedAfter = 0, marked = 0, after = 0 } = fault
  const steps = markedAfter + marked + Math.max(fault.delay(series), after) + 1
  // A gap is marked after it; where rows are missing it takes more steps to have so many.
  return (waits ? season : 0) + (irregular ? 2 * steps : steps) + 40
}

/** What is told of each row: 1 where it is marked, where p < alpha, and where there is no score; and the reason. */
interface Told {
  readonly reasons: Uint8Array
  readonly marks: Uint8Array
  readonly low: Uint8Array
  readonly unknown: Uint8Array
}

/** Scores the rows from one on; those before are told nothing of. */
function tell(scored: ScoredSeries, { timesMs, values }: Drawn, from: number): Told {
  const { logP, suppressed, reason } = scored.score(timesMs.subarray(from), values.subarray(from))
  const rows = values.length
  const flags = () => new Uint8Array(rows)
  const told = { marks: flags(), low: flags(), unknown: flags(), reasons: flags() }
  told.reasons.set(reason, from)
  for (let i = 0; i < logP.length; i++) {
    const isLow = logP[i]! < scored.logThreshold ? 1 : 0
    told.low[from + i] = isLow
    told.marks[from + i] = isLow && !suppressed[i] ? 1 : 0
    told.unknown[from + i] = Number.isNaN(logP[i]!) ? 1 : 0
  }
  return told
}

function count(sum: Count, { marks, low, unknown }: Told, from: number, to: number): void {
  for (let row = from; row < to; row++) {
    sum.judged += 1 - unknown[row]!
    sum.low += low[row]!
  }
  sum.events += eventsIn(marks, from, to).length
}

function withInterval({ judged, events, low }: Count): FalseAlarms {
  const [least, most] = poissonInterval(events)
  return { judged, events, low, interval: [least / judged, most / judged] }
}
