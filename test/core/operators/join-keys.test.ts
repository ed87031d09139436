import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { isNullAt } from '../../../src/core/batch/column.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { castKey, commonKeyType } from '../../../src/core/operators/join-keys.ts'
import { hashKeys } from '../../../src/core/state/hash.ts'
import { KeyTable, NO_KEY } from '../../../src/core/state/key-table.ts'
import { type ColumnType, UNITS_PER_SECOND } from '../../../src/core/types/column-type.ts'
import { decimalText, maxUnits, pow10 } from '../../../src/core/types/decimal.ts'

const edges = [
  -(2n ** 63n),
  -(2n ** 31n),
  -129n,
  -1n,
  0n,
  1n,
  127n,
  255n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 53n + 1n,
]
const within = (low: bigint, high: bigint) => {
  const some = [...edges, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].filter(v => v >= low && v <= high)
  return fc.oneof(fc.constantFrom(...some), fc.bigInt({ min: low < -9n ? -9n : low, max: 9n }))
}
const bits = (n: number) => within(-(2n ** BigInt(n - 1)), 2n ** BigInt(n - 1) - 1n)
const floats = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1.5,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    2 ** 63,
    0.1,
  ),
  fc.integer({ min: -9, max: 9 }),
)
const decimals = (precision: number, scale: number) => {
  const most = maxUnits(precision)
  const one = pow10(scale)
  const units = [...edges, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
    .map(v => v * one)
    .filter(v => v <= most && v >= -most)
  return fc
    .oneof(fc.constantFrom(...units, most, -most), fc.bigInt(-20n, 20n))
    .map(v => decimalText(v, scale))
}
const number = (value: fc.Arbitrary<bigint>) => value.map(Number)

const KEYS: Partial<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  int8: number(bits(8)),
  int16: number(bits(16)),
  int32: number(bits(32)),
  uint8: number(within(0n, 255n)),
  uint16: number(within(0n, 65535n)),
  uint32: number(within(0n, 2n ** 32n - 1n)),
  int53: number(within(-(2n ** 31n), 2n ** 53n - 1n)),
  int64: bits(64),
  uint64: within(0n, 2n ** 64n - 1n),
  float32: floats.map(Math.fround),
  float64: floats,
  'decimal(4, 1)': decimals(4, 1),
  'decimal(18, 0)': decimals(18, 0),
  'decimal(38, 3)': decimals(38, 3),
}

/** The number that a value is, so that those of any two types that are one number are one text. */
function exact(value: unknown): string {
  if (typeof value === 'bigint') return `${value}`
  if (typeof value === 'string') return value.replace(/\.?0+$/, text => (value.includes('.') ? '' : text))
  const number = value as number
  return Number.isInteger(number) ? `${BigInt(number)}` : `${number}`
}

function ids(table: KeyTable, column: Column, count: number, how: 'intern' | 'find'): Uint32Array {
  const out = new Uint32Array(count)
  table[how]([column], count, undefined, out)
  return out
}

