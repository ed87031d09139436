/** What a detector sees of the faults, at the threshold at which it gives as many false alarms as every other. */

import { HOUR_MS, START_MS, seeded } from '../../test/models/detectors/simulate.ts'
import type { BaseSeries } from '../../test/models/generators/base-series.ts'
import type { BenchDetector } from '../detectors.ts'
import { scoredSeries } from '../harness/scored-series.ts'
import { type EventThreshold, eventThreshold } from './event-threshold.ts'
import { FAULTS } from './faults.ts'

/** Values a fault may take to be seen. */
export const HORIZON = 50
/**
 * Values learned before any fault: 1000 and up to 480 more, so that faults come at any hour and at no certain distance
 * from the positions at which a detector fits again.
 */
const learned = (series: number): number => 1000 + ((61 * series) % 480)
/** Values of a clean series that false alarms are counted in. */
const CLEAN = 1000
/** One event of false alarms in so many values. */
export const VALUES_PER_EVENT = 10_000

export interface Seen {
  readonly fault: string
  /** Part of the series in which it was seen within {@link HORIZON} values. */
  readonly rate: number
  /** Median of the values it took where it was seen, 0 being the first; null where it never was. */
  readonly medianDelay: number | null
}

export interface Power {
  readonly base: string
  readonly detector: string
  readonly series: number
  /** Clean values that were scored: what the threshold was chosen by. */
  readonly cleanValues: number
  readonly threshold: EventThreshold
  readonly seen: readonly Seen[]
  readonly cpuMs: number
}

export function measurePower(detector: BenchDetector, base: BaseSeries, seriesCount: number): Power {
  const before = process.cpuUsage()
  const { everyMs = HOUR_MS } = base
  const faults = FAULTS.filter(fault => fault.suits?.(base) ?? true)
  const clean: Float64Array[] = []
  /** log p by fault, then by series. */
  const faulty: Float64Array[][] = faults.map(() => [])
  for (let s = 0; s < seriesCount; s++) {
    const onset = learned(s)
    const sign = base.counts || s % 2 === 0 ? 1 : -1
    const ordinary = base.draw(seeded(7919 * s + 1), onset + CLEAN)
    const timesMs = Float64Array.from(ordinary, (_, i) => START_MS + i * everyMs)
    const series = scoredSeries(detector, { everyMs })
    series.score(timesMs.subarray(0, onset), ordinary.subarray(0, onset))
    clean.push(series.fork().score(timesMs.subarray(onset), ordinary.subarray(onset)).logP)
    faults.forEach((fault, f) => {
      const values = base.draw(seeded(7919 * s + 1), onset + HORIZON, fault.change(onset, sign, base))
      const { logP } = series.fork().score(timesMs.subarray(onset, onset + HORIZON), values.subarray(onset))
      faulty[f]!.push(logP)
    })
  }
  const cleanValues = clean.reduce((n, logP) => n + logP.filter(log => !Number.isNaN(log)).length, 0)
  const threshold = eventThreshold(clean, Math.floor(cleanValues / VALUES_PER_EVENT))
  const { user, system } = process.cpuUsage(before)
  return {
    base: base.name,
    detector: detector.name,
    series: seriesCount,
    cleanValues,
    threshold,
    seen: faults.map(({ name }, f) => seen(name, faulty[f]!, threshold)),
    cpuMs: (user + system) / 1000,
  }
}

function seen(fault: string, logPs: readonly Float64Array[], { logP, reachable }: EventThreshold): Seen {
  const delays = logPs
    .map(values => values.findIndex(log => reachable && log <= logP))
    .filter(delay => delay >= 0)
    .sort((a, b) => a - b)
  return { fault, rate: delays.length / logPs.length, medianDelay: delays[delays.length >> 1] ?? null }
}
