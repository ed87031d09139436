import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DataError, PlanError } from '../../../src/core/errors.ts'
import { ExactSum } from '../../../src/core/folds/exact-sum.ts'
import { type FoldOptions, openFold, requireRetract } from '../../../src/core/folds/index.ts'
import type { ColumnType } from '../../../src/core/types/column-type.ts'
import { exactFloatSum } from './exact-float-sum.ts'
import { exactVariance, nearestMean } from './exact-moments.ts'
import { foldLaws } from './laws.ts'

const hostile = fc.oneof(
  fc.constantFrom(
    '',
    "'",
    '"',
    '\n',
    '\0',
    '__proto__',
    '\u0024{x}',
    'a\0b',
    'ü',
    '😀',
    '\uffff',
    'constructor',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
)
const edgeFloats = fc.constantFrom(
  0,
  -0,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 53),
  1,
  0.1,
  1e-300,
  1e300,
)
const tameFloats = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(n => n / 8),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
)
const int64 = fc.oneof(
  fc.constantFrom(
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    0n,
    -1n,
    2n ** 32n,
    -(2n ** 32n),
  ),
  fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n }),
)
const uint64 = fc.oneof(
  fc.constantFrom(2n ** 64n - 1n, 2n ** 63n, 0n, 2n ** 53n + 1n),
  fc.bigInt({ min: 0n, max: 2n ** 60n }),
)
const day = fc
  .oneof(fc.constantFrom(-1, 0, 1, 100_000, -100_000), fc.integer({ min: -200_000, max: 200_000 }))
  .map(days => new Date(days * 86_400_000))

/** JavaScript values of each type. */
const VALUES: ReadonlyMap<ColumnType, fc.Arbitrary<unknown>> = new Map<ColumnType, fc.Arbitrary<unknown>>([
  ['int8', fc.integer({ min: -128, max: 127 })],
  ['uint8', fc.integer({ min: 0, max: 255 })],
  ['int16', fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })],
  ['uint16', fc.integer({ min: 0, max: 2 ** 16 - 1 })],
  ['int32', fc.oneof(fc.constantFrom(2 ** 31 - 1, -(2 ** 31)), fc.integer())],
  ['uint32', fc.oneof(fc.constantFrom(0, 2 ** 32 - 1), fc.nat({ max: 2 ** 32 - 1 }))],
  ['int53', fc.oneof(fc.constantFrom(2 ** 53 - 1, -(2 ** 53) + 1), fc.maxSafeInteger())],
  ['int64', int64],
  ['uint64', uint64],
  ['float32', fc.oneof(fc.float(), fc.constantFrom(-0, Number.NaN, Number.NEGATIVE_INFINITY))],
  ['float64', fc.oneof(tameFloats, edgeFloats, fc.double())],
  ['bool', fc.boolean()],
  ['utf8', hostile],
  ['dictionary', hostile],
  ['date', day],
  ['timestamp[us]', int64],
  ['timestamp[s, Europe/Paris]', int64],
])
/** Floats whose squares are neither beyond the doubles nor rounded below them. */
const squarable = (x: number): boolean => x === 0 || !(Math.abs(x) < 1e-140)
const SQUARABLE: ReadonlyMap<ColumnType, fc.Arbitrary<unknown>> = new Map<ColumnType, fc.Arbitrary<unknown>>([
  [
    'float64',
    fc
      .oneof(
        { weight: 8, arbitrary: tameFloats },
        { weight: 8, arbitrary: fc.double({ min: 1e-140, max: 1e140, noNaN: true }) },
        { weight: 8, arbitrary: tameFloats.map(x => 1e9 + x / 1e6) },
        { weight: 1, arbitrary: fc.constantFrom(-0, 0, 2 ** 53, 0.1, 1e100, -1e-100) },
        { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -Infinity) },
      )
      .filter(squarable),
  ],
])
const NUMERIC = new Set<ColumnType>([
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int53',
  'int64',
  'uint64',
  'float32',
  'float64',
])

