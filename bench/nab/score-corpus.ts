/** Runs a detector over a corpus and scores what it says. */

import { suppressAlarms } from '../../src/core/alarm-suppression.ts'
import type { Detector } from '../../src/core/detector.ts'
import type { StateTable } from '../../src/core/fold.ts'
import type { BenchDetector } from '../detectors.ts'
import { scoredSeries } from '../harness/scored-series.ts'
import { type BestByProfile, bestOf, bestThresholds } from './best-threshold.ts'
import type { CorpusSeries } from './read-corpus.ts'
import { forwardTimes, samplingStepMs } from './sampling.ts'
import { type Outcome, score } from './score.ts'

export interface Scored {
  readonly name: string
  /** At the threshold fixed in advance. */
  readonly headline: Outcome & { readonly threshold: number }
  /** At the best threshold for each profile, which no one knows in advance. */
  readonly best: BestByProfile
  /** Rows that were scored, of all. */
  readonly scoredRows: number
  /** Processor time of scoring, without reading and scoring. */
  readonly cpuMs: number
}

/** Thresholds tried where anomalies are thinned: every tenth up to 3, then by steps of 3 %. */
const GRID = [
  ...Array.from({ length: 30 }, (_, i) => (i + 1) / 10),
  ...Array.from({ length: 160 }, (_, i) => 3 * 1.03 ** (i + 1)),
]

/**
 * Scores every series of the corpus from its first row on, each by a detector that has seen nothing else.
 *
 * @param alpha the false-alarm rate, in place of that of the detector's line.
 */
export function scoreCorpus(
  detector: BenchDetector,
  corpus: readonly CorpusSeries[],
  alpha: number | undefined,
): Scored {
  const before = process.cpuUsage()
  let logThreshold = Number.NaN
  let scoredRows = 0
  const detected: number[][] = []
  const logPs = corpus.map(({ name, timesMs, values }) => {
    const { logP, suppressed } = inContext(name, () => {
      const series = scoredSeries(detector, { everyMs: samplingStepMs(timesMs), alpha })
      logThreshold = series.logThreshold
      return series.score(forwardTimes(timesMs), values)
    })
    const rows: number[] = []
    logP.forEach((log, row) => {
      if (!Number.isNaN(log)) scoredRows++
      if (log < logThreshold && suppressed[row] === 0) rows.push(row)
    })
    detected.push(rows)
    return logP
  })
  const { user, system } = process.cpuUsage(before)
  const scores = logPs.map(logP => logP.map(log => -log / Math.LN10))
  const rule = detector.events
  return {
    name: detector.name,
    headline: { threshold: -logThreshold / Math.LN10, ...score(corpus, detected) },
    best: rule
      ? bestOf(corpus, GRID, threshold => logPs.map(logP => loudRows(logP, threshold, rule)))
      : bestThresholds(corpus, scores),
    scoredRows,
    cpuMs: (user + system) / 1000,
  }
}

/** Rows that a suppressAlarms rule leaves at a threshold. */
function loudRows(
  logP: Float64Array,
  threshold: number,
  rule: NonNullable<BenchDetector['events']>,
): number[] {
  const replay: Detector = { layout: {}, step: (_state, _input, output) => output.logP.set(logP) }
  const count = logP.length
  const alpha = 10 ** -threshold
  const none = new Float64Array(count)
  const suppressed = new Uint8Array(count)
  suppressAlarms(replay, alpha, rule).step(
    { event: new Float64Array(2) } as unknown as StateTable,
    { count, keys: new Uint32Array(count), timesMs: none, values: none },
    {
      ...{ expected: none, lower: none, upper: none, logP: new Float64Array(count), suppressed },
      ...{ reason: new Uint8Array(count), reasonLogP: none },
    },
  )
  const rows: number[] = []
  for (let row = 0; row < count; row++) {
    if (logP[row]! < Math.log(alpha) && suppressed[row] === 0) rows.push(row)
  }
  return rows
}

function inContext<T>(name: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`, { cause: error })
  }
}
