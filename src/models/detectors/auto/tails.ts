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

/** Of all components side by side: component k of step i is at `i * COUNT + k`. */
interface Tables {
  /** log of the upper tail, and the tail itself. */
  readonly logTail: Float64Array
  readonly tail: Float64Array
  /** log density, with the part that may be anything, less that of the first component. */
  readonly logDensity: Float64Array
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
  const tableOf = (of: (law: (typeof laws)[number], u: number) => number) =>
    Float64Array.from({ length: COUNT * (SIZE + 1) }, (_, i) =>
      of(laws[i % COUNT]!, sizes[Math.floor(i / COUNT)]!),
    )
  const logTail = tableOf((law, u) => law.logSf(u))
  const logDensity = tableOf((law, u) => {
    const anything = 0.5 / (ANYTHING_SIZE * (1 + u / ANYTHING_SIZE) ** 2)
    return Math.log((1 - ANYTHING) * Math.exp(law.logPdf(u)) + ANYTHING * anything)
  })
  const first = (i: number) => i - (i % COUNT)
  made = {
    logTail,
    tail: logTail.map(Math.exp),
    logDensity: logDensity.map((log, i) => log - logDensity[first(i)]!),
  }
  return made
}

const placeOf = (size: number): number =>
  size < LINEAR ? size * STEPS : FROM + STEPS * Math.log2(Math.min(size, LARGEST) / LINEAR)

/** The tail of component k between two steps. */
const between = (table: Float64Array, at: number, part: number): number =>
  table[at]! + part * (table[at + COUNT]! - table[at]!)

/** The tails; their state is a field of its own. */
export class Tails {
  readonly layout: StateLayout = { tails: TAILS.field }
  readonly #tail: Float64Array
  readonly #logTail: Float64Array
  readonly #logDensity: Float64Array
  readonly #joint = new Float64Array(COUNT)
  /** Logarithms of weights in use, of the side whose point is looked for. */
  readonly #logWeights = new Float64Array(COUNT)
  #numbers: Float64Array = new Float64Array(0)

  constructor() {
    const { tail, logTail, logDensity } = tables()
    this.#tail = tail
    this.#logTail = logTail
    this.#logDensity = logDensity
  }

  bind(state: StateTable): void {
    this.#numbers = f64(state, 'tails')
  }

  /** Sets a key to what is believed of a series that nothing is known of. */
  begin(key: number): void {
    const at = key * TAILS.width
    this.#numbers.fill(0, at, at + TAILS.width)
    this.refresh(key)
  }

