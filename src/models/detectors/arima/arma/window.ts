/** The window of a key before and after a fit: it is read, cleaned, and the filter is brought to its end. */

import { scaleOfSizes } from '../../parts/robust-scale.ts'
import { advance, advanceUncertain, startFilter } from '../innovation-filter.ts'
import { clipLimit, lowerMedian } from '../window-scale.ts'
import type { Arma } from './context.ts'
import { slotScale, startProfile } from './profile.ts'
import { KEY, SLOT } from './state.ts'

/** Reads the last `length` points of a key, whose newest is in the slot given. Returns how many are not missing. */
export function readWindow(arma: Arma, key: number, newestSlot: number, length: number): number {
  const { past, pastSlots, numbers, window } = arma
  const { series, slotOf, scratch } = window
  const room = arma.config.window
  const { slots, irregular } = arma.config.season
  const position = numbers[key * KEY.width + KEY.position]!
  let place = (position - length) % room
  let slot = (((newestSlot - (length - 1)) % slots) + slots) % slots
  let observed = 0
  for (let j = 0; j < length; j++) {
    const value = past[key * room + place]!
    series[j] = value
    if (!Number.isNaN(value)) scratch[observed++] = value
    slotOf[j] = irregular ? pastSlots[key * room + place]! : slot
    if (++place === room) place = 0
    if (++slot === slots) slot = 0
  }
  window.length = length
  window.observed = observed
  return observed
}

/** Takes profile and mean off the window that was read, and pulls its outliers in. */
export function cleanWindow(arma: Arma, key: number): void {
  const { numbers, profile, window } = arma
  const { series, slotOf, scratch, length, observed } = window
  if (numbers[key * KEY.width + KEY.fitted] === 0) startProfile(arma, key)
  const from = SLOT.width * key * arma.config.season.slots
  let mean = 0
  for (let j = 0; j < length; j++) {
    const z = series[j]! - profile[from + SLOT.width * slotOf[j]! + SLOT.mean]!
    series[j] = z
    if (!Number.isNaN(z)) mean += z
  }
  mean /= observed
  window.mean = mean
  let kept = 0
  for (let j = 0; j < length; j++) {
    series[j] = series[j]! - mean
    if (!Number.isNaN(series[j]!)) scratch[kept++] = Math.abs(series[j]!)
  }
  const limit = clipLimit(lowerMedian(scratch, kept))
  if (!(limit > 0)) return
  for (let j = 0; j < length; j++) {
    const z = series[j]!
    series[j] = z > limit ? limit : Math.max(z, -limit)
  }
}

/** Brings the filter of a key to the end of the window. With the first fit, or one after a change, the scale too. */
export function replayWindow(arma: Arma, key: number): void {
  const { numbers, config, drift, window } = arma
  const { scratch, length, observed } = window
  const at = key * KEY.width
  const first = numbers[at + KEY.fitted] === 0
  let absolute = replayInnovations(arma, key)
  if (!first && drift === undefined) return
  const { slots } = config.season
  if (slots > 1 && absolute / observed > 0)
    absolute = divideBySlotScales(arma, key, first, absolute / observed)
  drift?.begin(key, scratch, length)
  if (!first && (drift?.fittedSince(key) === 0 || observed < config.minPoints)) return
  // In-sample innovations are too small by the parameters fitted, at most half of them.
  const parameters = Math.min(observed / 2, config.p + config.q + (first ? slots : 1))
  const meanSize = (absolute / observed) * Math.sqrt(observed / (observed - parameters))
  numbers[at + KEY.counted] = observed - parameters
  numbers[at + KEY.absolute] = meanSize * (observed - parameters)
  numbers[at + KEY.meanSize] = meanSize
  if (arma.scoring.analytic || !first) return
  const unit = scaleOfSizes(absolute, observed, numbers[at + KEY.level]!, 0)
  for (let j = 0; j < length; j++) {
    if (!Number.isNaN(scratch[j]!)) arma.calibrator.learn(key, scratch[j]! / unit, 1)
  }
}

/**
 * Runs the filter over the window, from a start at which nothing is known. Innovations go to `scratch`, in ordinary ones of
 * the series; returns the sum of their sizes.
 */
function replayInnovations({ numbers, filter, window }: Arma, key: number): number {
  const { series, slotOf, scratch, slotSizes, slotCounts, length } = window
  const { means, excess, m } = filter
  const first = key * m
  const variance = key * m * m
  startFilter(filter, key)
  slotSizes.fill(0)
  slotCounts.fill(0)
  let uncertain = true
  let absolute = 0
  for (let j = 0; j < length; j++) {
    const z = series[j]!
    const missing = Number.isNaN(z)
    const error = missing ? 0 : z - means[first]!
    const size = Math.abs(error) / (uncertain ? Math.sqrt(1 + excess[variance]!) : 1)
    absolute += size
    if (!missing) {
      const slot = slotOf[j]!
      slotSizes[slot] = slotSizes[slot]! + size
      slotCounts[slot] = slotCounts[slot]! + 1
    }
    scratch[j] = missing ? Number.NaN : error < 0 ? -size : size
    if (uncertain || missing) uncertain = advanceUncertain(filter, key, error, missing ? 0 : 1)
    else advance(filter, key, error)
  }
  numbers[key * KEY.width + KEY.uncertain] = uncertain ? 1 : 0
  return absolute
}

/** Divides innovations by the scales of their slots, which begin with the first fit. Returns the sum of their sizes. */
function divideBySlotScales(
  { profile, config, window }: Arma,
  key: number,
  first: boolean,
  meanSize: number,
): number {
  const { slotOf, scratch, slotSizes, slotCounts, length } = window
  const { slots } = config.season
  const from = SLOT.width * key * slots
  if (first) {
    for (let slot = 0; slot < slots; slot++) {
      const at = from + SLOT.width * slot
      profile[at + SLOT.size] = slotSizes[slot]! / meanSize
      profile[at + SLOT.counted] = slotCounts[slot]!
    }
  }
  let absolute = 0
  for (let j = 0; j < length; j++) {
    if (Number.isNaN(scratch[j]!)) continue
    scratch[j] = scratch[j]! / slotScale(profile, from + SLOT.width * slotOf[j]!)
    absolute += Math.abs(scratch[j]!)
  }
  return absolute
}
