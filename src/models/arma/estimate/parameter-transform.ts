/**
 * The coordinates of the search: autoregressive blocks by their partial autocorrelations (Monahan 1984), moving averages
 * by their coefficients; and the region where both polynomials are usable.
 */

import { arFromPartials, partialsFromAr, partialsGradient } from '../../numerics/partial-autocorrelations.ts'
import type { ParameterLayout } from '../coefficients.ts'
import { expandAr, expandMa } from '../lag-polynomial.ts'

/** φ(B)Φ(Bˢ) and θ(B)Θ(Bˢ) from the parameter order. */
export function expandBoth(layout: ParameterLayout, arma: Float64Array): [Float64Array, Float64Array] {
  const { p, q, P, Q, period } = layout
  return [
    expandAr(arma.subarray(0, p), arma.subarray(p + q, p + q + P), period),
    expandMa(arma.subarray(p, p + q), arma.subarray(p + q + P, p + q + P + Q), period),
  ]
}

/** Lags of φ(B)Φ(Bˢ), or of θ(B)Θ(Bˢ), that such a model can have. */
export function structuralLags(plain: number, seasonal: number, period: number): Int32Array {
  const lags = new Set<number>()
  for (let J = 0; J <= seasonal; J++) for (let j = 0; j <= plain; j++) if (J + j > 0) lags.add(j + J * period)
  return Int32Array.from(lags)
}

/** The transpose of {@link expandBoth}: from derivatives in the expanded coefficients to those in the parameter order. */
export function contractBoth(
  layout: ParameterLayout,
  arma: Float64Array,
  phiBar: Float64Array,
  thetaBar: Float64Array,
  out: Float64Array,
): void {
  const { p, q, P, Q, period } = layout
  out.fill(0)
  const contract = (
    plainAt: number,
    plain: number,
    seasonalAt: number,
    seasonal: number,
    sign: number,
    bar: Float64Array,
  ) => {
    for (let J = 0; J <= seasonal; J++) {
      for (let j = 0; j <= plain; j++) {
        if (J + j === 0) continue
        const b = bar[j + J * period - 1]!
        if (J === 0) out[plainAt + j - 1]! += b
        else if (j === 0) out[seasonalAt + J - 1]! += b
        else {
          out[plainAt + j - 1]! += sign * b * arma[seasonalAt + J - 1]!
          out[seasonalAt + J - 1]! += sign * b * arma[plainAt + j - 1]!
        }
      }
    }
  }
  contract(0, p, p + q, P, -1, phiBar)
  contract(p, q, p + q + P, Q, 1, thetaBar)
}

/** Searches in transformed coordinates: see the head of this file. */
export interface Transform {
  /** Fills `arma` from x. */
  apply(x: Float64Array, arma: Float64Array): void
  /** x of a stationary `arma`. */
  invert(arma: Float64Array): Float64Array
  /** From derivatives in the raw coefficients to those in x. */
  pullBack(x: Float64Array, armaBar: Float64Array, out: Float64Array): void
}

export function transformFor(layout: ParameterLayout, free: readonly number[]): Transform {
  const { p, q, P, fixed } = layout
  const blocks: { at: number; length: number; x: number }[] = []
  for (const [at, length] of [
    [0, p],
    [p + q, P],
  ] as const) {
    let whole = length > 0
    for (let i = at; i < at + length; i++) if (!Number.isNaN(fixed[i]!)) whole = false
    if (whole) blocks.push({ at, length, x: free.indexOf(at) })
  }
  return {
    apply(x, arma) {
      for (let i = 0; i < free.length; i++) arma[free[i]!] = x[i]!
      for (const { at, length, x: from } of blocks) {
        const block = arma.subarray(at, at + length)
        const partials = Float64Array.from({ length }, (_, i) => Math.tanh(x[from + i]!))
        arFromPartials(partials, block)
      }
    },
    invert(arma) {
      const x = Float64Array.from(free, i => arma[i]!)
      for (const { at, length, x: from } of blocks) {
        const partials = partialsFromAr(arma.subarray(at, at + length))!
        for (let i = 0; i < length; i++)
          x[from + i] = Math.atanh(Math.max(-0.99999, Math.min(0.99999, partials[i]!)))
      }
      return x
    },
    pullBack(x, armaBar, out) {
      for (let i = 0; i < free.length; i++) out[i] = armaBar[free[i]!]!
      for (const { at, length, x: from } of blocks) {
        const partials = Float64Array.from({ length }, (_, i) => Math.tanh(x[from + i]!))
        const bars = partialsGradient(partials, armaBar.subarray(at, at + length))
        for (let i = 0; i < length; i++) out[from + i] = bars[i]! * (1 - partials[i]!) * (1 + partials[i]!)
      }
    },
  }
}

/** ∂(free raw coefficients)/∂x by central differences. */
export function transformJacobian(
  transform: Transform,
  x: Float64Array,
  armaCount: number,
  free: readonly number[],
  base: Float64Array,
): Float64Array {
  const k = free.length
  const up = base.slice(0, armaCount)
  const down = base.slice(0, armaCount)
  const out = new Float64Array(k * k)
  const h = 1e-5
  for (let b = 0; b < k; b++) {
    const shifted = x.slice()
    shifted[b] = x[b]! + h
    transform.apply(shifted, up)
    shifted[b] = x[b]! - h
    transform.apply(shifted, down)
    for (let a = 0; a < k; a++) out[a * k + b] = (up[free[a]!]! - down[free[a]!]!) / (2 * h)
  }
  return out
}

/** Pulls a start into the stationary and invertible region by scaling its roots outwards. */
export function admissible(layout: ParameterLayout, start: Float64Array): Float64Array {
  const out = start.slice()
  const { p, q, P, Q, fixed } = layout
  const inside = (block: Float64Array, sign: number) => {
    const partials = partialsFromAr(block.map(c => sign * c))
    return partials?.every(r => Math.abs(r) < 0.9995) ?? false
  }
  for (const [at, length, sign] of [
    [0, p, 1],
    [p + q, P, 1],
    [p, q, -1],
    [p + q + P, Q, -1],
  ] as const) {
    const block = out.subarray(at, at + length)
    if (block.some(c => !Number.isFinite(c))) block.fill(0)
    for (let attempt = 0; attempt < 200 && !inside(block, sign); attempt++) {
      for (let j = 0; j < length; j++) if (Number.isNaN(fixed[at + j]!)) block[j]! *= 0.97 ** (j + 1)
    }
  }
  return out
}

/** A root within about 1 % of the unit circle: a maximum of its own, often beside a better one inside. */
export function onBoundary(layout: ParameterLayout, arma: Float64Array): boolean {
  const { p, q, P, Q } = layout
  for (const [at, length, sign] of [
    [0, p, 1],
    [p, q, -1],
    [p + q, P, 1],
    [p + q + P, Q, -1],
  ] as const) {
    const partials = partialsFromAr(arma.subarray(at, at + length).map(c => sign * c))
    if (partials === null || partials.some(r => Math.abs(r) > 0.99)) return true
  }
  return false
}
