/** Column types as DuckDB's SQL has them. */

import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  timestampUnit,
  timestampZone,
} from '../core/types/column-type.ts'
import {
  elementType,
  isList,
  isNested,
  isStruct,
  mapTypes,
  type NestedType,
  structFields,
} from '../core/types/nested-type.ts'
import { quoteIdentifier } from './quote.ts'

const SQL_TYPES: Readonly<Record<string, string>> = {
  bool: 'BOOLEAN',
  int8: 'TINYINT',
  int16: 'SMALLINT',
  int32: 'INTEGER',
  int53: 'BIGINT',
  int64: 'BIGINT',
  uint8: 'UTINYINT',
  uint16: 'USMALLINT',
  uint32: 'UINTEGER',
  uint64: 'UBIGINT',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  date: 'DATE',
  utf8: 'VARCHAR',
  dictionary: 'VARCHAR',
  binary: 'BLOB',
}
const SQL_TIMESTAMPS = { s: 'TIMESTAMP_S', ms: 'TIMESTAMP_MS', us: 'TIMESTAMP', ns: 'TIMESTAMP_NS' } as const

/**
 * The DuckDB type a column is stored as. Timestamps with a zone are instants and become TIMESTAMPTZ (microseconds),
 * whatever their zone; `dictionary` becomes VARCHAR, within lists and structs, too. Times and durations of any unit are TIME and INTERVAL, in microseconds.
 */
export function sqlType(type: ColumnType): string {
  if (isNested(type)) return nestedSqlType(type)
  if (isDecimal(type)) return `DECIMAL(${decimalPrecision(type)},${decimalScale(type)})`
  if (isTimeOfDay(type)) return 'TIME'
  if (isDuration(type)) return 'INTERVAL'
  if (!isTimestamp(type)) return SQL_TYPES[type]!
  return timestampZone(type) === undefined ? SQL_TIMESTAMPS[timestampUnit(type)] : 'TIMESTAMPTZ'
}

function nestedSqlType(type: NestedType): string {
  if (isList(type)) return `${sqlType(elementType(type))}[]`
  if (isStruct(type)) {
    const fields = structFields(type).map(field => `${quoteIdentifier(field.name)} ${sqlType(field.type)}`)
    return `STRUCT(${fields.join(', ')})`
  }
  const { key, value } = mapTypes(type)
  return `MAP(${sqlType(key)}, ${sqlType(value)})`
}