describe('keys of two number types', () => {
  const types = Object.keys(KEYS) as ColumnType[]
  for (const a of types) {
    for (const b of types) {
      const common = commonKeyType(a, b)
      if (common === undefined) continue
      it(`${a} and ${b} are one key where they are one number, and hash alike then`, () => {
        const column = (type: ColumnType) => fc.array(fc.option(KEYS[type]!), { minLength: 1, maxLength: 20 })
        fc.assert(
          fc.property(column(a), column(b), (left, right) => {
            const [own, other] = [columnFrom(a, left, heapArena), columnFrom(b, right, heapArena)]
            const [castOwn, castOther] = [
              castKey(own, left.length, common),
              castKey(other, right.length, common),
            ]
            const table = new KeyTable([common])
            const leftIds = ids(table, castOwn, left.length, 'intern')
            const rightIds = ids(table, castOther, right.length, 'find')
            const hashes = [left.length, right.length].map(
              n => [new Int32Array(n), new Int32Array(n)] as const,
            )
            hashKeys([own], left.length, undefined, ...hashes[0]!)
            hashKeys([other], right.length, undefined, ...hashes[1]!)
            left.forEach((x, i) => {
              right.forEach((y, j) => {
                const meet = x !== null && y !== null && exact(x) === exact(y)
                const found = !isNullAt(castOwn, i) && !isNullAt(castOther, j) && leftIds[i] === rightIds[j]
                expect(found, `${x} and ${y}`).toBe(meet)
                if (meet) expect(hashes[0]![0][i]).toBe(hashes[1]![0][j])
              })
            })
          }),
          { numRuns: 25 },
        )
      })
    }
  }

  it('times with a zone and without have none, nor do decimals and floats', () => {
    expect(commonKeyType('timestamp[us]', 'timestamp[us, Europe/Paris]')).toBeUndefined()
    expect(commonKeyType('timestamp[s, UTC]', 'timestamp[us, Europe/Paris]')).toBe('timestamp[us, UTC]')
    expect(commonKeyType('decimal(4, 1)', 'float64')).toBeUndefined()
    expect(commonKeyType('duration[s]', 'duration[us]')).toBe('duration[us]')
  })

  it('uint64 and floats have none: those from 2^63 on lie on different shards', () => {
    expect(commonKeyType('uint64', 'float64')).toBeUndefined()
    expect(commonKeyType('float32', 'uint64')).toBeUndefined()
  })
})

it('times of different units are one key where they are one instant', () => {
  const units = ['s', 'ms', 'us', 'ns'] as const
  const time = fc.constantFrom(0n, 1n, -1n, 86_400n, 10n ** 9n, 2n ** 62n, -(2n ** 62n))
  fc.assert(
    fc.property(fc.constantFrom(...units), fc.constantFrom(...units), time, time, (a, b, x, y) => {
      const scale = BigInt(UNITS_PER_SECOND[a])
      // The same instant in the other unit, where that is a whole number of 64 bits.
      const same = (x * BigInt(UNITS_PER_SECOND[b])) / scale
      const exactly = same * scale === x * BigInt(UNITS_PER_SECOND[b]) && BigInt.asIntN(64, same) === same
      const others = exactly ? [y, same] : [y]
      const common = commonKeyType(`timestamp[${a}, Asia/Tokyo]`, `timestamp[${b}, Europe/Paris]`)!
      const left = castKey(columnFrom(`timestamp[${a}, Asia/Tokyo]`, [x], heapArena), 1, common)
      const right = castKey(
        columnFrom(`timestamp[${b}, Europe/Paris]`, others, heapArena),
        others.length,
        common,
      )
      const table = new KeyTable([common])
      const [own] = ids(table, left, 1, 'intern')
      const found = ids(table, right, others.length, 'find')
      others.forEach((other, j) => {
        const meet = x * BigInt(UNITS_PER_SECOND[b]) === other * scale
        expect(!isNullAt(left, 0) && !isNullAt(right, j) && found[j] === own).toBe(meet)
      })
    }),
  )
})

it('a date and a timestamp, text and a number have none', () => {
  expect(commonKeyType('date', 'timestamp[s]')).toBeUndefined()
  expect(commonKeyType('utf8', 'int32')).toBeUndefined()
  expect(commonKeyType('bool', 'int8')).toBeUndefined()
})

it('NO_KEY is what keys have that nobody interned', () => {
  const table = new KeyTable(['int32', 'utf8'])
  const cells = (a: number[], b: string[]) => [
    columnFrom('int32', a, heapArena),
    columnFrom('utf8', b, heapArena),
  ]
  const found = new Uint32Array(4)
  table.find(cells([1], ['x']), 1, undefined, found)
  expect(found[0]).toBe(NO_KEY)
  table.intern(cells([1, 2], ['x', 'y']), 2, undefined, found)
  table.find(cells([1, 2, 2, 3], ['y', 'y', 'x', 'y']), 4, undefined, found)
  expect([...found]).toEqual([NO_KEY, 1, NO_KEY, NO_KEY])
  expect(table.size).toBe(2)
})
