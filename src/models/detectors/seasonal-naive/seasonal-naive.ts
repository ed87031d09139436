/**
 * The `seasonalNaive` detector: each value against those of the seasons before it at the same place.
 *
 * ŷ_t = median(y_{t−s}, …, y_{t−ks}): with one cycle, k = 1, the seasonal naive forecast, whose error has variance
 * σ²(1 + n) after n seasons without a value (Hyndman & Athanasopoulos, *Forecasting: Principles and Practice*, 3rd ed.,
 * §5.2 and §5.5). With more it is that of a fixed profile with noise, whose error has variance σ²(1 + v_n) with v_n the
 * variance of a median of n (David & Nagaraja, *Order Statistics*, §3).
 *
 * An outlier is left out. One that comes again in the next season, at a place whose neighbours are ordinary, is how the
 * season is from then on.
 */
import type { DetectorFactory } from '../../../core/detector.ts'
import { specNumber, specWord } from '../parts/check-spec.ts'
import { type Predictor, residualStatistic } from '../parts/residual-statistic.ts'
import { scoreWith } from '../parts/scorer.ts'
import { openSeasonClock, type SeasonClock } from '../parts/season-clock.ts'
import { medianVariance, openSlotMedians } from '../parts/slot-medians.ts'

/** Slots that a state may have. */
const MAX_SLOTS = 20_160

/**
 * Opens the `seasonalNaive` detector.
 *
 * @throws {ModelError} `DETECTOR_SPEC` for a spec that makes no sense; {@link PlanError} `DETECTOR_STEP`,
 *   `DETECTOR_SEASON` for a season that does not fit the series.
 */
export const openSeasonalNaive: DetectorFactory = (spec, context) => {
  const cycles = specNumber(spec, 'cycles', 1, 52, true)
  const calibrate = specWord(spec, 'calibrate', ['analytic', 'conformal', 'tail'])
  const clock = openSeasonClock(spec, context.everyMs, MAX_SLOTS)
  const warmup =
    spec.warmup === null ? Math.max(100, 2 * clock.slots) : specNumber(spec, 'warmup', 10, 1e9, true)
  return scoreWith(residualStatistic(seasonPredictor(clock, cycles), { warmup }, context), calibrate, context)
}

function seasonPredictor(clock: SeasonClock, cycles: number): Predictor {
  const medians = openSlotMedians(clock.slots, cycles)
  return {
    layout: { ...clock.layout, ...medians.layout },
    bind(state) {
      clock.bind(state)
      medians.bind(state)
    },
    expect(key, timeMs) {
      clock.locate(key, timeMs)
      return medians.median(key, clock.slot)
    },
    spread(key) {
      if (cycles > 1) return Math.sqrt(1 + medianVariance(medians.count(key, clock.slot)))
      return Math.sqrt(Math.max(1, clock.season - medians.lastSeason(key, clock.slot)))
    },
    take(key, timeMs, x) {
      clock.locate(key, timeMs)
      if (!Number.isNaN(x)) medians.add(key, clock.slot, clock.season, x)
      clock.pass(key, 1)
    },
    refuse(key, timeMs, x) {
      clock.locate(key, timeMs)
      medians.refuse(key, clock.slot, clock.season, x)
      clock.pass(key, 1)
    },
    describe: () => ({ seasons: [clock.length] }),
    skip(key, steps) {
      clock.pass(key, steps)
    },
    move(key, by) {
      medians.move(key, by)
    },
  }
}
