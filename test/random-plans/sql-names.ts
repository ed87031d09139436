/** Names, literals and types in DuckDB's SQL. */

import { type ColumnType, isDecimal, isDuration } from '../../src/core/types/column-type.ts'
import {
  elementType,
  isList,
  isMap,
  isStruct,
  mapTypes,
  structFields,
} from '../../src/core/types/nested-type.ts'
import type { Cell } from './plan.ts'

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
export const textLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`

const TYPES: Readonly<Record<string, string>> = {
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
  utf8: 'VARCHAR',
  dictionary: 'VARCHAR',
  date: 'DATE',
  'timestamp[s]': 'TIMESTAMP_S',
  'timestamp[ms]': 'TIMESTAMP_MS',
  'timestamp[us]': 'TIMESTAMP',
  'timestamp[ns]': 'TIMESTAMP_NS',
}

export function duckdbType(type: ColumnType): string {
  if (isList(type)) return `${duckdbType(elementType(type))}[]`
  if (isStruct(type))
    return `STRUCT(${structFields(type)
      .map(({ name, type }) => `${quoted(name)} ${duckdbType(type)}`)
      .join(', ')})`
  if (isMap(type)) return `MAP(${duckdbType(mapTypes(type).key)}, ${duckdbType(mapTypes(type).value)})`
  // Their units: what is done with durations here can be done with numbers.
  if (isDuration(type)) return 'BIGINT'
  return TYPES[type] ?? type
}

export function literalOf(cell: Cell, type: ColumnType): string {
  if (cell === null) return `NULL::${duckdbType(type)}`
  if (isDecimal(type)) return `'${cell}'::${type}`
  if (isList(type)) {
    const elements = (cell as readonly Cell[]).map(each => literalOf(each, elementType(type)))
    return `[${elements.join(', ')}]::${duckdbType(type)}`
  }
  if (isMap(type)) {
    const { key, value } = mapTypes(type)
    const entries = [...(cell as ReadonlyMap<string, Cell>)]
    const list = (of: readonly Cell[], type: ColumnType) =>
      `[${of.map(each => literalOf(each, type)).join(', ')}]::${duckdbType(type)}[]`
    const parts = [
      list(
        entries.map(([name]) => name),
        key,
      ),
      list(
        entries.map(entry => entry[1]),
        value,
      ),
    ]
    return `map(${parts.join(', ')})`
  }
  if (isStruct(type)) {
    const of = cell as Readonly<Record<string, Cell>>
    const fields = structFields(type).map(
      ({ name, type }) => `${quoted(name)} := ${literalOf(of[name]!, type)}`,
    )
    return `struct_pack(${fields.join(', ')})`
  }
  switch (type) {
    case 'utf8':
    case 'dictionary':
      return `${textLiteral(cell as string)}::VARCHAR`
    case 'float32':
    case 'float64':
      return `'${Object.is(cell, -0) ? '-0.0' : cell}'::${duckdbType(type)}`
    case 'date':
      return `(DATE '1970-01-01' + ${Number(cell as Date) / 86_400_000})`
    case 'timestamp[s]':
      return `make_timestamp(${(cell as bigint) * 1_000_000n})::TIMESTAMP_S`
    case 'timestamp[ms]':
      return `make_timestamp(${(cell as bigint) * 1000n})::TIMESTAMP_MS`
    case 'timestamp[us]':
      return `make_timestamp(${cell})`
    case 'timestamp[ns]':
      return `make_timestamp_ns(${cell})`
    default:
      return `${cell}::${duckdbType(type)}`
  }
}

/** Microseconds since 1970 of a time, rounded down. */
export const epochUs = (sql: string, type: ColumnType): string =>
  type === 'timestamp[ns]' ? floorDivided(`epoch_ns(${sql})`, 1000) : `epoch_us(${sql}::TIMESTAMP)`

export const floorDivided = (x: string, by: number): string =>
  `((${x} - ((${x} % ${by}) + ${by}) % ${by}) // ${by})`

/** A time of a type from microseconds since 1970. */
export const timeFromUs = (us: string, type: ColumnType): string =>
  type === 'timestamp[ns]' ? `make_timestamp_ns(${us} * 1000)` : `make_timestamp(${us})::${duckdbType(type)}`
