/**
 * Detectors of values of any size. Sums, differences and squares of doubles overflow or vanish long before the doubles end:
 * a detector sees the values of a series in a unit, a power of two, in which they are of an ordinary size. That rounds
 * nothing, so that a series times 1e200 has the scores that it has. What has no room in the unit, such as 1.8e308 for "no
 * value", is as impossible as an infinity.
 *
 * The first value that is not 0 says what size a series has. Values of a wholly other size speak against it, others for
 * it; with a majority against, the series begins again with the last of them. A wholly other size is 2^20 times that size
 * or its 2^20th part among the first {@link EARLY} values, when no detector can know an outlier yet; values as large as
 * that are missing ones then. Later it is what has no room in the unit. Small values are as good as 0 in the unit 1, and
 * no reason for another.
 *
 * Series of an ordinary size keep their values, and cost one comparison per row.
 */
import type { Detector, DetectorFactory, DetectorInput, DetectorOutput } from '../../../core/detector.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { exponentOf } from '../../numerics/unit-scale.ts'
import { forget } from './forget-key.ts'

/** Values in a unit are at most 2^REACH: a million of their squares have a sum. */
const REACH = 480
const LARGEST = 2 ** REACH
/** A size is ordinary up to 2^this, and down to 2^-this: values 2^40 times it, an outlier among them, have room in the unit 1. */
const ORDINARY_REACH = REACH - 40
/** A wholly other size among the first values, by its exponent. */
const EARLY_REACH = 20
/** The first values, and the most that speak for a size. Fifteen, as a number of four bits. */
const EARLY = 15

/**
 * What is known of a key's size: 0 before its first value, then bits 0–3 the values that speak for it, bits 4–7 the values
 * so far, at most {@link EARLY} each, and above them its exponent + {@link EXPONENTS}.
 */
const FIELD = 'unit'
const EXPONENTS = 1024
const AGE = 16
const EXPONENT = 256
/** A series that is no longer early, in the unit 1. */
const ORDINARY = EXPONENTS * EXPONENT + EARLY * AGE + EARLY

const isEarly = (size: number): boolean => ((size >> 4) & 15) < EARLY
const exponentIn = (size: number): number => (size >> 8) - EXPONENTS
const sizeOf = (exponent: number, age: number, votes: number): number =>
  (exponent + EXPONENTS) * EXPONENT + age * AGE + votes

/** The exponent of a key's unit: 0 where the size is ordinary. */
function unitIn(size: number): number {
  if (size === 0) return 0
  const exponent = exponentIn(size)
  return Math.abs(exponent) <= ORDINARY_REACH ? 0 : exponent
}

/** A key's size, one value older. */
function older(size: number): number {
  if (!isEarly(size)) return size
  const next = size + AGE
  return isEarly(next) || unitIn(next) !== 0 ? next : ORDINARY
}

/** The detector that a factory opens, for values of any size. */
export const ofAnySize =
  (open: DetectorFactory): DetectorFactory =>
  (spec, context) =>
    inUnits(open(spec, context))

