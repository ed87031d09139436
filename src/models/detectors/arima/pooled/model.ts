/** The model of a pool: when it is fitted, and how a fit becomes the model of the filter. */
import { compileModel } from '../../../arma/model.ts'
import type { ArimaSpec } from '../../../arma/spec.ts'
import { setFilterModel } from '../../parts/keyed-filter.ts'
import { FIT_GROWTH } from '../constants.ts'
import { pooledFitInput, pooledFitOf } from '../pooled-fit.ts'
import { POOL, type PooledArima } from './context.ts'

/** A fit that had too few values is tried again at this many times as many. */
const FIT_AGAIN = 1.1

/** At the end of an instant: lets a deferred fit take effect, and fits the model when it is time. */
export function refitWhenDue(pooled: PooledArima): void {
  const { config, pool, fits, sample } = pooled
  const instants = pool[POOL.instants]!
  const deferred = config.refitDelay !== 0
  if (deferred && fits.isWaiting(0)) {
    const fitted = fits.due(0, instants)
    if (fitted === undefined) return
    adoptFit(pooled, fitted)
  }
  const usable = pool[POOL.usable]!
  const aged = pool[POOL.fitted] === 1 && instants - pool[POOL.lastFit]! >= config.refitEvery
  if (!aged && usable < Math.max(config.warmup, pool[POOL.nextFit]!)) return
  const { segments, beyond } = sample.longer(config.before)
  pool[POOL.lastFit] = instants
  if (beyond < config.minValues) {
    pool[POOL.nextFit] = Math.ceil(FIT_AGAIN * usable) + 1
    return
  }
  pool[POOL.nextFit] = FIT_GROWTH * usable
  const input = pooledFitInput(config, pooled.coefficients, segments)
  if (deferred) fits.start(0, instants, input)
  else adoptFit(pooled, pooledFitOf(input))
}

/** Makes the results of a fit the model of the pool. */
function adoptFit(pooled: PooledArima, fitted: Float64Array): void {
  const { pool, coefficients, paramCount } = pooled
  if (Number.isNaN(fitted[paramCount]!)) return
  pool[POOL.fitted] = 1
  pool[POOL.priorSquare] = fitted[paramCount]!
  pool[POOL.priorFree] = fitted[paramCount + 1]!
  coefficients.set(fitted.subarray(0, paramCount))
  compilePool(pooled)
}

/** Makes the filter run the model of the pool, if it does not yet. */
export function compilePool(pooled: PooledArima): void {
  const { config, pool, coefficients, compiled, filter } = pooled
  if (pool[POOL.fitted] === 0) {
    setFilterModel(filter, undefined)
    return
  }
  if (filter.model !== undefined && compiled.every((value, i) => value === coefficients[i])) return
  compiled.set(coefficients)
  const { p, d, q, P, D, Q, period } = config
  const part = (from: number, length: number) => Array.from(compiled.subarray(from, from + length))
  setFilterModel(
    filter,
    compileModel({
      spec: { order: [p, d, q], seasonal: { order: [P, D, Q], period } } as unknown as ArimaSpec,
      coefficients: {
        ...{ ar: part(0, p), ma: part(p, q), sar: part(p + q, P), sma: part(p + q + P, Q), xreg: [] },
      },
      sigma2: 1,
    }),
  )
}
