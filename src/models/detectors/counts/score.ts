/** The p-values and bounds of counts that were predicted. */
import type { DetectorContext, DetectorOutput } from '../../../core/detector.ts'
import { centralIntervalOfLog, isUnremarkable, logTails, logTwoSided } from '../parts/negative-binomial.ts'
import { type Draws, randomisedBound, randomisedTwoSided } from '../parts/randomised.ts'
import type { Counts } from './context.ts'
import { LOG_CLIP } from './learning.ts'
import { freedomOf, MIN_FREEDOM } from './prediction.ts'
import { LEVEL as LEVEL_RECORD } from './state.ts'
import { narrowLogP, widenLogP, widenLogTail } from './uncertain-dispersion.ts'

// As in `prediction.ts`.
const LEVEL = LEVEL_RECORD

/** What is asked of each score. */
export interface CountScoring {
  readonly logAlpha: number
  /** Whether p-values of unremarkable counts are wanted, too. */
  readonly everyLog: boolean
  /** Bounds of all values, or of any. */
  readonly everyBound: boolean
  readonly anyBound: boolean
  /** What p-values are randomised by, and the distribution of the count at hand. */
  readonly draws: Draws | undefined
  readonly distribution: { tails(x: number, out: Float64Array): void }
}

export function countScoring(
  { row }: Counts,
  draws: Draws | undefined,
  { alpha, wants }: DetectorContext,
): CountScoring {
  const logAlpha = Math.log(alpha)
  return {
    logAlpha,
    // Where only the p-values of anomalies are read, unremarkable counts need none.
    everyLog: wants.pValues === 'all' || logAlpha > LOG_CLIP,
    everyBound: wants.bounds === 'all',
    anyBound: wants.bounds !== 'none',
    draws,
    distribution: {
      tails(x, out) {
        logTails(x, row.mu, row.wide, out)
        out[0] = widenLogTail(out[0]!, row.freedom)
        out[1] = widenLogTail(out[1]!, row.freedom)
      },
    },
  }
}

/** Scores the count at hand, into place i of the output. */
export function score(counts: Counts, scoring: CountScoring, output: DetectorOutput, i: number): void {
  const { row, level, settings } = counts
  const { everyLog, everyBound, anyBound, logAlpha, draws } = scoring
  const { key, at, timeMs, x, mu, wide } = row
  const sinceFirst = timeMs - level[at + LEVEL.firstMs]!
  const strain = level[at + LEVEL.strain]!
  const missing = Number.isNaN(x)
  // Whether the key is known at all, and long enough to be scored.
  const known = level[at + LEVEL.seen]! > 0
  const scored = known && sinceFirst >= settings.warmupMs
  const asked = known && 2 * sinceFirst >= settings.warmupMs && !missing
  // Of an unremarkable count only a strained key asks more, and only on the side of its strain.
  const exact = (everyLog === true && scored) || (strain !== 0 && x > mu === strain > 0)
  const remarkable = asked && (exact || !isUnremarkable(x, mu, wide))
  row.log = asked ? 0 : Number.NaN
  row.freedom = MIN_FREEDOM
  if (remarkable || (scored && (everyBound === true || draws !== undefined))) {
    row.freedom = freedomOf(row, level[at + LEVEL.information]!)
    if (remarkable) row.log = widenLogP(logTwoSided(x, mu, wide), row.freedom)
  }
  let own = scored ? row.log : Number.NaN
  let v = 0
  if (draws !== undefined) {
    if (scored) {
      v = draws.draw(key, timeMs)
      if (!missing) own = randomised(counts, scoring, v)
    }
    if (!missing) draws.note(key, timeMs, x)
  }
  output.expected[i] = known ? mu : Number.NaN
  output.logP[i] = own
  if (scored && (everyBound === true || (anyBound === true && own < logAlpha))) {
    writeBounds(counts, scoring, v, output, i)
  } else {
    output.lower[i] = output.upper[i] = Number.NaN
  }
}

/** The randomised p-value of the count at hand; no smaller than that of the next count. */
function randomised({ row }: Counts, { everyLog, distribution }: CountScoring, v: number): number {
  const { x, mu, wide } = row
  const ordinary = !everyLog && isUnremarkable(x > mu ? x + 1 : x - 1, mu, wide)
  return ordinary ? 0 : randomisedTwoSided(distribution, x, v)
}

function writeBounds(
  { row, ends }: Counts,
  { logAlpha, draws, distribution }: CountScoring,
  v: number,
  { lower, upper }: DetectorOutput,
  i: number,
): void {
  centralIntervalOfLog(row.mu, row.wide, narrowLogP(logAlpha, row.freedom), ends)
  lower[i] = draws ? randomisedBound(distribution, ends[0]!, -1, v, logAlpha) : ends[0]!
  upper[i] = draws ? randomisedBound(distribution, ends[1]!, 1, v, logAlpha) : ends[1]!
}
