/** Bound values: literals of the expression language as DuckDB's. */

import type { DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { Literal } from '../../core/expr/expr.ts'
import {
  decimalScale,
  isDecimal,
  isTimestamp,
  timestampUnit,
  timestampZone,
} from '../../core/types/column-type.ts'
import { decimalText } from '../../core/types/decimal.ts'
import type { DuckDB } from './load.ts'

export const textParam = (value: string): Literal => ({ kind: 'literal', type: 'utf8', value })
export const wholeParam = (value: number): Literal => ({
  kind: 'literal',
  type: 'int64',
  value: String(value),
})

export interface BoundValues {
  readonly values: DuckDBValue[]
  readonly types: DuckDBType[]
}

/** Values and types for the parameters `$1`, `$2`, … */
export function bindLiterals({ api }: DuckDB, params: readonly Literal[]): BoundValues {
  const values: DuckDBValue[] = []
  const types: DuckDBType[] = []
  for (const { type, value } of params) {
    const [bound, as] = bindOne(api, type, value)
    values.push(bound)
    types.push(as)
  }
  return { values, types }
}

function bindOne(
  api: DuckDB['api'],
  type: Literal['type'],
  value: Literal['value'],
): [DuckDBValue, DuckDBType] {
  if (type === undefined) return [null, api.SQLNULL]
  if (isTimestamp(type)) {
    const units = value === null ? null : BigInt(value)
    if (timestampZone(type) !== undefined) {
      return [units === null ? null : new api.DuckDBTimestampTZValue(units), api.TIMESTAMPTZ]
    }
    switch (timestampUnit(type)) {
      case 's':
        return [units === null ? null : new api.DuckDBTimestampSecondsValue(units), api.TIMESTAMP_S]
      case 'ms':
        return [units === null ? null : new api.DuckDBTimestampMillisecondsValue(units), api.TIMESTAMP_MS]
      case 'us':
        return [units === null ? null : new api.DuckDBTimestampValue(units), api.TIMESTAMP]
      case 'ns':
        return [units === null ? null : new api.DuckDBTimestampNanosecondsValue(units), api.TIMESTAMP_NS]
    }
  }
  // Text, which the SQL casts to the type.
  if (isDecimal(type))
    return [value === null ? null : decimalText(BigInt(value), decimalScale(type)), api.VARCHAR]
  switch (type) {
    case 'bool':
      return [value, api.BOOLEAN]
    case 'int8':
      return [numberOrNull(value), api.TINYINT]
    case 'int16':
      return [numberOrNull(value), api.SMALLINT]
    case 'int32':
      return [numberOrNull(value), api.INTEGER]
    case 'uint8':
      return [numberOrNull(value), api.UTINYINT]
    case 'uint16':
      return [numberOrNull(value), api.USMALLINT]
    case 'uint32':
      return [numberOrNull(value), api.UINTEGER]
    case 'int53':
    case 'int64':
      return [value === null ? null : BigInt(value), api.BIGINT]
    case 'uint64':
      return [value === null ? null : BigInt(value), api.UBIGINT]
    case 'float32':
      return [numberOrNull(value), api.FLOAT]
    case 'float64':
      return [numberOrNull(value), api.DOUBLE]
    case 'date':
      return [value === null ? null : new api.DuckDBDateValue(Number(value)), api.DATE]
    default:
      return [value === null ? null : String(value), api.VARCHAR]
  }
}

const numberOrNull = (value: Literal['value']): number | null => (value === null ? null : Number(value))
