/**
 * Profile of a season: a mean for each slot, less the level, and a scale of innovations relative to that of the series, as
 * few flights at night make means that vary much. Without a season there is one slot, whose mean follows the level.
 */
import { SQRT_HALF_PI } from '../../parts/robust-scale.ts'
import { clipLimit, lowerMedian } from '../window-scale.ts'
import type { Arma, ArmaWindow } from './context.ts'
import { KEY, SLOT as SLOT_RECORD } from './state.ts'

// As in `score.ts`.
const SLOT = SLOT_RECORD

/** Weight that a slot's scale keeps per visit. */
const SCALE_KEEP = 1 - 1 / 80
/** Effective sample size of the prior of a slot's scale, which is 1. */
const SCALE_PRIOR = 30

/** Scale of innovations in a slot, in scales of the series: shrunk towards 1. */
export function slotScale(profile: Float64Array, at: number): number {
  return (SCALE_PRIOR + profile[at + SLOT.size]!) / (SCALE_PRIOR + profile[at + SLOT.counted]!)
}

/** Relative variance of a slot's scale: the weight of what is remembered has fallen by half after 80 visits. */
export function slotScaleVariance(visits: number): number {
  const share = visits / (SCALE_PRIOR + visits) ** 2
  return (Math.PI - 2) * share * (1 - (visits * (1 - SCALE_KEEP)) / 2)
}

/** Learns y, the value of `arma.row`. @param size of its innovation in scales, up to where it counts */
export function learnSlot({ config, profile, row }: Arma, y: number, size: number): void {
  const { slotAt, share, weight } = row
  const { slots, memory } = config.season
  if (slots > 1) {
    profile[slotAt + SLOT.size] =
      profile[slotAt + SLOT.size]! * SCALE_KEEP + weight * size * row.slotScale * SQRT_HALF_PI
    profile[slotAt + SLOT.counted] = profile[slotAt + SLOT.counted]! * SCALE_KEEP + weight
  }
  if (share > 0) {
    const visits = profile[slotAt + SLOT.visits]!
    profile[slotAt + SLOT.mean] = profile[slotAt + SLOT.mean]! + (share * (y - row.base)) / (visits + 1)
    if (visits < memory) profile[slotAt + SLOT.visits] = visits + 1
  }
}

/** The first level and profile of a key: means of its window, outliers pulled in. */
export function startProfile({ numbers, profile, past, config, window }: Arma, key: number): void {
  const { series, slotOf, length } = window
  const { slots, memory } = config.season
  const mean = clippedMean(window)
  const level = key * KEY.width + KEY.level
  numbers[level] = numbers[level]! + mean
  const ring = key * config.window
  for (let j = ring; j < ring + config.window; j++) past[j] = past[j]! - mean
  const from = SLOT.width * key * slots
  const to = from + SLOT.width * slots
  profile.fill(0, from, to)
  for (let j = 0; j < length; j++) {
    series[j] = series[j]! - mean
    if (Number.isNaN(series[j]!)) continue
    const at = from + SLOT.width * slotOf[j]!
    profile[at + SLOT.mean] = profile[at + SLOT.mean]! + series[j]!
    profile[at + SLOT.visits] = profile[at + SLOT.visits]! + 1
  }
  for (let at = from; at < to; at += SLOT.width) {
    const visits = profile[at + SLOT.visits]!
    // A slot seen once or twice is shrunk towards the level.
    profile[at + SLOT.mean] = profile[at + SLOT.mean]! / (visits + 1)
    profile[at + SLOT.visits] = Math.min(visits, memory)
  }
}

/** Pulls in the outliers of a window whose observed points are in `scratch`; their mean then. */
function clippedMean({ series, scratch, length, observed }: ArmaWindow): number {
  const centre = lowerMedian(scratch, observed)
  for (let j = 0; j < observed; j++) scratch[j] = Math.abs(scratch[j]! - centre)
  const reach = clipLimit(lowerMedian(scratch, observed))
  let mean = 0
  for (let j = 0; j < length; j++) {
    let value = series[j]!
    if (Number.isNaN(value)) continue
    if (reach > 0) value = Math.max(centre - reach, Math.min(centre + reach, value))
    series[j] = value
    mean += value / observed
  }
  return mean
}
