/** Checks shared by all distributions: every rejection is a `ModelError` that says what it wants and what it got. */
import { ModelError } from '../../core/errors.ts'
import { shown } from '../../core/options.ts'
import { isArrayLike } from '../series-input.ts'

const CODE = 'DISTRIBUTION_PARAMETER'

function reject(family: string, wants: string, name: string, value: unknown, hint: string): never {
  throw new ModelError(CODE, `${family}() needs ${wants}, got ${name} = ${shown(value)}`, { hint })
}

/** An object with only the named parameters, or an error that lists them. */
export function checkNames(family: string, given: unknown, ...names: readonly string[]): void {
  const usage = `call it by name: ${family}({ ${names.join(', ')} })`
  if (typeof given !== 'object' || given === null)
    throw new ModelError(CODE, `${family}() needs an object of parameters, got ${shown(given)}`, {
      hint: usage,
    })
  for (const key of Object.keys(given)) {
    if (!names.includes(key))
      throw new ModelError(CODE, `${family}() has no parameter ${shown(key)}`, { hint: usage })
  }
}

/** A finite number. */
export function checkFinite(family: string, name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  return reject(family, `a finite ${name}`, name, value, `pass ${name} as a finite number`)
}

/** A finite number above 0. */
export function checkPositive(family: string, name: string, value: unknown): number {
  if (typeof value === 'number' && value > 0 && value < Infinity) return value
  return reject(family, `a finite ${name} > 0`, name, value, `pass ${name} as a number above 0`)
}

/** A finite number of at least 0. */
export function checkNotNegative(family: string, name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value < Infinity) return value
  return reject(family, `a finite ${name} >= 0`, name, value, `pass ${name} as a number from 0 on`)
}

/** A probability, 0 and 1 included. */
export function checkProbability(family: string, name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  return reject(family, `0 <= ${name} <= 1`, name, value, `${name} is a probability, not a percentage`)
}

/** A count: an exactly represented integer of at least 0. */
export function checkCount(family: string, name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  return reject(family, `a whole ${name} >= 0`, name, value, `pass ${name} as an integer from 0 to 2^53 - 1`)
}

/** An error about data that a family cannot have produced. */
export function badData(family: string, wants: string, got: string, hint: string): ModelError {
  return new ModelError('DISTRIBUTION_DATA', `${family}.fit() needs ${wants}, got ${got}`, { hint })
}

/**
 * The observed values: null, undefined and NaN are missing and left out; infinities and empty data are errors.
 */
export function observed(
  family: string,
  data: ArrayLike<number | null | undefined>,
  atLeast = 1,
): Float64Array {
  if (!isArrayLike(data))
    throw badData(family, 'an array of numbers', shown(data), 'pass an array or a typed array')
  const values = new Float64Array(data.length)
  let n = 0
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    if (value === null || value === undefined || Number.isNaN(value)) continue
    if (typeof value !== 'number' || value === Infinity || value === -Infinity)
      throw badData(family, 'finite numbers', `${shown(value)} at index ${i}`, 'drop it or make it null')
    values[n++] = value
  }
  if (n < atLeast)
    throw badData(
      family,
      `at least ${atLeast} observed value${atLeast > 1 ? 's' : ''}`,
      `${n}`,
      'nulls do not count',
    )
  return values.subarray(0, n)
}

/** Throws unless every value passes; `wants` says what the family's support is. */
export function checkSupport(
  family: string,
  values: Float64Array,
  belongs: (value: number) => boolean,
  wants: string,
): void {
  for (const value of values) {
    if (!belongs(value))
      throw badData(
        family,
        wants,
        `${value}`,
        'drop such values, or choose a family whose support holds them',
      )
  }
}