  /** A size that has a larger p-value than this whatever has been learned. */
  ordinaryBelow(logP: number): number {
    const tail = 0.5 * Math.exp(logP)
    let step = 0
    const least = () => Math.min(...this.#tail.subarray(COUNT * step, COUNT * (step + 1)))
    while (step < SIZE && least() > tail) step++
    return Math.max(0, step - 1) / STEPS
  }

  /** log of the two-sided p-value of an innovation in scales. */
  logP(key: number, u: number): number {
    const size = Math.abs(u)
    if (size === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
    const at = sideOf(key, u)
    if (size < NEAR) return Math.min(0, Math.LN2 + Math.log(this.#near(at, size)))
    this.#takeLogs(at)
    return Math.min(0, Math.LN2 + this.#logFar(size))
  }

  /** Learns an innovation in scales. */
  learn(key: number, u: number): void {
    const numbers = this.#numbers
    const logDensity = this.#logDensity
    const at = sideOf(key, u) + SIDE.likelihoods
    const place = COUNT * Math.round(placeOf(Math.min(Math.abs(u), LARGEST)))
    for (let k = 1; k < COUNT; k++) numbers[at + k] = numbers[at + k]! * KEEP + logDensity[place + k]!
  }

  /** Takes what was learned into use. */
  refresh(key: number): void {
    const at = key * TAILS.width
    this.#refreshSide(at, at + SIDE.width)
    this.#refreshSide(at + SIDE.width, at)
  }

  #refreshSide(at: number, other: number): void {
    const numbers = this.#numbers
    const joint = this.#joint
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

  /** The size of an innovation, in scales, on a side (+1 or −1) whose p-value has this logarithm; {@link LARGEST} at most. */
  pointOf(key: number, side: number, logP: number): number {
    const at = sideOf(key, side)
    const tail = 0.5 * Math.exp(logP)
    const step = this.#lastAbove(at, tail)
    if (step === SIZE) return LARGEST
    return step < STEPS * NEAR ? this.#pointNear(at, step, tail) : this.#pointFar(at, step, logP - Math.LN2)
  }

  /** The same, or `least` if that is larger, which is a whole number below {@link LINEAR}. */
  pointFrom(key: number, side: number, logP: number, least: number): number {
    const isNearer = this.#atStep(sideOf(key, side), STEPS * least) < 0.5 * Math.exp(logP)
    return isNearer ? least : Math.max(least, this.pointOf(key, side, logP))
  }

  /** The upper tail of a side beyond a step of the tables. */
  #atStep(at: number, step: number): number {
    let sum = 0
    for (let k = 0; k < COUNT; k++)
      sum += this.#numbers[at + SIDE.weights + k]! * this.#tail[COUNT * step + k]!
    return sum
  }

  /** The last step beyond which a tail is not less than this; 0 where it is less from there on. */
  #lastAbove(at: number, tail: number): number {
    let low = 0
    let high = SIZE + 1
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#atStep(at, middle) >= tail) low = middle
      else high = middle
    }
    return low
  }

  /** Where between a step and the next, below {@link NEAR}, the tail is this: it is a line there. */
  #pointNear(at: number, step: number, tail: number): number {
    const from = this.#atStep(at, step)
    const part = (from - tail) / (from - this.#atStep(at, step + 1))
    return Math.max(0, (step + part) / STEPS)
  }

  /**
   * Where between a step and the next, beyond {@link NEAR}, the logarithm of the tail is this: it falls, and is convex, so that
   * Newton's method comes near from below, and is there after two or three steps.
   */
  #pointFar(at: number, step: number, logTail: number): number {
    const table = this.#logTail
    const weights = at + SIDE.weights
    let part = 0
    for (let i = 0; i < 20; i++) {
      let sum = 0
      let slope = 0
      for (let k = 0; k < COUNT; k++) {
        const from = table[COUNT * step + k]!
        const by = table[COUNT * step + COUNT + k]! - from
        const tail = this.#numbers[weights + k]! * Math.exp(from + part * by - logTail)
        sum += tail
        slope += tail * by
      }
      const more = (-Math.log(sum) * sum) / slope
      if (!(more > 1e-12)) break
      part += more
    }
    const place = step + Math.min(part, 1)
    return place < FROM ? place / STEPS : LINEAR * 2 ** ((place - FROM) / STEPS)
  }

  /** The upper tail of a side beyond a size below {@link NEAR}. */
  #near(at: number, size: number): number {
    const tail = this.#tail
    const numbers = this.#numbers
    const weights = at + SIDE.weights
    const place = size * STEPS
    const low = Math.floor(place)
    const part = place - low
    let sum = 0
    for (let k = 0; k < COUNT; k++) sum += numbers[weights + k]! * between(tail, COUNT * low + k, part)
    return sum
  }

  #logFar(size: number): number {
    const place = placeOf(size)
    const low = Math.min(Math.floor(place), SIZE - 1)
    let most = 0
    for (let k = 0; k < COUNT; k++) {
      let log = between(this.#logTail, COUNT * low + k, place - low)
      if (size > LARGEST) log -= Math.min(COMPONENTS[k]!.dof, 1e3) * Math.log(size / LARGEST)
      log += this.#logWeights[k]!
      // Components are in order of their tails: what is lost by the largest alone is less than a doubling of it.
      if (k === 0) most = log
      else
        most = most > log ? most + Math.log1p(Math.exp(log - most)) : log + Math.log1p(Math.exp(most - log))
    }
    return most
  }

  /** Logarithms of the weights of a side, which a search for a point asks for many times. */
  #takeLogs(at: number): void {
    for (let k = 0; k < COUNT; k++) this.#logWeights[k] = Math.log(this.#numbers[at + SIDE.weights + k]!)
  }
}

const sideOf = (key: number, u: number): number => key * TAILS.width + (u < 0 ? SIDE.width : 0)
