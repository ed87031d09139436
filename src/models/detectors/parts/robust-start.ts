/**
 * Detectors of counts whose first values may be none of the series: one of 1e12 among a dozen of about 50, learned as it is,
 * would be in means and dispersions for as long as those remember.
 *
 * A detector knows no outlier before it knows anything. So the first values are kept beside it, and once there are
 * {@link FIRST} of them looked at together: where some are absurd beside the median of all, the series begins again with the
 * others. What is kept afterwards is how many there were.
 */
import type { Detector, DetectorInput, DetectorOutput } from '../../../core/detector.ts'
import type { StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { f64 } from './fields.ts'
import { forget } from './forget-key.ts'
import { medianOf } from './robust-scale.ts'

/** Values that are looked at together. */
const FIRST = 12
/** A count this many typical distances above the median is none of the series. */
const ABSURD = 100

const START = record({
  count: 'finite values so far, at most as many as are kept',
  timesMs: ['event times of the first values, ms', FIRST],
  values: ['the first values', FIRST],
})

/** The detector, which begins again without absurd values among the first ones. */
export function withRobustStart(detector: Detector): Detector {
  // What is learned of all keys is not of the key that begins.
  if (Object.values(detector.layout).some(field => field.kind === 'object' && field.shared)) return detector
  const kept = new Float64Array(FIRST)
  const unread = outputOfFirst()

  /** Keeps a value. Returns whether it is the last one kept. */
  function keep(first: Float64Array, key: number, timeMs: number, x: number): boolean {
    const at = key * START.width
    const count = first[at + START.count]!
    if (count === FIRST || !Number.isFinite(x)) return false
    first[at + START.timesMs + count] = timeMs
    first[at + START.values + count] = x
    first[at + START.count] = count + 1
    return count + 1 === FIRST
  }

  /** Begins a key again without absurd values, if it has any. */
  function begin(state: StateTable, first: Float64Array, key: number): void {
    const at = key * START.width
    const values = first.slice(at + START.values, at + START.values + FIRST)
    const most = largestOf(values, kept)
    if (values.every(x => x <= most)) return
    forget(state, detector.layout, key)
    const input = {
      count: FIRST,
      keys: new Uint32Array(FIRST).fill(key),
      timesMs: first.slice(at + START.timesMs, at + START.timesMs + FIRST),
      values: values.map(x => (x <= most ? x : Number.NaN)),
    }
    detector.step(state, input, unread)
  }

  return {
    ...detector,
    layout: { ...detector.layout, start: START.field },
    step(state, input, output) {
      const first = f64(state, 'start')
      const { count, keys, timesMs, values } = input
      if (allBegun(first, keys, count)) {
        detector.step(state, input, output)
        return
      }
      let from = 0
      for (let i = 0; i < count; i++) {
        if (!keep(first, keys[i]!, timesMs[i]!, values[i]!)) continue
        detector.step(state, inputOf(input, from, i + 1), outputOf(output, from, i + 1))
        from = i + 1
        begin(state, first, keys[i]!)
      }
      if (from < count) detector.step(state, inputOf(input, from, count), outputOf(output, from, count))
    },
  }
}

/** The largest of the first values that may be one of the series; `scratch` is as long. */
function largestOf(values: Float64Array, scratch: Float64Array): number {
  scratch.set(values)
  const median = medianOf(scratch, FIRST)
  for (let i = 0; i < FIRST; i++) scratch[i] = Math.abs(values[i]! - median)
  const distance = medianOf(scratch, FIRST)
  return median + ABSURD * Math.max(distance, 1 + Math.sqrt(Math.max(0, median)))
}

function allBegun(first: Float64Array, keys: Uint32Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (first[keys[i]! * START.width + START.count] !== FIRST) return false
  return true
}

const inputOf = ({ keys, timesMs, values }: DetectorInput, from: number, to: number): DetectorInput => ({
  count: to - from,
  keys: keys.subarray(from, to),
  timesMs: timesMs.subarray(from, to),
  values: values.subarray(from, to),
})

const outputOf = (output: DetectorOutput, from: number, to: number): DetectorOutput => ({
  expected: output.expected.subarray(from, to),
  lower: output.lower.subarray(from, to),
  upper: output.upper.subarray(from, to),
  logP: output.logP.subarray(from, to),
  suppressed: output.suppressed.subarray(from, to),
  reason: output.reason.subarray(from, to),
  reasonLogP: output.reasonLogP.subarray(from, to),
})

const outputOfFirst = (): DetectorOutput => ({
  expected: new Float64Array(FIRST),
  lower: new Float64Array(FIRST),
  upper: new Float64Array(FIRST),
  logP: new Float64Array(FIRST),
  suppressed: new Uint8Array(FIRST),
  reason: new Uint8Array(FIRST),
  reasonLogP: new Float64Array(FIRST),
})
