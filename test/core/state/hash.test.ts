import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { columnFrom } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { hashKeys, keyGroupsOf, partitionRows } from '../../../src/core/state/hash.ts'
import { shardOfKeyGroup } from '../../../src/core/state/key-groups.ts'
import type { ColumnType } from '../../../src/core/types/column-type.ts'

const column = (type: ColumnType, ...values: unknown[]): Column => columnFrom(type, values, heapArena)

function hashOf(...columns: Column[]): string {
  const first = new Int32Array(1)
  const second = new Int32Array(1)
  hashKeys(columns, 1, undefined, first, second)
  const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0')
  return hex(first[0]!) + hex(second[0]!)
}

describe('the key hash', () => {
  it('is frozen', () => {
    const frozen: [string, Column[]][] = [
      ['0', [column('int32', 0)]],
      ['5', [column('int32', 5)]],
      ['-1', [column('int64', -1n)]],
      ['2^53 + 1', [column('int64', 2n ** 53n + 1n)]],
      ['uint64 max', [column('uint64', 2n ** 64n - 1n)]],
      ['0.5', [column('float64', 0.5)]],
      ['NaN', [column('float64', Number.NaN)]],
      ['Infinity', [column('float64', Number.POSITIVE_INFINITY)]],
      ['true', [column('bool', true)]],
      ['date', [column('date', new Date('2001-06-09'))]],
      ['timestamp', [column('timestamp[ms]', -1n)]],
      ['null', [column('utf8', null)]],
      ['empty', [column('utf8', '')]],
      ['IAH', [column('utf8', 'IAH')]],
      ['four bytes', [column('utf8', 'four')]],
      ['hostile', [column('utf8', "__proto__'\0\u0024{x}😀")]],
      ['pair', [column('utf8', 'IAH'), column('int32', 5)]],
      ['triple', [column('utf8', 'IAH'), column('int32', 5), column('bool', null)]],
    ]
    expect(Object.fromEntries(frozen.map(([name, key]) => [name, hashOf(...key)]))).toMatchInlineSnapshot(`
      {
        "-1": "e696c1b175a4c0e8",
        "0": "9ca70078bb8d7739",
        "0.5": "eafb760963c96ed0",
        "2^53 + 1": "72d521b30ebadf27",
        "5": "a3487538ee60063b",
        "IAH": "8040c79938fe5b36",
        "Infinity": "36f0f1d215118a91",
        "NaN": "c4d30bf086058e17",
        "date": "191071b10cd80148",
        "empty": "3cd6e3f31e5850b0",
        "four bytes": "b4a25d0485c277d7",
        "hostile": "9b480fccbec61d61",
        "null": "9216d5d98979fb1b",
        "pair": "e8ca57754ccd6fcf",
        "timestamp": "d9d1180d8e83f87a",
        "triple": "a9c17183d71e18bf",
        "true": "db6ecf7dd45e8e63",
        "uint64 max": "e696c1b175a4c0e8",
      }
    `)
  })

  it('is the same for a decimal of any digits, and a whole number', () => {
    for (const value of ['0', '5', '-7', '1.5', '-0.001', '9007199254740993', '18446744073709551615']) {
      const hashes = (['decimal(38, 3)', 'decimal(35, 5)', 'decimal(29, 9)'] as const).map(type =>
        hashOf(column(type, value)),
      )
      expect(new Set(hashes).size).toBe(1)
      if (!value.includes('.'))
        expect(hashes[0]).toBe(hashOf(column(value[0] === '-' ? 'int64' : 'uint64', BigInt(value))))
    }
    expect(hashOf(column('decimal(3, 1)', '1.5'))).toBe(hashOf(column('decimal(38, 20)', '1.5')))
    expect(hashOf(column('decimal(3, 1)', '1.5'))).not.toBe(hashOf(column('int32', 15)))
    expect(hashOf(column('duration[s]', 2000))).toBe(hashOf(column('duration[ns]', 2000)))
  })

  it('is the same for a whole number of every type', () => {
    for (const value of [0, 1, 5, 100, 127]) {
      const expected = hashOf(column('int32', value))
      for (const type of [
        'int8',
        'uint8',
        'int16',
        'uint16',
        'uint32',
        'int53',
        'float32',
        'float64',
      ] as const) {
        expect(hashOf(column(type, value))).toBe(expected)
      }
      expect(hashOf(column('int64', BigInt(value)))).toBe(expected)
      expect(hashOf(column('uint64', BigInt(value)))).toBe(expected)
    }
    expect(hashOf(column('int8', -7))).toBe(hashOf(column('int64', -7n)))
    expect(hashOf(column('float64', -7))).toBe(hashOf(column('int64', -7n)))
    expect(hashOf(column('uint32', 2 ** 32 - 1))).toBe(hashOf(column('int64', 2n ** 32n - 1n)))
    expect(hashOf(column('float64', 2 ** 40))).toBe(hashOf(column('int64', 2n ** 40n)))
  })

  it('is one for both zeros and for all NaNs', () => {
    expect(hashOf(column('float64', -0))).toBe(hashOf(column('float64', 0)))
    const odd = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)
    expect(hashOf({ type: 'float64', values: odd })).toBe(hashOf(column('float64', Number.NaN)))
  })

  it('is the same for plain text and for codes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), text => {
        const plain = column('utf8', text)
        const { values, offsets } = plain
        const coded: Column = {
          type: 'dictionary',
          values: Int32Array.of(0),
          dictionary: { id: `test/${text}`, length: 1, values: values as Uint8Array, offsets: offsets! },
        }
        expect(hashOf(coded)).toBe(hashOf(plain))
      }),
    )
  })

  it('is the same for a time in every unit that holds it', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9e9, max: 9e9 }), seconds => {
        const s = hashOf(column('timestamp[s]', BigInt(seconds)))
        expect(hashOf(column('timestamp[ms]', BigInt(seconds) * 1000n))).toBe(s)
        expect(hashOf(column('timestamp[us]', BigInt(seconds) * 1_000_000n))).toBe(s)
        expect(hashOf(column('timestamp[ns]', BigInt(seconds) * 1_000_000_000n))).toBe(s)
        const us = BigInt(seconds) * 1_000_000n + 7n
        expect(hashOf(column('timestamp[ns]', us * 1000n))).toBe(hashOf(column('timestamp[us]', us)))
      }),
    )
  })

  it('spreads small integers evenly', () => {
    const keys = Int32Array.from({ length: 25_600 }, (_, i) => i)
    const groups = new Uint8Array(keys.length)
    keyGroupsOf([{ type: 'int32', values: keys }], keys.length, undefined, groups)
    const counts = new Uint32Array(256)
    for (const group of groups) counts[group]!++
    expect(Math.min(...counts)).toBeGreaterThan(50)
    expect(Math.max(...counts)).toBeLessThan(160)
  })
})