const notNull = (values: readonly unknown[]): unknown[] => values.filter(value => value !== null)
const overflow = () => new DataError('OVERFLOW', '')

function exactSum(type: ColumnType, values: readonly unknown[]): unknown {
  if (values.length === 0) return null
  if (type.startsWith('float')) return exactFloatSum(values as number[])
  const total = (values as (number | bigint)[]).reduce<bigint>((sum, value) => sum + BigInt(value), 0n)
  if (type === 'int64') {
    if (BigInt.asIntN(64, total) !== total) throw overflow()
    return total
  }
  if (type === 'uint64') {
    if (BigInt.asUintN(64, total) !== total) throw overflow()
    return total
  }
  if (!Number.isSafeInteger(Number(total))) throw overflow()
  return Number(total)
}

function exactMean(type: ColumnType, values: readonly unknown[]): unknown {
  if (values.length === 0) return null
  if (type.startsWith('float') && !values.every(Number.isFinite)) return exactFloatSum(values as number[])
  return nearestMean(values as (number | bigint)[])
}

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1
  if (Number.isNaN(b)) return -1
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

const positiveZero = (value: unknown): unknown => (value === 0 ? 0 : value)

function best(values: readonly unknown[], sign: number): unknown {
  if (values.length === 0) return null
  return positiveZero(values.reduce((a, b) => (sign * compareValues(b, a) < 0 ? b : a)))
}

foldLaws({ fold: 'count', values: fc.boolean(), oracle: values => values.length })

for (const [places, type] of [
  ['splits', 'int64'],
  ['children', 'float64'],
  ['made', 'utf8'],
] as const) {
  const values = VALUES.get(type)!
  foldLaws({ fold: 'first', type, places, values, oracle: all => all[0] })
  foldLaws({ fold: 'last', type, places, values, oracle: all => all.at(-1) })
}

for (const [type, values] of VALUES) {
  foldLaws({ fold: 'count', type, values, oracle: all => notNull(all).length })
  foldLaws({ fold: 'min', type, values, oracle: all => best(notNull(all), 1) })
  foldLaws({ fold: 'max', type, values, oracle: all => best(notNull(all), -1) })
  foldLaws({ fold: 'first', type, values, oracle: all => all[0] })
  foldLaws({ fold: 'last', type, values, oracle: all => all.at(-1) })
  foldLaws({
    fold: 'countDistinct',
    type,
    values,
    oracle: all => new Set(notNull(all).map(value => (value instanceof Date ? value.getTime() : value))).size,
  })
  if (NUMERIC.has(type)) {
    foldLaws({ fold: 'sum', type, values, oracle: all => exactSum(type, notNull(all)) })
    foldLaws({ fold: 'mean', type, values, oracle: all => exactMean(type, notNull(all)) })
  }
}

const variance = (all: readonly unknown[]) => exactVariance(notNull(all) as number[])
for (const type of ['int32', 'int53', 'int64', 'uint64', 'float32', 'float64'] as const) {
  foldLaws({ fold: 'variance', type, values: SQUARABLE.get(type) ?? VALUES.get(type)!, oracle: variance })
}
foldLaws({
  fold: 'stddev',
  type: 'float64',
  values: SQUARABLE.get('float64')!,
  oracle: all => {
    const found = variance(all)
    return found === null ? null : Math.sqrt(found)
  },
})

/** The definition: the value at place p·(n − 1), in proportion between neighbours. */
const quantile = (p: number) => (all: readonly unknown[]) => {
  const values = notNull(all)
    .map(value => positiveZero(Number(value)) as number)
    .sort(compareValues)
  if (values.length === 0) return null
  const place = p * (values.length - 1)
  const [low, high] = [values[Math.floor(place)]!, values[Math.ceil(place)]!]
  const rest = place - Math.floor(place)
  const between = low === high || rest === 0 ? low : low * (1 - rest) + high * rest
  return Math.min(high, Math.max(low, between))
}
for (const [type, values] of VALUES) {
  if (!NUMERIC.has(type)) continue
  // Of 64-bit integers it is not computed in doubles: quantile.test.ts has their definition.
  const inDoubles = type !== 'int64' && type !== 'uint64'
  for (const p of [0.5, 0.9])
    foldLaws({
      ...{ fold: 'quantile', type, options: { p }, values },
      ...(inDoubles && { oracle: quantile(p) }),
    })
}
for (const p of [0, 1])
  foldLaws({
    fold: 'quantile',
    type: 'float64',
    options: { p },
    values: VALUES.get('float64')!,
    oracle: quantile(p),
  })

