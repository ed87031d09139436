/** Random schemas, rows and batches of every type. */

import * as fc from 'fast-check'
import { type Batch, rowAt, rowCount } from '../../../src/core/batch/batch.ts'
import { batchFromRows, type RowLike } from '../../../src/core/batch/build.ts'
import { offsetAt } from '../../../src/core/batch/place.ts'
import { type Row, rowsOf } from '../../../src/core/batch/rows.ts'
import type { Arena } from '../../../src/core/batch/slab.ts'

import { clockText } from '../../../src/core/types/clock-time.ts'
import {
  type ColumnType,
  decimalPrecision,
  decimalScale,
  isDecimal,
  isDuration,
  isTimeOfDay,
  isTimestamp,
  UNITS_PER_SECOND,
  unitOfTime,
} from '../../../src/core/types/column-type.ts'
import { decimalText, maxUnits } from '../../../src/core/types/decimal.ts'

import {
  elementType,
  isList,
  isMap,
  isStruct,
  listType,
  mapType,
  mapTypes,
  structFields,
  structType,
} from '../../../src/core/types/nested-type.ts'

import type { Schema } from '../../../src/core/types/schema.ts'

export const TYPES: readonly ColumnType[] = [
  'bool',
  'int8',
  'int16',
  'int32',
  'int53',
  'int64',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'utf8',
  'dictionary',
  'date',
  'timestamp[s]',
  'timestamp[ms]',
  'timestamp[us, Europe/Paris]',
  'timestamp[ns]',
  'decimal(4, 4)',
  'decimal(18, 2)',
  'decimal(19, 0)',
  'decimal(38, 10)',
  'binary',
  'time[ms]',
  'time[us]',
  'duration[s]',
  'duration[ns]',
]

/** Memory that is never zero by luck. */
export const dirtyArena: Arena = {
  allocate(bytes) {
    const buffer = new SharedArrayBuffer(bytes + 8)
    new Uint8Array(buffer).fill(0xa5)
    return { buffer, byteOffset: 8 }
  },
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    '',
    'a',
    'ab',
    'a\0',
    'null',
    '__proto__',
    '$'.concat('{x}'),
    "it's",
    'zażółć',
    '🦀',
    'long '.repeat(20),
  ),
)

/** Values of a type as {@link rowsOf} gives them with `timestamps: 'bigint'`. */
export function value(type: ColumnType): fc.Arbitrary<unknown> {
  if (isTimestamp(type))
    return fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-10n, 10n), fc.constant(2n ** 32n))
  if (isList(type)) return fc.array(cell(elementType(type)), { maxLength: 4 })
  if (isStruct(type)) return objectOf(structFields(type))
  if (isMap(type)) {
    const { key, value: of } = mapTypes(type)
    return fc.array(fc.tuple(value(key), cell(of)), { maxLength: 4 }).map(entries => new Map(entries))
  }
  if (isDecimal(type)) {
    const most = maxUnits(decimalPrecision(type))
    const units = fc.oneof(fc.bigInt(-most, most), fc.bigInt(-3n, 3n), fc.constantFrom(most, -most))
    return units.map(value => decimalText(value, decimalScale(type)))
  }
  if (isTimeOfDay(type)) {
    const unit = unitOfTime(type)
    return fc.bigInt(0n, 86_400n * BigInt(UNITS_PER_SECOND[unit])).map(units => clockText(units, unit))
  }
  if (isDuration(type)) {
    const perMs = UNITS_PER_SECOND[unitOfTime(type)] / 1000
    return fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 })).map(units => units / perMs + 0)
  }
  if (type === 'binary') return fc.uint8Array({ maxLength: 12 })
  switch (type) {
    case 'bool':
      return fc.boolean()
    case 'int8':
      return fc.integer({ min: -128, max: 127 })
    case 'int16':
      return fc.integer({ min: -32768, max: 32767 })
    case 'int32':
      return fc.integer()
    case 'int53':
      return fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 }))
    case 'int64':
      return fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-3n, 3n))
    case 'uint8':
      return fc.integer({ min: 0, max: 255 })
    case 'uint16':
      return fc.integer({ min: 0, max: 65535 })
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    case 'uint64':
      return fc.oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 3n))
    case 'float32':
      return fc.oneof(fc.float(), fc.constantFrom(0, -0, Number.NaN))
    case 'date':
      return fc.integer({ min: -100_000_000, max: 100_000_000 }).map(days => new Date(days * 86_400_000))
    case 'utf8':
    case 'dictionary':
      return text
    default:
      return fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, 1, 2))
  }
}

