/** Turns what users hand in (arrays with nulls, typed arrays, rows of regressors) into typed columns. */
import { ModelError } from '../core/errors.ts'
import { shown } from '../core/options.ts'

/** A series: null, undefined or NaN is a missing value. */
export type SeriesInput = ArrayLike<number | null | undefined>

/**
 * Regressors: one column (`number[]`), rows (one array per point) or columns (one array per regressor). When both
 * readings fit, rows win.
 */
export type RegressorInput = ArrayLike<number> | ArrayLike<ArrayLike<number>>

/** Points of a series at most: 2 GiB of them. */
export const MAX_POINTS = 2 ** 28

/** Whether something has a length that its copy can have. */
export const isArrayLike = (value: unknown): value is ArrayLike<unknown> => {
  if (value === null || typeof value !== 'object') return false
  const { length } = value as { length?: unknown }
  return Number.isInteger(length) && (length as number) >= 0 && (length as number) <= MAX_POINTS
}

/** Copies a series, missing values as NaN. */
export function toSeries(series: SeriesInput, caller: string): Float64Array {
  if (!isArrayLike(series)) {
    throw new ModelError('SERIES_TYPE', `${caller} needs an array of numbers, got ${shown(series)}`, {
      hint: 'pass a number[] or Float64Array; null or NaN marks a missing value',
    })
  }
  const out = new Float64Array(series.length)
  for (let t = 0; t < out.length; t++) {
    const x = series[t]
    if (x === null || x === undefined) out[t] = Number.NaN
    else if (typeof x === 'number' && Math.abs(x) !== Number.POSITIVE_INFINITY) out[t] = x
    else {
      throw new ModelError('SERIES_TYPE', `${caller} needs finite numbers, got ${shown(x)} at index ${t}`, {
        hint: 'replace it by null if it is to count as missing',
      })
    }
  }
  return out
}

/** The same, for methods that cannot bridge gaps. */
export function toCompleteSeries(series: SeriesInput, caller: string): Float64Array {
  const out = toSeries(series, caller)
  const missing = out.findIndex(Number.isNaN)
  if (missing >= 0) {
    throw new ModelError(
      'SERIES_MISSING',
      `${caller} needs a series without gaps, got a missing value at ${missing}`,
      {
        hint: 'arima() handles missing values',
      },
    )
  }
  return out
}

/** Regressor columns, each `length` long. */
export function toColumns(
  xreg: RegressorInput | null | undefined,
  length: number,
  caller: string,
): Float64Array[] {
  if (xreg === null || xreg === undefined || (xreg.length === 0 && length > 0)) return []
  if (!isArrayLike(xreg)) {
    throw new ModelError(
      'XREG_SHAPE',
      `${caller} needs regressors as arrays of numbers, got ${shown(xreg)}`,
      {
        hint: 'give one number per point, or one row per point',
      },
    )
  }
  const first = xreg[0]
  let columns: Float64Array[]
  if (typeof first !== 'object' || first === null || length === 0) {
    columns = [toDoubles(xreg as ArrayLike<number>)]
  } else {
    const arrays = xreg as ArrayLike<ArrayLike<number>>
    const byRow = arrays.length === length
    const width = byRow ? arrays[0]!.length : arrays.length
    columns = Array.from({ length: width }, (_, c) =>
      toDoubles(byRow ? Array.from({ length }, (_v, t) => arrays[t]![c]!) : arrays[c]!),
    )
  }
  columns.forEach((column, c) => {
    if (column.length !== length) {
      throw new ModelError(
        'XREG_SHAPE',
        `${caller}: regressor ${c} has ${column.length} values for ${length} points`,
        {
          hint: 'give one number per point, or one row per point',
        },
      )
    }
    const bad = column.findIndex(x => !Number.isFinite(x))
    if (bad >= 0) {
      throw new ModelError(
        'XREG_MISSING',
        `${caller} needs finite regressors, got ${column[bad]} at index ${bad} of regressor ${c}`,
        {
          hint: 'regressors must be known at every point, also where the series is missing',
        },
      )
    }
  })
  return columns
}

/** Anything but a number becomes NaN: `Float64Array.from` would read null as 0. */
function toDoubles(values: ArrayLike<number | null>): Float64Array {
  return values instanceof Float64Array
    ? values.slice()
    : Float64Array.from(values, x => (typeof x === 'number' ? x : Number.NaN))
}
