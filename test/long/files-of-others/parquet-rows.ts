/** The rows of a Parquet file as plain DuckDB reads them. */

import {
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
} from '@duckdb/node-api'
import { type Cell, type CellStruct, clockText } from './cells.ts'

export async function parquetRows(path: string): Promise<CellStruct[]> {
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    const result = await connection.runAndReadAll(
      'SELECT * FROM read_parquet($1, hive_partitioning = false)',
      [path],
    )
    const names = result.columnNames()
    const types = result.columnTypes()
    return result
      .getRows()
      .map(row => Object.fromEntries(row.map((value, i) => [names[i]!, cellOf(value, types[i]!)])))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

function cellOf(value: DuckDBValue, type: DuckDBType): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value
  if (typeof value === 'bigint') {
    const isHuge = type.typeId === DuckDBTypeId.HUGEINT || type.typeId === DuckDBTypeId.UHUGEINT
    return isHuge ? String(value) : value
  }
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds
  if (value instanceof DuckDBTimeValue) return clockText(value.micros, 1_000_000n)
  if (value instanceof DuckDBIntervalValue) return value.days * 86_400_000 + Number(value.micros) / 1000
  if (value instanceof DuckDBBlobValue) return value.bytes
  if (value instanceof DuckDBDecimalValue) return value.toString()
  return nestedCell(value, type)
}

function nestedCell(value: DuckDBValue, type: DuckDBType): Cell {
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    const { valueType } = type as DuckDBType & { valueType: DuckDBType }
    return value.items.map(item => cellOf(item, valueType))
  }
  if (value instanceof DuckDBStructValue) {
    const { entryNames, entryTypes } = type as DuckDBType & {
      entryNames: readonly string[]
      entryTypes: readonly DuckDBType[]
    }
    return Object.fromEntries(
      entryNames.map((name, i) => [name, cellOf(value.entries[name]!, entryTypes[i]!)]),
    )
  }
  if (value instanceof DuckDBMapValue) {
    const { keyType, valueType } = type as DuckDBType & { keyType: DuckDBType; valueType: DuckDBType }
    return new Map(value.entries.map(({ key, value: of }) => [cellOf(key, keyType), cellOf(of, valueType)]))
  }
  return String(value)
}