const cell = (type: ColumnType) => fc.option(value(type), { freq: 6 })

// fromEntries makes own properties, `__proto__` too.
const objectOf = (of: Schema): fc.Arbitrary<Row> =>
  fc
    .tuple(...of.map(field => cell(field.type)))
    .map(cells => Object.fromEntries(of.map(({ name }, c) => [name, cells[c]])))

const schemaOfTypes = (type: fc.Arbitrary<ColumnType>, maxLength: number): fc.Arbitrary<Schema> =>
  fc
    .uniqueArray(fc.tuple(text, type), { selector: ([name]) => name, minLength: 1, maxLength })
    .map(columns => columns.map(([name, type]) => ({ name, type })))

const scalar = fc.constantFrom(...TYPES)

/** Types of maps' keys: values that `Map` tells apart as columns do. */
const keyType = fc.constantFrom<ColumnType>('utf8', 'int32', 'int64', 'dictionary', 'bool')

/** Lists, structs and maps of anything, three deep at most. */
export const nestedType: fc.Arbitrary<ColumnType> = fc.letrec<{ any: ColumnType; nested: ColumnType }>(
  tie => ({
    any: fc.oneof({ depthSize: 'small' }, scalar, tie('nested')),
    nested: fc.oneof(
      tie('any').map(listType),
      schemaOfTypes(tie('any'), 3).map(structType),
      fc.tuple(keyType, tie('any')).map(([key, of]) => mapType(key, of)),
    ),
  }),
).nested

/** Schemas without nested columns. */
export const scalarSchema: fc.Arbitrary<Schema> = schemaOfTypes(scalar, 5)

/** One column in eight is nested. */
export const schema: fc.Arbitrary<Schema> = schemaOfTypes(
  fc.oneof({ arbitrary: scalar, weight: 7 }, { arbitrary: nestedType, weight: 1 }),
  5,
)

/** Schemas with nested columns among others. */
export const nestedSchema: fc.Arbitrary<Schema> = schemaOfTypes(fc.oneof(nestedType, nestedType, scalar), 3)

/** A schema of every type, one column each. */
export const everyType: Schema = TYPES.map(type => ({ name: `a ${type}`, type }))

export const rowsWith = (of: Schema, maxLength = 30): fc.Arbitrary<Row[]> =>
  fc.array(objectOf(of), { maxLength })

export interface Table {
  readonly schema: Schema
  readonly rows: Row[]
}

export const table: fc.Arbitrary<Table> = schema.chain(of =>
  fc.record({ schema: fc.constant(of), rows: rowsWith(of) }),
)

/** A batch with some of its rows selected, and the rows that count. */
export const selectedBatch = (of: Schema): fc.Arbitrary<{ batch: Batch; rows: Row[] }> =>
  rowsWith(of).chain(rows =>
    fc.option(fc.array(fc.boolean(), { minLength: rows.length, maxLength: rows.length })).map(kept => {
      const batch = batchFromRows(of, rows as RowLike[], dirtyArena, { split: 2, offset: 100 })
      if (!kept) return { batch, rows }
      const selection = Uint32Array.from(rows.keys()).filter(i => kept[i])
      return { batch: { ...batch, selection }, rows: rows.filter((_, i) => kept[i]) }
    }),
  )

export const exactRows = (batch: Batch): Row[] => rowsOf(batch, { timestamps: 'bigint' })

/** The source offsets of the rows that count. */
export const sourceOffsets = (batch: Batch): number[] =>
  Array.from({ length: rowCount(batch) }, (_, i) => offsetAt(batch, rowAt(batch, i)))
