/** Checks of specs, which may not come from the factories: a plan is JSON, and JSON can be edited. */
import type { DetectorSpec } from '../../../core/detector.ts'
import { ModelError } from '../../../core/errors.ts'

const HINT = 'build specs with the factories: counts(), ewma(), seasonalNaive(), …'

/**
 * A number of a spec, within its range.
 *
 * @throws {ModelError} `DETECTOR_SPEC` when it is missing, no number or out of range.
 */
export function specNumber(
  spec: DetectorSpec,
  name: string,
  least: number,
  most: number,
  whole = false,
): number {
  const value = Object.hasOwn(spec, name) ? spec[name] : undefined
  if (typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value)))
    return value
  throw new ModelError(
    'DETECTOR_SPEC',
    `the ${spec.kind} detector needs a ${whole ? 'whole ' : ''}${name} from ${least} to ${most}, got ${JSON.stringify(value)}`,
    { hint: HINT },
  )
}

/** A word of a spec. @throws {ModelError} `DETECTOR_SPEC` when it is not one of those allowed. */
export function specWord<W extends string>(spec: DetectorSpec, name: string, words: readonly W[]): W {
  const value = Object.hasOwn(spec, name) ? spec[name] : undefined
  if (words.includes(value as W)) return value as W
  throw new ModelError(
    'DETECTOR_SPEC',
    `the ${spec.kind} detector needs a ${name} out of ${words.join(', ')}, got ${JSON.stringify(value)}`,
    { hint: HINT },
  )
}

/** A switch of a spec. @throws {ModelError} `DETECTOR_SPEC` when it is neither true nor false. */
export function specFlag(spec: DetectorSpec, name: string): boolean {
  const value = Object.hasOwn(spec, name) ? spec[name] : undefined
  if (typeof value === 'boolean') return value
  throw new ModelError(
    'DETECTOR_SPEC',
    `the ${spec.kind} detector needs a ${name} of true or false, got ${JSON.stringify(value)}`,
    { hint: HINT },
  )
}