describe('the exact accumulator', () => {
  it('rounds the sum of any doubles once', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.double(), edgeFloats), { maxLength: 30 }), values => {
        const sum = new ExactSum()
        for (const value of values) sum.add(value)
        expect(sum.value()).toBe(exactFloatSum(values))
        expect(ExactSum.decode(sum.encode()).value()).toBe(exactFloatSum(values))
      }),
    )
  })

  it('keeps a sum that passes the largest double on the way', () => {
    const sum = new ExactSum()
    for (const value of [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, -Number.MAX_VALUE, 1])
      sum.add(value)
    expect(sum.value()).toBe(1)
  })

  it('writes equal sums as equal bytes', () => {
    const a = new ExactSum()
    const b = new ExactSum()
    for (const value of [1e300, 1, -1e300]) a.add(value)
    b.add(0.25)
    b.add(0.75)
    expect(a.encode()).toEqual(b.encode())
  })

  it('takes out again what it was given, whatever that was', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.oneof(fc.double(), edgeFloats), fc.integer({ min: 1 })), { maxLength: 20 }),
        fc.array(fc.oneof(fc.double(), edgeFloats), { maxLength: 5 }),
        (gone, left) => {
          const sum = new ExactSum()
          for (const [value, times] of gone) sum.add(value, -times)
          for (const value of left) sum.add(value)
          for (const [value, times] of gone) sum.add(value, times)
          expect(sum.value()).toBe(exactFloatSum(left))
          expect(ExactSum.decode(sum.encode()).value()).toBe(exactFloatSum(left))
        },
      ),
    )
  })

  it('settles its carries in time', () => {
    const sum = new ExactSum()
    for (let i = 0; i < 3_000_000; i++) sum.add(2 ** 53 - 1)
    expect(sum.value()).toBe(Number((2n ** 53n - 1n) * 3_000_000n))
    sum.add(2 ** 53 - 1, 2 ** 31 - 1)
    expect(sum.value()).toBe(Number((2n ** 53n - 1n) * (3_000_000n + 2n ** 31n - 1n)))
  })
})

