/**
 * Fits of detectors as pure functions of numbers, by name: what a thread beside a shard can be asked for.
 *
 * The same function gives the same bits on every thread, so that it does not matter where a fit is worked out.
 */
import { cssFitOf } from './css-fit.ts'
import { pooledFitOf } from './pooled-fit.ts'
import { seasonalFitOf } from './seasonal-fit.ts'

export type BackgroundFit = (input: Float64Array) => Float64Array

export const backgroundFits: Readonly<Record<string, BackgroundFit>> = Object.freeze({
  css: cssFitOf,
  pooled: pooledFitOf,
  seasonal: seasonalFitOf,
})