/** @param detector whose scores do not change with the unit of values; pooled, all its keys have the unit 1 */
export function inUnits(detector: Detector): Detector {
  const shared = Object.values(detector.layout).some(field => field.kind === 'object' && field.shared)
  const layout: StateLayout = { ...detector.layout, [FIELD]: { kind: 'i32' } }
  /** The values of a step in their units. */
  let scaled = new Float64Array(0)

  /** Steps the rows from `from` up to `to`, in none of which a key changes its unit. */
  function stepRows(
    state: StateTable,
    sizes: Int32Array,
    input: DetectorInput,
    output: DetectorOutput,
    from: number,
    to: number,
  ): void {
    if (from === to) return
    const { keys, timesMs } = input
    const values = scaled.subarray(from, to)
    const rows = {
      count: to - from,
      keys: keys.subarray(from, to),
      timesMs: timesMs.subarray(from, to),
      values,
    }
    const part = from === 0 && to === input.count ? output : outputRows(output, from, to)
    detector.step(state, rows, part)
    for (let i = 0; i < rows.count; i++) {
      const exponent = unitIn(sizes[rows.keys[i]!]!)
      if (exponent === 0) continue
      const unit = 2 ** exponent
      part.expected[i] = part.expected[i]! * unit
      part.lower[i] = part.lower[i]! * unit
      part.upper[i] = part.upper[i]! * unit
    }
  }

  /** Takes row i, of a value that is finite and not 0. Returns whether the series begins again with it. */
  function take(sizes: Int32Array, key: number, x: number, i: number): boolean {
    const exponent = exponentOf(x)
    if (sizes[key] === 0) sizes[key] = shared ? ORDINARY : sizeOf(exponent, 0, 0)
    const size = sizes[key]!
    const early = isEarly(size)
    const unit = unitIn(size)
    const off = exponent - exponentIn(size)
    const votes = size & EARLY
    const small = early ? off < -EARLY_REACH : off < -REACH && unit !== 0
    const large = off > (early ? EARLY_REACH : REACH)
    const other = (small || large) && !shared
    const again = other && votes === 0
    if (again) sizes[key] = sizeOf(exponent, (size >> 4) & 15, 1)
    else if (other) sizes[key] = size - 1
    else if (votes < EARLY) sizes[key] = size + 1
    const own = x * 2 ** -unitIn(sizes[key]!)
    scaled[i] = large && early && !again ? Number.NaN : Math.abs(own) <= LARGEST ? own : own * Infinity
    sizes[key] = older(sizes[key]!)
    return again
  }

  return {
    ...detector,
    layout,
    ...(detector.describe && {
      describe(state, key) {
        const { kind, level, trend, seasons, scale, resolution } = detector.describe!(state, key)
        const unit = 2 ** unitIn((state[FIELD] as unknown as Int32Array)[key]!)
        return {
          ...(kind === undefined ? {} : { kind }),
          ...{ level: level * unit, trend: trend * unit, seasons },
          ...{ scale: scale * unit, resolution: resolution * unit },
        }
      },
    }),
    step(state, input, output) {
      const { count, keys, values } = input
      const sizes = state[FIELD] as unknown as Int32Array
      if (allOrdinary(sizes, keys, values, count)) {
        detector.step(state, input, output)
        return
      }
      if (scaled.length < count) scaled = new Float64Array(count)
      let from = 0
      for (let i = 0; i < count; i++) {
        const key = keys[i]!
        const x = values[i]!
        if (x === 0 || x - x !== 0) {
          scaled[i] = x
          continue
        }
        const before = sizes[key]!
        if (!take(sizes, key, x, i)) continue
        // What came before was said in the unit of then.
        const now = sizes[key]!
        sizes[key] = before
        stepRows(state, sizes, input, output, from, i)
        sizes[key] = now
        from = i
        forget(state, detector.layout, key)
      }
      stepRows(state, sizes, input, output, from, count)
    },
  }
}

/** Whether all rows of a step are of keys in the unit 1 that are no longer early, and none too large for it. */
function allOrdinary(sizes: Int32Array, keys: Uint32Array, values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) {
    // NaN is not too large.
    if (sizes[keys[i]!] !== ORDINARY || Math.abs(values[i]!) > LARGEST) return false
  }
  return true
}

const outputRows = (
  { expected, lower, upper, logP, suppressed, reason, reasonLogP }: DetectorOutput,
  from: number,
  to: number,
): DetectorOutput => ({
  expected: expected.subarray(from, to),
  lower: lower.subarray(from, to),
  upper: upper.subarray(from, to),
  logP: logP.subarray(from, to),
  suppressed: suppressed.subarray(from, to),
  reason: reason.subarray(from, to),
  reasonLogP: reasonLogP.subarray(from, to),
})
