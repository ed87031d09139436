import { PlanError } from '../errors.ts'
import { shown } from '../options.ts'

/**
 * How fast a replay goes, ms of history per ms; undefined: as fast as rows are read.
 *
 * @throws {PlanError} `SPEED`
 */
export function replaySpeed(speed: unknown, above: Function): number | undefined {
  if (speed === 'max') return undefined
  if (typeof speed === 'number' && speed > 0 && speed < Number.POSITIVE_INFINITY) return speed
  throw new PlanError('SPEED', `replay goes at a positive speed, got ${shown(speed)}`, {
    hint: "speed: 3600 is an hour of history a second, 'max' as fast as rows can be read",
    above,
  })
}
