/** Folds over decimals, durations and bytes: exact, and by the laws of all folds. */

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import { cellAt } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { DataError } from '../../../src/core/errors.ts'
import type { StateTable } from '../../../src/core/fold.ts'
import { type FoldOptions, foldResultType, openFold } from '../../../src/core/folds/index.ts'
import { SlotFields } from '../../../src/core/state/slot-fields.ts'
import type { DecimalType } from '../../../src/core/types/column-type.ts'
import { decimalText, divideRounded, maxUnits } from '../../../src/core/types/decimal.ts'
import { quantileOf, wholeOf } from './exact-quantile.ts'
import { foldLaws } from './laws.ts'

const units = (text: unknown): bigint => BigInt(String(text).replace('.', ''))
const some = (all: readonly unknown[]): unknown[] => all.filter(value => value !== null)
const total = (all: readonly unknown[]): bigint => some(all).reduce<bigint>((sum, x) => sum + units(x), 0n)

function decimals(precision: number, scale: number) {
  const most = maxUnits(precision)
  const value = fc
    .oneof(fc.bigInt(-9n, 9n), fc.bigInt(-most, most), fc.constantFrom(most, -most))
    .map(all => decimalText(all, scale))
  const best = (all: readonly unknown[], sign: bigint): unknown =>
    some(all).reduce((a, b) => (a === null || (units(b) - units(a)) * sign > 0n ? b : a), null)
  return { value, best }
}

for (const [precision, scale] of [
  [9, 2],
  [38, 3],
] as const) {
  const type: DecimalType = `decimal(${precision}, ${scale})`
  const { value, best } = decimals(precision, scale)
  foldLaws({
    fold: 'sum',
    type,
    values: value,
    oracle: all => {
      if (some(all).length === 0) return null
      const sum = total(all)
      if (sum > maxUnits(38) || sum < -maxUnits(38)) throw new DataError('OVERFLOW', '')
      return decimalText(sum, scale)
    },
  })
  for (const [p, share] of [
    [0.5, [1n, 2n]],
    [0.625, [5n, 8n]],
  ] as const)
    foldLaws({
      fold: 'quantile',
      type,
      options: { p },
      values: value,
      oracle: all => {
        const exact = wholeOf(quantileOf(some(all).map(units), share))
        return exact === null ? null : decimalText(exact, scale)
      },
    })
  foldLaws({ fold: 'max', type, values: value, oracle: all => best(all, 1n) })
  foldLaws({ fold: 'last', type, values: value, oracle: all => all.at(-1) })
  foldLaws({ fold: 'countDistinct', type, values: value, oracle: all => new Set(some(all)).size })
}

foldLaws({
  fold: 'mean',
  type: 'decimal(9, 2)',
  values: decimals(9, 2).value,
  // Below 2^53 both are exact, and the division rounds once.
  oracle: all => (some(all).length === 0 ? null : Number(total(all)) / (some(all).length * 100)),
})
foldLaws({
  fold: 'mean',
  type: 'duration[us]',
  values: fc.integer({ min: -100_000, max: 100_000 }).map(n => n / 1000 + 0),
  oracle: all => {
    const micros = some(all).map(ms => BigInt(Math.round((ms as number) * 1000)))
    if (micros.length === 0) return null
    const sum = micros.reduce((a, b) => a + b)
    return Number(divideRounded(sum, BigInt(micros.length))) / 1000 + 0
  },
})
foldLaws({
  fold: 'sum',
  type: 'duration[us]',
  values: fc.integer({ min: -100_000, max: 100_000 }).map(n => n + 0),
  oracle: all => (some(all).length === 0 ? null : (some(all) as number[]).reduce((a, b) => a + b) + 0),
})
foldLaws({
  fold: 'min',
  type: 'binary',
  values: fc.uint8Array({ maxLength: 3 }),
  oracle: all =>
    some(all).reduce((a, b) => (a === null || Buffer.compare(b as Buffer, a as Buffer) < 0 ? b : a), null),
})
it('sums and means have the types that hold them', () => {
  const optionsOf: Readonly<Record<string, FoldOptions>> = {
    quantile: { p: 0.5 },
    approxQuantile: { p: 0.5, error: 0.01 },
  }
  const typeOf = (fold: string, type: DecimalType | 'duration[ms]') =>
    foldResultType({ fold, argTypes: [type], options: optionsOf[fold] ?? {} })
  expect(typeOf('sum', 'decimal(4, 2)')).toBe('decimal(38, 2)')
  expect(typeOf('mean', 'decimal(4, 2)')).toBe('float64')
  expect(typeOf('variance', 'decimal(4, 2)')).toBe('float64')
  expect(typeOf('approxQuantile', 'decimal(4, 2)')).toBe('float64')
  expect(typeOf('quantile', 'decimal(4, 2)')).toBe('decimal(4, 2)')
  expect(typeOf('sum', 'duration[ms]')).toBe('duration[ms]')
  expect(typeOf('mean', 'duration[ms]')).toBe('duration[ms]')
  expect(() => typeOf('variance', 'duration[ms]')).toThrow(
    expect.objectContaining({ code: 'AGGREGATE_TYPE' }),
  )
})

it('a mean of large decimals is rounded once', () => {
  const fold = openFold({ fold: 'mean', argTypes: ['decimal(38, 10)'] })
  const fields = new SlotFields(fold.layout)
  const texts = ['12345678901234567890.0000000001', '12345678901234567890.0000000003', null]
  const columns = [columnFrom('decimal(38, 10)', texts, heapArena)]
  fold.step(fields.table as StateTable, { count: 3, groups: new Uint32Array(3), columns })
  expect(cellAt(fold.result(fields.table as StateTable, Uint32Array.of(0), heapArena), 0)).toBe(
    Number('12345678901234567890.0000000002'),
  )
})
