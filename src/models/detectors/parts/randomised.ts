/**
 * Randomised p-values of whole numbers: uniform although the distribution takes steps.
 *
 * u = P(X < x) + V·P(X = x), V uniform in (0, 1), is uniform under the distribution itself, and so is p = 2·min(u, 1 − u).
 * It is never above min(1, 2·min(P(X ≤ x), P(X ≥ x))) (Brockwell 2007, *Statistics & Probability Letters* 77; Czado,
 * Gneiting & Held 2009, *Biometrics* 65).
 *
 * V does not come from a generator with a state but from a hash of the seed, of the time of the value, and of a digest of
 * the times and values that its key had before. So it does not depend on chunks, shards or restarts, nor on the value it
 * is for; and the numbers of two keys differ as soon as their values do. The hash is two lanes of MurmurHash3 (Appleby
 * 2011, public domain).
 */
import type { DetectorSpec } from '../../../core/detector.ts'
import { ModelError } from '../../../core/errors.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { MAX_SEED, type RandomisedSpec } from '../../spec-options.ts'
import { specNumber } from './check-spec.ts'
import { u32 } from './fields.ts'
import { logSum, type PredictiveDistribution } from './predictive.ts'

/** Uniform numbers for the values of keys. */
export interface Draws {
  /** Zeros are the state of a key that has not been seen. */
  readonly layout: StateLayout
  /** Points it at the arrays of a step. */
  bind(state: StateTable): void
  /** V of the value of `key` at `timeMs`, in (0, 1). */
  draw(key: number, timeMs: number): number
  /** The key has had this value; not called for missing ones. */
  note(key: number, timeMs: number, x: number): void
}

const bits = new Float64Array(1)
const words = new Uint32Array(bits.buffer)

/** State: a digest of the times and values that a key has had. */
const DIGEST = {
  kind: 'u32',
  width: 2,
  parts: [{ name: 'lane', width: 2, doc: 'the two lanes of the digest' }],
} as const

const turn = (word: number, by: number): number => (word << by) | (word >>> (32 - by))

/** A lane takes in a word. */
const first = (lane: number, word: number): number =>
  (Math.imul(turn(lane ^ Math.imul(turn(Math.imul(word, 0x239b961b), 15), 0xab0e9789), 19), 5) + 0x561ccd1b) |
  0
const second = (lane: number, word: number): number =>
  (Math.imul(turn(lane ^ Math.imul(turn(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93), 13), 5) + 0x32ac3b17) |
  0

/** All bits of a word change with each of it. */
function finish(word: number): number {
  let h = word ^ (word >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

function openDraws(seed: number): Draws {
  let digests: Uint32Array = new Uint32Array(0)
  const here = new Int32Array(2)

  function take(x: number): void {
    // −0 is 0.
    bits[0] = x + 0
    here[0] = second(first(here[0]!, words[0]!), words[1]!)
    here[1] = first(second(here[1]!, words[1]!), words[0]!)
  }

  return {
    layout: { draws: DIGEST },
    bind(state) {
      digests = u32(state, 'draws')
    },
    draw(key, timeMs) {
      here[0] = first(digests[2 * key]!, seed)
      here[1] = second(digests[2 * key + 1]!, seed)
      take(timeMs)
      const high = finish(here[0]! + here[1]!)
      const low = finish(here[1]! ^ turn(high, 11))
      // 52 bits, and a half: neither 0 nor 1.
      return (high * 2 ** 20 + (low >>> 12) + 0.5) / 2 ** 52
    },
    note(key, timeMs, x) {
      here[0] = digests[2 * key]!
      here[1] = digests[2 * key + 1]!
      take(timeMs)
      take(x)
      digests[2 * key] = here[0]!
      digests[2 * key + 1] = here[1]!
    },
  }
}

/**
 * The draws of a spec, if it asks for any.
 *
 * @param whole Whether values are whole numbers whose distribution is believed.
 * @throws {ModelError} `DETECTOR_SPEC` for a seed that is none, and where they are not.
 */
export function specDraws(spec: DetectorSpec & RandomisedSpec, whole: boolean): Draws | undefined {
  if (!Object.hasOwn(spec, 'randomised')) return undefined
  const seed = specNumber({ ...Object(spec.randomised), kind: spec.kind }, 'seed', 0, MAX_SEED, true)
  if (whole) return openDraws(seed)
  throw new ModelError(
    'DETECTOR_SPEC',
    `the ${spec.kind} detector randomises p-values of whole numbers whose distribution is believed, and of no others`,
    { hint: 'build specs with the factories: they check it' },
  )
}

/** Distributions of whole numbers: `tails(x, out)` sets log P(X ≤ x) and log P(X ≥ x). */
type Distribution = Pick<PredictiveDistribution, 'tails'>

const around = new Float64Array(2)
const beside = new Float64Array(2)

/** log P(X < x) + V·P(X = x), or that of the other side, of a value whose tails are in `around`. */
function tailOf(distribution: Distribution, x: number, v: number, side: number): number {
  distribution.tails(side < 0 ? Math.floor(x) - 1 : Math.ceil(x) + 1, beside)
  const [less, more] = [Math.log1p(-v), Math.log(v)]
  return side < 0
    ? logSum(less + beside[0]!, more + around[0]!)
    : logSum(less + around[1]!, more + beside[1]!)
}

/**
 * log of the randomised two-sided p-value, from logarithms of tails alone. What is not whole is scored as the whole number
 * next to it, away from the mean.
 */
export function randomisedTwoSided(distribution: Distribution, x: number, v: number): number {
  distribution.tails(x, around)
  const side = around[0]! < around[1]! ? -1 : 1
  const near = tailOf(distribution, x, v, side)
  if (near < -Math.LN2) return near + Math.LN2
  return Math.min(0, Math.LN2 + Math.min(near, tailOf(distribution, x, v, -side)))
}

/** The last value towards a side whose randomised p-value is not below alpha, of the last whose conservative one is not. */
export function randomisedBound(
  distribution: Distribution,
  end: number,
  side: number,
  v: number,
  logAlpha: number,
): number {
  distribution.tails(end, around)
  return Math.LN2 + tailOf(distribution, end, v, side) < logAlpha ? end - side : end
}
