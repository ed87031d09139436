/** Orders of ARIMA detectors, and how they are read from specs. */
import type { DetectorSpec } from '../../../core/detector.ts'
import { ModelError } from '../../../core/errors.ts'
import type { ArimaSpec } from '../../arma/spec.ts'

/** Orders of a seasonal model: (p, d, q)(P, D, Q) with its period, and whether the differenced series has a mean. */
export interface SeasonalOrders {
  readonly p: number
  readonly d: number
  readonly q: number
  readonly P: number
  readonly D: number
  readonly Q: number
  readonly period: number
  readonly constant: boolean
}

/** Orders and period of a spec. @throws {ModelError} `DETECTOR_SPEC` when they make no sense. */
export function arimaOrders(spec: DetectorSpec): SeasonalOrders {
  const { order, seasonal } = spec as unknown as ArimaSpec
  const numbers = [...(order ?? []), ...(seasonal?.order ?? [0, 0, 0])]
  if (numbers.length !== 6 || !numbers.every(n => Number.isInteger(n) && n >= 0 && n <= 16)) {
    throw arimaRefusal(spec, 'orders from 0 to 16', [order, seasonal?.order ?? null])
  }
  const [p, d, q, P, D, Q] = numbers as [number, number, number, number, number, number]
  const period = seasonal?.period ?? 1
  if (!Number.isInteger(period) || period < 1) throw arimaRefusal(spec, 'a whole period', period)
  return { p, d, q, P, D, Q, period, constant: spec.constant === true }
}

/** The error of a spec that makes no sense. */
export function arimaRefusal(spec: DetectorSpec, needs: string, got: unknown): ModelError {
  const pooled = spec.pooled === true ? 'pooled ' : ''
  return new ModelError(
    'DETECTOR_SPEC',
    `the ${pooled}${spec.kind} detector needs ${needs}, got ${JSON.stringify(got)}`,
    { hint: 'build specs with arima(), arma(), ar() or ma()' },
  )
}
