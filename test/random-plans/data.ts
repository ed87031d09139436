/** Random sources: ties, nulls, NaN, -0, empty text, letters beyond ASCII, times before 1970 and out of order, skewed keys. */

import type { ColumnType } from '../../src/core/types/column-type.ts'
import {
  elementType,
  isList,
  isMap,
  isNested,
  mapTypes,
  type NestedType,
  type StructType,
  structFields,
} from '../../src/core/types/nested-type.ts'
import { MAP, STRUCT } from './nested-expressions.ts'
import type { Cell, Column, SourceData } from './plan.ts'
import type { Random } from './random.ts'
import { CHANGES_SECONDS } from './zones.ts'

export const KEYS = ['a', 'b', 'c', 'ü', "it's", '', 'a b', 'ß x', '🦀', 'B']
const MAP_KEYS = ['a', 'b', 'ü', '', "it's"]
const NAMES = ['k', 'l', 'i', 'j', 'f', 'g', 'a b', 'ü', "it's", '"x"', 'constructor', 'n']
const TYPES: readonly ColumnType[] = [
  'utf8',
  'utf8',
  'dictionary',
  'int32',
  'int32',
  'float64',
  'float64',
  'int64',
  'bool',
  'int8',
  'uint16',
  'uint64',
  'int53',
  'float32',
  'date',
  'decimal(9, 2)',
  'decimal(25, 3)',
  'list<int32>',
  'list<utf8>',
  STRUCT,
  'duration[ms]',
  MAP,
]

/** Texts that functions of text may stumble over, and that look like other values. */
const HOSTILE = [
  'e\u0301',
  'İI',
  'ﬁ ẞ',
  '👩‍👩‍👧 a',
  'a\nb',
  'a%_b',
  '\\',
  '$1 $& \\1',
  '"',
  "'; --",
  ' \t a ',
  '\u00a0',
  '__proto__',
  'NaN',
  ' 12 ',
  '1e3',
  '-0.5',
  '0x1f',
  '1_000',
  'true',
  '2001-02-03',
  '\u{10ffff}',
  'null',
  'abba'.repeat(20),
]

/** The columns of a source: `t`, which is never null, and others. */
export function randomColumns(random: Random): Column[] {
  const names = random.some(NAMES, random.int(1, 4))
  const others = names.map((name): Column => ({ name, type: random.pick(TYPES), nullable: true }))
  const time = random.weighted({
    'timestamp[ms]': 4,
    'timestamp[us]': 3,
    'timestamp[s]': 1,
    'timestamp[ns]': 1,
    date: 0.5,
  })
  const t: Column = { name: 't', type: time, nullable: false }
  return random.chance(0.7) ? [t, ...others] : [...others, t]
}

/** Rows of these columns, in one split or several. */
export function randomSource(random: Random, columns: readonly Column[]): SourceData {
  const splits = random.weighted({ 1: 5, 2: 2, 3: 1 })
  const most = random.pick([0, 3, 8, 20, 40])
  const nulls = random.pick([0, 0.1, 0.4])
  const distinct = random.pick([1, 2, 4, 9])
  const clock = randomClock(random)
  return {
    columns,
    alwaysBounded: random.chance(0.2),
    splits: Array.from({ length: Number(splits) }, () =>
      Array.from({ length: random.int(0, most) }, (_, at) =>
        columns.map(column => {
          if (!column.nullable) return timeCell(column.type, clock(at))
          return random.chance(nulls) ? null : randomCell(random, column.type, distinct)
        }),
      ),
    ),
  }
}

/** Microseconds of the row at a place: forward on the whole, with ties, rows out of order, now and then far back. */
function randomClock(random: Random): (at: number) => number {
  const stepUs = random.pick([1_000, 60_000_000, 600_000_000, 3_600_000_000])
  const startUs = random.pick([
    -7_200_000_000,
    -1_000_000,
    0,
    946_684_800_000_000,
    ...CHANGES_SECONDS.map(s => s * 1e6),
  ])
  const jitter = random.pick([0, 1, 3])
  const far = random.pick([0, 0, 0.1])
  return at => {
    const back = random.chance(far) ? random.int(0, 20) : random.int(0, jitter)
    return startUs + (at - back) * stepUs + (random.chance(0.2) ? random.int(0, 999) : 0)
  }
}

function timeCell(type: ColumnType, us: number): Cell {
  switch (type) {
    case 'date':
      return new Date(Math.floor(us / 86_400_000_000) * 86_400_000)
    case 'timestamp[s]':
      return BigInt(Math.floor(us / 1e6))
    case 'timestamp[ms]':
      return BigInt(Math.floor(us / 1e3))
    case 'timestamp[ns]':
      return BigInt(us) * 1000n
    default:
      return BigInt(us)
  }
}

/** Numbers are small, and fractions quarters: sums of them are exact in any order, in DuckDB too. */
function randomCell(random: Random, type: ColumnType, distinct: number): Cell {
  if (isNested(type)) return nestedCell(random, type, distinct)
  // The first values come most often.
  const n = Math.min(random.int(0, distinct), random.int(0, distinct))
  switch (type) {
    case 'utf8':
    case 'dictionary':
      if (random.chance(0.06)) return random.pick(HOSTILE)
      return random.chance(0.2) ? `${random.pick(KEYS)} ${random.pick(KEYS)}` : KEYS[n]!
    case 'bool':
      return random.chance(0.5)
    case 'float64':
    case 'float32':
      return random.chance(0.15) ? random.pick([Number.NaN, -0, 0]) : (n - 3) / 4
    case 'int64':
      return random.chance(0.2) ? random.pick([2n ** 53n + 1n, 2n ** 53n, -(2n ** 53n) - 1n]) : BigInt(n - 2)
    case 'uint64':
      return random.chance(0.1) ? 2n ** 53n + 1n : BigInt(n)
    case 'uint16':
      return n
    case 'date':
      return new Date((n - 3) * 86_400_000)
    case 'duration[ms]':
      return BigInt((n - 3) * 1500)
    case 'decimal(9, 2)':
      return ((n - 3) / 4).toFixed(2)
    case 'decimal(25, 3)':
      return random.chance(0.1) ? '1234567890123456789012.125' : ((n - 3) / 8).toFixed(3)
    default:
      return n - 2
  }
}

function nestedCell(random: Random, type: NestedType, distinct: number): Cell {
  const cell = (of: ColumnType) => (random.chance(0.15) ? null : randomCell(random, of, distinct))
  if (isList(type)) return Array.from({ length: random.int(0, 3) }, () => cell(elementType(type)))
  if (isMap(type))
    return new Map(random.some(MAP_KEYS, random.int(0, 3)).map(key => [key, cell(mapTypes(type).value)]))
  return Object.fromEntries(structFields(type as StructType).map(({ name, type }) => [name, cell(type)]))
}
