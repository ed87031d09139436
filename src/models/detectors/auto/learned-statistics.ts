/**
 * The statistics of `auto` whose tails are learned: the innovation, and the distances of the value from the level and from
 * level and profile, in their own mean sizes.
 */
import type { FieldSpec, StateLayout, StateTable } from '../../../core/fold.ts'
import { record } from '../../../core/record.ts'
import type { Calibrator } from '../../calibration/calibrator.ts'
import { openCalibrator } from '../../calibration/index.ts'
import { f64 } from '../parts/fields.ts'
import { SCALE_MEMORY, SQRT_HALF_PI } from '../parts/robust-scale.ts'
import type { AdaptiveAutoregression } from './adaptive-autoregression.ts'

export interface LearnedStatistics {
  readonly layout: StateLayout
  /** How many statistics there are; the innovation is the first. */
  readonly count: number
  bind(state: StateTable): void
  /** Values measured so far. */
  seen(key: number): number
  /** Measures a value of the key predicted last, whose innovation is `u`. */
  measure(key: number, u: number, x: number): void
  /** Writes the log p-values of the statistics measured last to the first places of `logs`. */
  score(key: number, logs: Float64Array): void
  /** The size of an innovation on a side (+1 or −1) whose p-value, by itself, is alpha. */
  critical(key: number, side: number): number
  /** Learns the statistics measured last. `weight`, 0 to 1, is how much they count. */
  learn(key: number, weight: number): void
}

const INNOVATION = 0
const FROM_LEVEL = 1
const FROM_PROFILE = 2
const COUNT = 3

const PANEL = record({
  seen: 'values measured',
  levelSize: 'mean distance from the level, unit of the values',
  profileSize: 'mean distance from level and profile',
})

/** Distances are learned up to this many times their mean size. */
const MAX = 20
/** Below this effective sample size per value, distances from a level have no distribution of their own. */
const MIN_EFFECTIVE_SIZE = 0.02

/**
 * Larger sizes are learned by their square root: in a series that mostly stands still moves are that large, and the tails
 * learn nothing beyond twenty.
 */
const LARGE = 7
const compressed = (u: number): number => {
  const size = Math.abs(u)
  return size <= LARGE ? u : Math.sign(u) * Math.sqrt(LARGE * size)
}
const expanded = (size: number): number => (size <= LARGE ? size : (size * size) / LARGE)

/** Opens the statistics of a predictor. */
export function learnedStatistics(predictor: AdaptiveAutoregression, alpha: number): LearnedStatistics {
  const tails = Array.from({ length: COUNT }, (_, s) => numbered(openCalibrator('tail', alpha), s))
  const statistics = new Float64Array(COUNT)
  let panel: Float64Array = new Float64Array(0)

  /** A distance in units of its mean size, which is kept at `place` and learns it. */
  const measureDistance = (place: number, seen: number, distance: number): number => {
    const size = panel[place]!
    const taken = size > 0 ? Math.min(Math.abs(distance), MAX * size) : Math.abs(distance)
    if (Number.isFinite(taken)) {
      panel[place] = size + Math.max(1 / SCALE_MEMORY, 1 / (seen + 1)) * (taken - size)
    }
    if (!(predictor.effectiveSize() >= MIN_EFFECTIVE_SIZE)) return Number.NaN
    return compressed(size > 0 ? distance / (SQRT_HALF_PI * size) : 0)
  }

  return {
    layout: { panel: PANEL.field, ...Object.assign({}, ...tails.map(({ layout }) => layout)) },
    count: COUNT,
    bind(state) {
      panel = f64(state, 'panel')
      for (const tail of tails) tail.bind(state)
    },
    seen: key => panel[key * PANEL.width + PANEL.seen]!,
    measure(key, u, x) {
      const at = key * PANEL.width
      const seen = panel[at + PANEL.seen]!
      panel[at + PANEL.seen] = seen + 1
      statistics[INNOVATION] = compressed(u)
      statistics[FROM_LEVEL] = measureDistance(at + PANEL.levelSize, seen, predictor.fromLevel(x))
      statistics[FROM_PROFILE] = measureDistance(at + PANEL.profileSize, seen, predictor.fromProfile(x))
    },
    score(key, logs) {
      for (let s = 0; s < COUNT; s++) logs[s] = tails[s]!.logP(key, statistics[s]!, Number.NaN)
    },
    critical: (key, side) => expanded(tails[INNOVATION]!.critical(key, side)),
    learn(key, weight) {
      for (let s = 0; s < COUNT; s++) {
        const size = s === INNOVATION ? 1 : predictor.effectiveSize()
        learnSigned(tails[s]!, key, statistics[s]!, weight * size)
      }
    },
  }
}

/** A calibrator among several of a detector: its fields are numbered. */
function numbered(calibrator: Calibrator, number: number): Calibrator {
  const names = Object.keys(calibrator.layout)
  return {
    ...calibrator,
    layout: Object.fromEntries(names.map(name => [name + number, calibrator.layout[name] as FieldSpec])),
    bind: state =>
      calibrator.bind(
        Object.fromEntries(names.map(name => [name, f64(state, name + number)])) as unknown as StateTable,
      ),
  }
}

/** Zero is half on either side: a series turned upside down gets the same p-values. */
function learnSigned(calibrator: Calibrator, key: number, statistic: number, weight: number): void {
  if (!Number.isFinite(statistic)) return
  if (statistic !== 0) {
    calibrator.learn(key, statistic, weight)
  } else {
    calibrator.learn(key, Number.MIN_VALUE, 0.5 * weight)
    calibrator.learn(key, -Number.MIN_VALUE, 0.5 * weight)
  }
}