describe('openFold', () => {
  const codeOf = (fold: string, ...argTypes: ColumnType[]): string | undefined => {
    try {
      openFold({ fold, argTypes })
      return undefined
    } catch (error) {
      return error instanceof PlanError ? error.code : 'another error'
    }
  }

  it('refuses the mean of text and the sum of dates', () => {
    expect(codeOf('mean', 'utf8')).toBe('AGGREGATE_TYPE')
    expect(codeOf('sum', 'date')).toBe('AGGREGATE_TYPE')
    expect(codeOf('sum', 'bool')).toBe('AGGREGATE_TYPE')
    expect(codeOf('sum', 'timestamp[ms]')).toBe('AGGREGATE_TYPE')
  })

  it.each([
    ['mean', 'utf8', 'needs a column of numbers, dates, timestamps, times of day or durations, got utf8'],
    ['quantile', 'bool', 'needs a column of numbers, dates, timestamps, times of day or durations, got bool'],
    ['sum', 'date', 'needs a column of numbers or durations, got date'],
    ['stddev', 'time[us]', 'needs a column of numbers or durations, got time[us]'],
    ['approxQuantile', 'timestamp[ms]', 'needs a column of numbers or durations, got timestamp[ms]'],
    ['variance', 'duration[ms]', 'needs a column of numbers, got duration[ms]'],
    ['bitAnd', 'float64', 'needs an integer column, got float64'],
    ['join', 'int32', 'needs a text column, got int32'],
    ['any', 'int32', 'needs a condition, got int32'],
  ] as const)('says what %s takes instead of %s', (fold, type, message) => {
    const options: FoldOptions =
      fold === 'join' ? { separator: ',' } : /quantile/i.test(fold) ? { p: 0.5 } : {}
    const open = () =>
      openFold({
        fold,
        argTypes: [type],
        options: fold === 'approxQuantile' ? { ...options, error: 0.01 } : options,
      })
    expect(open).toThrow(`${fold}() ${message}`)
  })

  it.each(['date', 'timestamp[us, Europe/Paris]', 'time[ms]', 'duration[us]'] as const)(
    'names the aggregates that take %s',
    type => {
      const options = { quantile: { p: 0.5 }, approxQuantile: { p: 0.5, error: 0.01 } } as Record<
        string,
        FoldOptions
      >
      const takes = (fold: string) => {
        const spec = { fold, argTypes: [type], ...(options[fold] && { options: options[fold] }) }
        try {
          openFold(spec)
          return true
        } catch (error) {
          expect(error).toMatchObject({ code: 'AGGREGATE_TYPE' })
          return false
        }
      }
      const measuring = [
        'sum',
        'mean',
        'variance',
        'stddev',
        'quantile',
        'approxQuantile',
        'skewness',
        'kurtosis',
      ]
      const named = [...measuring, 'product', 'geometricMean'].filter(takes)
      const all = named.flatMap(name => (name === 'quantile' ? [name, 'median'] : [name])).join(', ')
      expect(() => openFold({ fold: 'variance', argTypes: [type] })).toThrow(
        expect.objectContaining({
          hint: expect.stringMatching(
            `^${all} take ${type === 'duration[us]' ? 'durations' : 'dates and times'}; count, min`,
          ),
        }),
      )
    },
  )

  it('refuses aggregates it does not have, whatever they are called', () => {
    for (const name of ['median', '__proto__', 'constructor', ''])
      expect(codeOf(name, 'int32')).toBe('UNKNOWN_AGGREGATE')
  })

  it('refuses the wrong number of arguments', () => {
    expect(codeOf('sum')).toBe('AGGREGATE_ARGUMENTS')
    expect(codeOf('min', 'int32', 'int32')).toBe('AGGREGATE_ARGUMENTS')
    expect(codeOf('count')).toBeUndefined()
    expect(codeOf('corr', 'int32')).toBe('AGGREGATE_ARGUMENTS')
    expect(codeOf('corr', 'int32', 'utf8')).toBe('AGGREGATE_TYPE')
    expect(codeOf('corr', 'int32', 'float64')).toBeUndefined()
  })

  it('refuses options of an aggregate that has none', () => {
    const open = () => openFold({ fold: 'sum', argTypes: ['int32'], options: { p: 0.5 } })
    expect(open).toThrow(expect.objectContaining({ code: 'AGGREGATE_OPTION' }))
  })

  it('refuses a share that is missing or not from 0 to 1', () => {
    for (const options of [
      undefined,
      {},
      { p: -0.1 },
      { p: 90 },
      { p: Number.NaN },
      { p: '0.5' },
      { p: 0.5, q: 1 },
    ]) {
      const given = options as FoldOptions | undefined
      const open = () => openFold({ fold: 'quantile', argTypes: ['int32'], ...(given && { options: given }) })
      expect(open).toThrow(expect.objectContaining({ code: 'AGGREGATE_OPTION' }))
    }
  })

  it('refuses over changes what cannot take rows out again', () => {
    const { retract: _, ...onlyGrows } = openFold({ fold: 'count', argTypes: [] })
    expect(() => requireRetract('tally', onlyGrows)).toThrow(
      expect.objectContaining({ code: 'NO_RETRACT', message: expect.stringContaining('tally()') }),
    )
  })
})