describe('keyGroupsOf', () => {
  it('takes its fast paths to the same groups as the hash', () => {
    const keys: [ColumnType, fc.Arbitrary<unknown>][] = [
      ['int32', fc.integer()],
      ['uint32', fc.nat({ max: 2 ** 32 - 1 })],
      ['int8', fc.integer({ min: -128, max: 127 })],
      ['date', fc.integer({ min: -1000, max: 1000 }).map(days => new Date(days * 86_400_000))],
      ['dictionary', fc.string()],
      ['utf8', fc.string()],
      ['float64', fc.double()],
      ['int64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ]
    for (const [type, value] of keys) {
      fc.assert(
        fc.property(fc.array(value, { minLength: 1 }), fc.boolean(), (values, nullable) => {
          const key = column(type, ...(nullable ? [null, ...values] : values))
          const count = values.length + (nullable ? 1 : 0)
          const groups = new Uint8Array(count)
          keyGroupsOf([key], count, undefined, groups)
          const first = new Int32Array(count)
          hashKeys([key], count, undefined, first, new Int32Array(count))
          expect([...groups]).toEqual(Array.from(first, word => word >>> 24))
        }),
        { numRuns: 30 },
      )
    }
  })
})

describe('partitionRows', () => {
  const batchOf = (length: number, selection?: Uint32Array): Batch => ({
    schema: [],
    length,
    columns: [],
    position: { split: 0, offset: 0 },
    ...(selection ? { selection } : {}),
  })

  it('gives each row to the shard that owns its key group, in order, once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.boolean()), { maxLength: 200 }),
        fc.constantFrom(1, 2, 3, 7, 256),
        fc.boolean(),
        fc.constantFrom('int32' as const, 'int16' as const),
        (rows, shards, selected, type) => {
          const key = column(type, ...rows.map(([value]) => value))
          const wanted = rows.flatMap(([, wants], i) => (!selected || wants ? [i] : []))
          const batch = batchOf(rows.length, selected ? Uint32Array.from(wanted) : undefined)
          const parts = partitionRows([key], batch, shards, heapArena)
          expect(parts).toHaveLength(shards)
          expect(parts.flatMap(part => [...part]).sort((a, b) => a - b)).toEqual(wanted)
          const groups = new Uint8Array(rows.length)
          keyGroupsOf([key], rows.length, undefined, groups)
          parts.forEach((part, shard) => {
            for (const row of part) expect(shardOfKeyGroup(groups[row]!, shards)).toBe(shard)
            expect([...part]).toEqual([...part].sort((a, b) => a - b))
          })
        },
      ),
    )
  })

  it('gives everything to shard 0 without keys', () => {
    const parts = partitionRows([], batchOf(3), 2, heapArena)
    expect(parts.map(part => [...part])).toEqual([[0, 1, 2], []])
  })
})
