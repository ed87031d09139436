/**
 * The coordinates of the search: autoregressive blocks by their partial autocorrelations (Monahan 1984), moving averages
 * by their coefficients; and the region where both polynomials are usable.
 */

import { arFromPartials, partialsFromAr } from '../../numerics/partial-autocorrelations.ts'
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

/** Searches in transformed coordinates: see the head of this file. */
export interface Transform {
  /** Fills `arma` from x. */
  apply(x: Float64Array, arma: Float64Array): void
  /** x of a stationary `arma`. */
  invert(arma: Float64Array): Float64Array
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
