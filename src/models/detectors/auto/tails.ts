/**
 * How far ordinary innovations go: the tails of their distribution, of each side by itself.
 *
 * A side is a mixture of a normal distribution and Student's of 8, 4 and 2.5 degrees of freedom, each of the same scale,
 * weighted by how well it has predicted the innovations of that side so far (Bayesian model averaging: Hoeting et al. 1999,
 * *Statistical Science* 14). Each has a two-hundredth of anything: so one outlier, however large, says next to nothing of the
 * tails (Box & Tiao 1968, *Biometrika* 55), and a second of its size is found as the first was. Weights forget, and each side
 * counts what the other says for less.
 *
 * Weights in use change every so often, together with the points whose p-value is alpha: a bound and a p-value of a value
 * are of the same weights, so that they agree.
 */
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import { normal, studentT } from '../../distributions/index.ts'
import { f64 } from '../parts/fields.ts'

export interface Tails {
  readonly layout: StateLayout
  bind(state: StateTable): void
  /** Sets a key to what is believed of a series that nothing is known of. */
  begin(key: number): void
  /** log of the two-sided p-value of an innovation in scales. */
  logP(key: number, u: number): number
  /** Learns an innovation in scales. */
  learn(key: number, u: number): void
  /** Takes what was learned into use. */
  refresh(key: number): void
  /** The size of an innovation, in scales, on a side (+1 or −1) whose p-value has this logarithm; near `guess`, if that is above 0. */
  pointOf(key: number, side: number, logP: number, guess: number): number
  /** The same, without a guess, or `least` if that is larger. */
  pointFrom(key: number, side: number, logP: number, least: number): number
}

/** Degrees of freedom, and the scale of a Student variable whose mean size, cut off at 2.5, is that of a normal one. */
const COMPONENTS = [
  { dof: Number.POSITIVE_INFINITY, scale: 1 },
  { dof: 8, scale: 0.91657 },
  { dof: 4, scale: 0.83686 },
  { dof: 2.5, scale: 0.74744 },
] as const
const COUNT = COMPONENTS.length
const PRIOR = [0.92, 0.05, 0.02, 0.01] as const
/** The part of innovations that may be anything, and the size that half of those exceed. */
const ANYTHING = 0.005
const ANYTHING_SIZE = 10
/** What innovations of one side say of the other. */
const OTHER_SIDE = 0.7
/** Innovations that weights remember. */
const KEEP = 1 - 1 / 1500

const SIDE = record({
  likelihoods: ['log likelihood of each component, by the innovations of the side', COUNT],
  weights: ['weights in use', COUNT],
})
const TAILS = record({ sides: [SIDE, 2] })

/** Tables have steps of 1/32 up to 8 scales, and 32 steps to each doubling from there. */
const STEPS = 32
const LINEAR = 8
const FROM = STEPS * LINEAR
const DOUBLINGS = 24
const SIZE = FROM + STEPS * DOUBLINGS
const LARGEST = LINEAR * 2 ** DOUBLINGS
/** Up to here the tail itself is interpolated, beyond it its logarithm. */
const NEAR = 4

interface Tables {
  /** log of the upper tail, and the tail itself, of each component. */
  readonly logTail: readonly Float64Array[]
  readonly tail: readonly Float64Array[]
  /** log density, with the part that may be anything. */
  readonly logDensity: readonly Float64Array[]
}

let made: Tables | undefined

/** What would cost a logarithm or two per value and component. */
function tables(): Tables {
  if (made) return made
  const laws = COMPONENTS.map(({ dof, scale }) =>
    dof === Number.POSITIVE_INFINITY ? normal({ mean: 0, sd: scale }) : studentT({ df: dof, scale }),
  )
  const sizes = Float64Array.from({ length: SIZE + 1 }, (_, i) =>
    i <= FROM ? i / STEPS : LINEAR * 2 ** ((i - FROM) / STEPS),
  )
  const logTail = laws.map(law => sizes.map(u => law.logSf(u)))
  made = {
    logTail,
    tail: logTail.map(logs => logs.map(Math.exp)),
    logDensity: laws.map(law =>
      sizes.map(u => {
        const anything = 0.5 / (ANYTHING_SIZE * (1 + u / ANYTHING_SIZE) ** 2)
        return Math.log((1 - ANYTHING) * Math.exp(law.logPdf(u)) + ANYTHING * anything)
      }),
    ),
  }
  return made
}

const placeOf = (size: number): number =>
  size < LINEAR ? size * STEPS : FROM + STEPS * Math.log2(Math.min(size, LARGEST) / LINEAR)

