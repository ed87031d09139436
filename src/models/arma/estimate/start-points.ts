/**
 * Where else the maximum of a mixed model may lie. A model with more coefficients than the series supports has a factor
 * that nearly cancels between its two polynomials, and each frequency at which it may do so gives a
 * maximum of its own: Hannan, *Annals of Statistics* 8 (1980) 1071–1081; Ansley & Newbold, *J. Econometrics* 13 (1980) 159–183.
 */
import type { ParameterLayout } from '../coefficients.ts'
import { admissible } from './parameter-transform.ts'
import { polynomialRoots } from './reflect-roots.ts'

/** Real factors 1 − gB to try. */
const REAL = [0.95, 0.6, -0.6, -0.95]

/** Modulus of the complex factors, and their angles as parts of π. */
const MODULUS = 0.93
const ANGLES = [1 / 8, 1 / 4, 3 / 8, 1 / 2, 5 / 8, 3 / 4, 7 / 8]

/**
 * The model with its most nearly cancelling factors put elsewhere, for the ordinary and for the seasonal polynomials.
 * Blocks with a fixed coefficient are left as they are.
 */
export function startPoints(layout: ParameterLayout, arma: Float64Array): Float64Array[] {
  const { p, q, P, Q, fixed } = layout
  const out: Float64Array[] = []
  for (const [arAt, arLength, maAt, maLength] of [
    [0, p, p, q],
    [p + q, P, p + q + P, Q],
  ] as const) {
    const held = (at: number, length: number) => fixed.subarray(at, at + length).some(x => !Number.isNaN(x))
    if (Math.min(arLength, maLength) === 0 || held(arAt, arLength) || held(maAt, maLength)) continue
    const ar = arma.subarray(arAt, arAt + arLength).map(c => -c)
    const ma = arma.subarray(maAt, maAt + maLength)
    const add = (arRest: readonly number[], maRest: readonly number[], factor: readonly number[]) => {
      const start = arma.slice()
      start.set(
        multiply(arRest, factor).map(c => -c),
        arAt,
      )
      start.set(multiply(maRest, factor), maAt)
      out.push(start)
    }
    const arFactors = factors(ar)
    const maFactors = factors(ma)
    // Without a real factor on both sides the last coefficients go: the search mends what that breaks.
    const one = closest(arFactors, maFactors, 1)
    const arRest = one ? one[0].rest : Array.from(ar.subarray(0, -1))
    const maRest = one ? one[1].rest : Array.from(ma.subarray(0, -1))
    for (const g of REAL) add(arRest, maRest, [-g])
    const two = closest(arFactors, maFactors, 2)
    if (two) {
      for (const part of ANGLES) {
        add(two[0].rest, two[1].rest, [-2 * MODULUS * Math.cos(part * Math.PI), MODULUS ** 2])
      }
      add(two[0].rest, two[1].rest, [0, -0.81])
    }
  }
  return out
}

/**
 * Further starts: nothing, autoregression alone, moving average alone, the plain and the seasonal part alone, and the
 * mirror image of the first start.
 */
export function otherStarts(
  layout: ParameterLayout,
  from: Float64Array,
  zero: Float64Array | null,
): Float64Array[] {
  const { p, q, P, Q, fixed } = layout
  const isAr = (i: number) => i < p || (i >= p + q && i < p + q + P)
  const make = (value: (i: number) => number) =>
    admissible(
      layout,
      from.map((_, i) => (Number.isNaN(fixed[i]!) ? value(i) : fixed[i]!)),
    )
  const starts = [
    make(i => (isAr(i) ? from[i]! : 0)),
    make(i => (isAr(i) ? 0 : from[i]!)),
    make(i => -0.5 * from[i]!),
  ]
  if (p + q > 0 && P + Q > 0) {
    starts.push(
      make(i => (i < p + q ? from[i]! : 0)),
      make(i => (i < p + q ? 0 : from[i]!)),
    )
  }
  return zero ? [zero, ...starts] : starts
}

/** A factor 1 + c₁B (+ c₂B²) with real coefficients, and what is left of the polynomial without it. */
interface Factor {
  c: readonly number[]
  rest: readonly number[]
}

/** Every real factor of degrees 1 and 2 of 1 + c₁B + … . */
function factors(c: Float64Array): Factor[] {
  let length = c.length
  while (length > 0 && c[length - 1] === 0) length--
  const { re, im } = polynomialRoots(c.subarray(0, length))
  // A missing power is a root at zero.
  const roots = Array.from({ length: c.length }, (_, i) => (i < length ? [re[i]!, im[i]!] : [0, 0])) as [
    number,
    number,
  ][]
  const real = (root: [number, number]) => Math.abs(root[1]) < 1e-9
  const out: Factor[] = []
  const without = (indices: readonly number[]): number[] => {
    let a = [1]
    let b = [0]
    roots.forEach(([x, y], i) => {
      if (indices.includes(i)) return
      const nextA = [...a, 0]
      const nextB = [...b, 0]
      for (let j = 0; j < a.length; j++) {
        nextA[j + 1]! -= x * a[j]! - y * b[j]!
        nextB[j + 1]! -= x * b[j]! + y * a[j]!
      }
      a = nextA
      b = nextB
    })
    return a.slice(1)
  }
  for (let i = 0; i < roots.length; i++) {
    const r = roots[i]!
    if (real(r)) out.push({ c: [-r[0]], rest: without([i]) })
    for (let j = 0; j < i; j++) {
      const s = roots[j]!
      const conjugate = Math.abs(r[1] + s[1]) < 1e-9 && Math.abs(r[0] - s[0]) < 1e-9
      if (!conjugate && !(real(r) && real(s))) continue
      out.push({ c: [-r[0] - s[0], r[0] * s[0] - r[1] * s[1]], rest: without([i, j]) })
    }
  }
  return out
}

function closest(a: readonly Factor[], b: readonly Factor[], degree: number): [Factor, Factor] | null {
  let best: [Factor, Factor] | null = null
  let least = Number.POSITIVE_INFINITY
  for (const x of a) {
    for (const y of b) {
      if (x.c.length !== degree || y.c.length !== degree) continue
      const distance = x.c.reduce((sum, c, i) => sum + Math.abs(c - y.c[i]!), 0)
      if (distance < least) {
        least = distance
        best = [x, y]
      }
    }
  }
  return best
}

/** Coefficients from power 1 of (1 + a₁B + …)(1 + b₁B + …). */
function multiply(a: readonly number[], b: readonly number[]): number[] {
  const out = new Array<number>(a.length + b.length).fill(0)
  const at = (c: readonly number[], i: number) => (i === 0 ? 1 : c[i - 1]!)
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) if (i + j > 0) out[i + j - 1]! += at(a, i) * at(b, j)
  }
  return out
}
