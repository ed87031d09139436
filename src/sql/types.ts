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
 * whatever their zone; `dictionary` becomes VARCHAR. Times and durations of any unit are TIME and INTERVAL, in microseconds.
 */
export function sqlType(type: ColumnType): string {
  if (isDecimal(type)) return `DECIMAL(${decimalPrecision(type)},${decimalScale(type)})`
  if (isTimeOfDay(type)) return 'TIME'
  if (isDuration(type)) return 'INTERVAL'
  if (!isTimestamp(type)) return SQL_TYPES[type]!
  return timestampZone(type) === undefined ? SQL_TIMESTAMPS[timestampUnit(type)] : 'TIMESTAMPTZ'
}