/** Opens the tails; their state is a field of its own. */
export function openTails(): Tails {
  const { logTail, tail, logDensity } = tables()
  const joint = new Float64Array(COUNT)
  /** Logarithms of weights in use, of the side whose point is looked for. */
  const logWeights = new Float64Array(COUNT)
  let numbers: Float64Array = new Float64Array(0)

  const sideOf = (key: number, u: number): number => key * TAILS.width + (u < 0 ? SIDE.width : 0)

  /** log of the upper tail of a side beyond `size`, 0 or more. {@link takeLogs} comes before it. */
  const logBeyond = (at: number, size: number): number => {
    const place = placeOf(size)
    const low = Math.min(Math.floor(place), SIZE - 1)
    const part = place - low
    return size < NEAR ? logNear(at, low, part) : logFar(size, low, part)
  }

  const logNear = (at: number, low: number, part: number): number => {
    const weights = at + SIDE.weights
    let sum = 0
    for (let k = 0; k < COUNT; k++) {
      const near = tail[k]![low]!
      sum += numbers[weights + k]! * (near + part * (tail[k]![low + 1]! - near))
    }
    return Math.log(sum)
  }

  const logFar = (size: number, low: number, part: number): number => {
    let most = 0
    for (let k = 0; k < COUNT; k++) {
      const near = logTail[k]![low]!
      let log = near + part * (logTail[k]![low + 1]! - near)
      if (size > LARGEST) log -= Math.min(COMPONENTS[k]!.dof, 1e3) * Math.log(size / LARGEST)
      log += logWeights[k]!
      // Components are in order of their tails: what is lost by the largest alone is less than a doubling of it.
      if (k === 0) most = log
      else
        most = most > log ? most + Math.log1p(Math.exp(log - most)) : log + Math.log1p(Math.exp(most - log))
    }
    return most
  }

  /** Logarithms of the weights of a side, which a search for a point asks for many times. */
  const takeLogs = (at: number): void => {
    for (let k = 0; k < COUNT; k++) logWeights[k] = Math.log(numbers[at + SIDE.weights + k]!)
  }

  const refreshSide = (at: number, other: number): void => {
    let most = Number.NEGATIVE_INFINITY
    for (let k = 0; k < COUNT; k++) {
      joint[k] = numbers[at + SIDE.likelihoods + k]! + OTHER_SIDE * numbers[other + SIDE.likelihoods + k]!
      most = Math.max(most, joint[k]!)
    }
    let sum = 0
    for (let k = 0; k < COUNT; k++) {
      const weight = PRIOR[k]! * Math.exp(joint[k]! - most)
      numbers[at + SIDE.weights + k] = weight
      sum += weight
    }
    for (let k = 0; k < COUNT; k++) {
      numbers[at + SIDE.weights + k] = Math.max(numbers[at + SIDE.weights + k]! / sum, 1e-12)
    }
  }

  const tails: Tails = {
    layout: { tails: TAILS.field },
    bind(state) {
      numbers = f64(state, 'tails')
    },
    begin(key) {
      const at = key * TAILS.width
      numbers.fill(0, at, at + TAILS.width)
      refreshSide(at, at + SIDE.width)
      refreshSide(at + SIDE.width, at)
    },
    logP(key, u) {
      const size = Math.abs(u)
      if (size === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
      const at = sideOf(key, u)
      if (size >= NEAR) takeLogs(at)
      return Math.min(0, Math.LN2 + logBeyond(at, size))
    },
    learn(key, u) {
      const at = sideOf(key, u) + SIDE.likelihoods
      const place = Math.round(placeOf(Math.min(Math.abs(u), LARGEST)))
      const first = logDensity[0]![place]!
      for (let k = 0; k < COUNT; k++) {
        numbers[at + k] = numbers[at + k]! * KEEP + (logDensity[k]![place]! - first)
      }
    },
    refresh(key) {
      const at = key * TAILS.width
      refreshSide(at, at + SIDE.width)
      refreshSide(at + SIDE.width, at)
    },
    pointOf(key, side, logP, guess) {
      const at = sideOf(key, side)
      const target = logP - Math.LN2
      takeLogs(at)
      let low = guess > 0 ? 0.95 * guess : 0
      let high = guess > 0 ? 1.05 * guess : 4
      let below = logBeyond(at, low) - target
      let above = logBeyond(at, high) - target
      if (below < 0) {
        low = 0
        below = -Math.LN2 - target
      }
      while (above >= 0 && high < LARGEST) {
        low = high
        below = above
        high *= 2
        above = logBeyond(at, high) - target
      }
      // The secant's end that stays is halved (Illinois: Dowell & Jarratt 1971, *BIT* 11).
      for (let i = 0; i < 60 && high - low > 1e-13 * high; i++) {
        const middle = Math.min(Math.max(low + ((high - low) * below) / (below - above), low), high)
        const at2 = middle === low || middle === high ? 0.5 * (low + high) : middle
        const f = logBeyond(at, at2) - target
        if (f >= 0) {
          low = at2
          below = f
          above *= 0.5
        } else {
          high = at2
          above = f
          below *= 0.5
        }
      }
      return low
    },
    pointFrom(key, side, logP, least) {
      const at = sideOf(key, side)
      takeLogs(at)
      // By more than what rounding may do to a tail, which falls.
      const isNearer = logBeyond(at, least) < logP - Math.LN2 - 1e-6
      return isNearer ? least : Math.max(least, tails.pointOf(key, side, logP, 0))
    },
  }
  return tails
}
