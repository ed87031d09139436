/** The place of a step in its season: by its time when the step of the series is known, else by counting steps. */
import type { DetectorSpec, SeasonLength } from '../../../core/detector.ts'
import { PlanError } from '../../../core/errors.ts'
import type { StateLayout, StateTable } from '../../../core/fold.ts'
import { f64 } from './fields.ts'
import { specPoints } from './span.ts'

export interface SeasonClock {
  readonly layout: StateLayout
  /** Slots of a season: its length in points. */
  readonly slots: number
  readonly length: SeasonLength
  /** What {@link locate} found: the slot, from 0, and the season's number. */
  slot: number
  season: number
  bind(state: StateTable): void
  /** Finds the place of the next step of a key, at `timeMs`. */
  locate(key: number, timeMs: number): void
  /** `steps` steps of the key have passed. */
  pass(key: number, steps: number): void
}

/**
 * The clock of a spec's `season`, UTC.
 *
 * @param most slots that a state may hold
 * @throws {ModelError} `DETECTOR_SPEC` for a season that is no span; {@link PlanError} `DETECTOR_STEP` for one in time
 *   when the step of the series is not known, `DETECTOR_SEASON` when it has less than two steps, or too many.
 */
export function openSeasonClock(spec: DetectorSpec, everyMs: number | undefined, most: number): SeasonClock {
  const slots = specPoints(spec, 'season', everyMs)
  if (slots < 2 || slots > most) {
    throw new PlanError(
      'DETECTOR_SEASON',
      `a season of the ${spec.kind} detector has 2 to ${most} steps of the series, got ${slots}`,
      { hint: slots < 2 ? 'take a longer season' : 'take a shorter season, or wider steps' },
    )
  }
  const { ms } = spec.season as { ms?: number }
  let steps: Float64Array = new Float64Array(0)
  const clock: SeasonClock = {
    layout: everyMs === undefined ? { steps: { kind: 'f64' } } : {},
    slots,
    length: ms === undefined ? { steps: slots } : { ms },
    slot: 0,
    season: 0,
    bind(state) {
      if (everyMs === undefined) steps = f64(state, 'steps')
    },
    locate(key, timeMs) {
      if (everyMs === undefined) {
        const step = steps[key]!
        clock.season = Math.floor(step / slots)
        clock.slot = step - clock.season * slots
        return
      }
      const seasonMs = ms ?? slots * everyMs
      clock.season = Math.floor(timeMs / seasonMs)
      const slot = Math.floor((timeMs - clock.season * seasonMs) / everyMs)
      clock.slot = slot < slots ? slot : slots - 1
    },
    pass(key, count) {
      if (everyMs === undefined) steps[key] = steps[key]! + count
    },
  }
  return clock
}
