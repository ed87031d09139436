/** A detector over one series, outside of a plan. */

import { suppressAlarms } from '../../src/core/alarm-suppression.ts'
import { type Detector, REASONS } from '../../src/core/detector.ts'
import type { FieldSpec, StateTable } from '../../src/core/fold.ts'
import { loadDetectors } from '../../src/models/detectors/index.ts'
import { type BenchDetector, HEADLINE_ALPHA } from '../detectors.ts'

const detectors = await loadDetectors()

export interface OpenOptions {
  /** Sampling step, ms; undefined where there is none. */
  readonly everyMs: number | undefined
  /** In place of the rate that the detector's line gives. */
  readonly alpha?: number | undefined
}

/** A series as far as it has been scored. */
export interface ScoredSeries {
  /** A value is an anomaly where log p is below this, unless a suppressAlarms rule keeps it suppressed. */
  readonly logThreshold: number
  /**
   * Scores the next values and learns them. Gives the natural logarithm of each p-value, NaN where there is no
   * score; 1 where a suppressAlarms rule keeps it suppressed; and why, as a place in `REASONS`.
   */
  score(
    timesMs: Float64Array,
    values: Float64Array,
  ): { logP: Float64Array; suppressed: Uint8Array; reason: Uint8Array }
  /** The same series so far, to go on differently. */
  fork(): ScoredSeries
}

export function scoredSeries(detector: BenchDetector, { everyMs, alpha }: OpenOptions): ScoredSeries {
  const rate = alpha ?? detector.alpha ?? HEADLINE_ALPHA
  const context = {
    alpha: rate,
    events: detector.events !== undefined,
    everyMs,
    wants: { bounds: 'none', pValues: 'all' },
  } as const
  const opened = detectors[detector.spec.kind]!(detector.spec, context)
  const threshold = opened.alpha ?? rate
  const whole = detector.events ? suppressAlarms(opened, threshold, detector.events) : opened
  return resume(whole, Math.log(threshold), freshState(whole))
}

function resume(detector: Detector, logThreshold: number, state: StateTable): ScoredSeries {
  const ownReason = REASONS.indexOf(detector.reason ?? 'spike')
  return {
    logThreshold,
    score(timesMs, values) {
      const count = values.length
      const bounds = new Float64Array(3 * count)
      const output = {
        expected: bounds.subarray(0, count),
        lower: bounds.subarray(count, 2 * count),
        upper: bounds.subarray(2 * count),
        logP: new Float64Array(count),
        suppressed: new Uint8Array(count),
        reason: new Uint8Array(count),
        reasonLogP: new Float64Array(count),
      }
      detector.step(state, { count, keys: new Uint32Array(count), timesMs, values }, output)
      const { reason } = output
      for (let i = 0; i < count; i++) reason[i] ||= ownReason
      return output
    },
    fork: () => resume(detector, logThreshold, copyOf(detector, state)),
  }
}

type Items = Float64Array | Int32Array | Uint32Array | unknown[]
const ARRAYS = { f64: Float64Array, i32: Int32Array, u32: Uint32Array } as const
const eachField = (detector: Detector, make: (name: string, spec: FieldSpec) => Items): StateTable =>
  Object.fromEntries(
    Object.entries<FieldSpec>(detector.layout).map(([name, spec]) => [name, make(name, spec)]),
  ) as unknown as StateTable

/** State of one key that has not been seen. */
const freshState = (detector: Detector): StateTable =>
  eachField(detector, (_name, spec) =>
    spec.kind === 'object' ? [] : new ARRAYS[spec.kind](spec.width ?? 1).fill(spec.initial ?? 0),
  )

const copyOf = (detector: Detector, state: StateTable): StateTable =>
  eachField(detector, (name, spec) => {
    const items = (state as unknown as Record<string, Items>)[name]!
    if (spec.kind !== 'object') return items.slice()
    return (items as unknown[]).map(item => (item === undefined ? item : spec.decode(spec.encode(item))))
  })
