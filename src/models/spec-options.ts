/** Checks of the options that detectors take, so that the error points at the user's line. */
import { ModelError } from '../core/errors.ts'
import { optionChecks, type Refuse, shown } from '../core/options.ts'
import { type Duration, durationMs } from '../core/time/duration.ts'

/** How a statistic becomes a p-value: a calibrator by name. */
export type CalibratorName = 'analytic' | 'conformal' | 'tail'

/** A span of a series: a duration in words (`'2w'`), or a whole number of its points. */
export type Span = Exclude<Duration, number> | number

/** What a span becomes in a spec: `{ ms }` or `{ points }`. */
export type SpanSpec = { readonly ms: number } | { readonly points: number }

/** Refuses an option. */
export const refuse = (what: string, got: unknown, hint: string, above: Function): never => {
  throw new ModelError('DETECTOR_OPTION', `${what}, got ${shown(got)}`, { hint, above })
}

export const { checkNames, whole, between, flag } = optionChecks(refuse as Refuse)

/** A duration option, in ms. */
export function positiveMs(value: Duration, what: string, above: Function): number {
  const ms = durationMs(value, what, above)
  if (ms <= 0) refuse(`${what} must be above 0`, value, "write '2w', '36h' or '90m'", above)
  return ms
}

/** A span option as it is in specs. */
export function span(value: Span, what: string, above: Function): SpanSpec {
  if (typeof value !== 'number') return Object.freeze({ ms: positiveMs(value, what, above) })
  if (Number.isSafeInteger(value) && value > 0) return Object.freeze({ points: value })
  return refuse(`${what} needs a whole number of points ≥ 1`, value, "or a duration in words: '2w'", above)
}

/** The `calibrate` option. */
export function calibration(value: unknown, factory: string, above: Function): CalibratorName {
  if (value === 'analytic' || value === 'conformal' || value === 'tail') return value
  return refuse(
    `${factory}() calibrates by 'analytic', 'conformal' or 'tail'`,
    value,
    'leave it out for the default',
    above,
  )
}

/** What a spec says of randomised p-values: nothing, where they are conservative. */
export interface RandomisedSpec {
  readonly randomised?: { readonly seed: number }
}

export const MAX_SEED = 2 ** 32 - 1

/** The `randomised` and `seed` options as they are in specs. */
export function randomisation(
  { randomised = false, seed }: { randomised?: boolean; seed?: number },
  factory: string,
  above: Function,
): RandomisedSpec {
  if (typeof randomised !== 'boolean') {
    refuse(`randomised of ${factory}() is true or false`, randomised, 'leave it out for false', above)
  }
  if (!randomised) {
    if (seed === undefined) return {}
    return refuse(`the seed of ${factory}() is for randomised p-values`, seed, 'randomised: true', above)
  }
  return {
    randomised: Object.freeze({ seed: whole(seed ?? 0, `the seed of ${factory}()`, 0, MAX_SEED, above) }),
  }
}

/** A copy without behaviour, frozen through and through. */
export function frozenCopy<T extends object>(data: T): T {
  const frozen = (value: unknown): unknown => {
    if (value !== null && typeof value === 'object') Object.values(value).forEach(frozen)
    return Object.freeze(value)
  }
  return frozen(JSON.parse(JSON.stringify(data))) as T
}
