/** The laws of folds for those of pairs, bits, conditions and shapes; their definitions are over whole numbers. */

import fc from 'fast-check'
import { nearestRatio } from './exact-moments.ts'
import { foldLaws } from './laws.ts'

const notNull = (values: readonly unknown[]): any[] => values.filter(value => value !== null)
const pairsOf = (first: readonly unknown[], second: readonly unknown[]): [any, any][] =>
  first.map((value, i): [any, any] => [value, second[i]]).filter(([a, b]) => a !== null && b !== null)

const float = new Float64Array(1)
const bits = new BigInt64Array(float.buffer)
const PLACES = 400n
/** A number as a whole one, times 2^400; it has no bits below. */
function scaled(x: number | bigint): bigint {
  if (typeof x === 'bigint') return x << PLACES
  if (x === 0) return 0n
  float[0] = Math.abs(x)
  const exponent = (bits[0]! >> 52n) - 1075n + PLACES
  const magnitude = ((bits[0]! & ((1n << 52n) - 1n)) | (1n << 52n)) << exponent
  return x < 0 ? -magnitude : magnitude
}
const ratioOf = (above: bigint, below: bigint): number => {
  if (below < 0n) return ratioOf(-above, -below)
  if (above === 0n) return 0
  return above < 0n ? -nearestRatio(-above, below) : nearestRatio(above, below)
}
const sumOf = (values: readonly bigint[]): bigint => values.reduce((total, value) => total + value, 0n)

const whole = fc.integer({ min: -1000, max: 1000 })
/** Powers of them are doubles without loss, or two. */
const tame = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }).map(n => n / 8),
  fc.double({ min: 1e-50, max: 1e50, noNaN: true }),
  fc.double({ min: -1e9, max: -1e-9, noNaN: true }),
  whole.map(n => 1e9 + n / 1e6),
)
const int64 = fc.bigInt({ min: -(2n ** 55n), max: 2n ** 55n })

for (const [type, values] of [
  ['float64', tame],
  ['int32', whole],
  ['int64', int64],
] as const) {
  const second = { type, values }
  foldLaws({
    fold: 'covar',
    type,
    values,
    second,
    oracle(first, others) {
      const pairs = pairsOf(first, others).map(pair => pair.map(scaled) as [bigint, bigint])
      const n = BigInt(pairs.length)
      if (n < 2n) return null
      const above =
        n * sumOf(pairs.map(([x, y]) => x * y)) -
        sumOf(pairs.map(([x]) => x)) * sumOf(pairs.map(([, y]) => y))
      return ratioOf(above, (n * (n - 1n)) << (2n * PLACES))
    },
  })
  foldLaws({
    fold: 'weightedMean',
    type,
    values,
    second,
    oracle(first, others) {
      const pairs = pairsOf(first, others).map(pair => pair.map(scaled) as [bigint, bigint])
      if (pairs.length === 0) return null
      const weight = sumOf(pairs.map(([, w]) => w))
      if (weight === 0n) return Number.NaN
      return ratioOf(sumOf(pairs.map(([x, w]) => x * w)), weight << PLACES)
    },
  })
  const moments = (all: readonly unknown[]) => {
    const x = notNull(all).map(scaled)
    const n = BigInt(x.length)
    // n·x − Σx: n times how far each is from the mean.
    const off = x.map(value => n * value - sumOf(x))
    return { n: x.length, of: (power: bigint) => sumOf(off.map(value => value ** power)) }
  }
  foldLaws({
    fold: 'skewness',
    type,
    values,
    oracle(all) {
      const { n, of } = moments(all)
      if (n < 3) return null
      const [m2, m3] = [of(2n), of(3n)]
      if (m2 === 0n) return Number.NaN
      const size = Math.sqrt(ratioOf(m3 * m3 * BigInt(n), m2 ** 3n))
      return (Math.sqrt(n * (n - 1)) / (n - 2)) * (m3 < 0n ? -size : size)
    },
  })
  foldLaws({
    fold: 'kurtosis',
    type,
    values,
    oracle(all) {
      const { n, of } = moments(all)
      if (n < 4) return null
      const [m2, m4] = [of(2n), of(4n)]
      if (m2 === 0n) return Number.NaN
      const excess = ratioOf(m4 * BigInt(n), m2 * m2) - 3
      return ((n - 1) / ((n - 2) * (n - 3))) * ((n + 1) * excess + 6)
    },
  })
  foldLaws({ fold: 'approxQuantile', type, values, options: { p: 0.7, error: 0.01 } })
  foldLaws({ fold: 'geometricMean', type, values })
}

const edges = fc.constantFrom(0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
foldLaws({
  fold: 'product',
  type: 'float64',
  values: fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: 0.001, max: 1000, noNaN: true }) },
    { weight: 4, arbitrary: fc.integer({ min: -3, max: 7 }) },
    { weight: 2, arbitrary: fc.double({ noNaN: true }) },
    { weight: 1, arbitrary: edges },
  ),
  oracle(all) {
    const values = notNull(all) as number[]
    if (values.length === 0) return null
    const zero = values.some(x => x === 0)
    if (values.some(Number.isNaN) || (zero && values.some(x => Math.abs(x) === Infinity))) return Number.NaN
    if (zero) return 0
    const sign = values.filter(x => x < 0).length % 2 === 1 ? -1 : 1
    if (!values.every(Number.isFinite)) return sign * Number.POSITIVE_INFINITY
    let above = 1n
    let exponent = 0n
    for (const x of values) {
      float[0] = Math.abs(x)
      const field = bits[0]! >> 52n
      const fraction = bits[0]! & ((1n << 52n) - 1n)
      above *= field === 0n ? fraction : fraction | (1n << 52n)
      exponent += (field === 0n ? 1n : field) - 1075n
    }
    const log2 = above.toString(2).length + Number(exponent)
    const size =
      log2 > 1024
        ? Number.POSITIVE_INFINITY
        : log2 < -1080
          ? 0
          : exponent < 0n
            ? ratioOf(above, 1n << -exponent)
            : Number(above << exponent)
    return sign < 0 ? 0 - size : size
  },
})
foldLaws({ fold: 'product', type: 'uint64', values: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) })
foldLaws({ fold: 'geometricMean', type: 'float64', values: fc.oneof(fc.double(), edges) })
foldLaws({
  fold: 'approxQuantile',
  type: 'float64',
  values: fc.oneof(fc.double(), edges),
  options: { p: 0.2, error: 0.1 },
})

const known = (all: readonly unknown[]): boolean[] => notNull(all)
foldLaws({
  fold: 'any',
  type: 'bool',
  values: fc.boolean(),
  oracle: all => (known(all).length === 0 ? null : known(all).includes(true)),
})
foldLaws({
  fold: 'every',
  type: 'bool',
  values: fc.boolean(),
  oracle: all => (known(all).length === 0 ? null : !known(all).includes(false)),
})

const INTEGERS = [
  ['int8', fc.integer({ min: -128, max: 127 })],
  ['uint32', fc.nat({ max: 2 ** 32 - 1 })],
  ['int53', fc.integer({ min: -(2 ** 52), max: 2 ** 52 })],
  ['int64', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
  ['uint64', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })],
] as const
for (const [type, values] of INTEGERS) {
  const combined = (combine: (a: bigint, b: bigint) => bigint) => (all: readonly unknown[]) => {
    if (notNull(all).length === 0) return null
    const found = notNull(all).map(BigInt).reduce(combine)
    return type.endsWith('64') ? found : Number(found)
  }
  foldLaws({ fold: 'bitAnd', type, values, oracle: combined((a, b) => a & b) })
  foldLaws({ fold: 'bitOr', type, values, oracle: combined((a, b) => a | b) })
  foldLaws({ fold: 'bitXor', type, values, oracle: combined((a, b) => a ^ b) })
}

const few = fc.constantFrom('', 'a', 'b', 'a\0', '\0', 'ü', '😀', 'ab')
const compareTexts = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
const compareNumbers = (a: number, b: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  return a < b ? -1 : a > b ? 1 : 0
}
const compareAny = (a: any, b: any): number =>
  typeof a === 'string' ? compareTexts(a, b) : compareNumbers(Number(a), Number(b))
const countsOf = (values: readonly any[]): Map<any, number> => {
  const counts = new Map<any, number>()
  for (const value of values) counts.set(value === 0 ? 0 : value, (counts.get(value) ?? 0) + 1)
  return counts
}
const OF_ANY_TYPE = [
  ['utf8', few],
  ['dictionary', few],
  ['bool', fc.boolean()],
  ['float64', fc.constantFrom(0, -0, Number.NaN, 1, 2.5, Number.NEGATIVE_INFINITY)],
  ['int64', fc.constantFrom(0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n)],
  ['int32', fc.constantFrom(0, -1, 7)],
] as const
for (const [type, values] of OF_ANY_TYPE) {
  foldLaws({
    fold: 'mode',
    type,
    values,
    oracle(all) {
      const ordered = [...countsOf(notNull(all))].sort(([a], [b]) => compareAny(a, b))
      const most = Math.max(0, ...ordered.map(([, times]) => times))
      return ordered.find(([, times]) => times === most)?.[0] ?? null
    },
  })
  foldLaws({
    fold: 'approxCountDistinct',
    type,
    values,
    options: { error: 0.01 },
    retracts: false,
    oracle: all => countsOf(notNull(all)).size,
  })
}
foldLaws({
  fold: 'entropy',
  type: 'utf8',
  values: few,
  oracle(all) {
    const counts = [...countsOf(notNull(all)).values()].sort((a, b) => a - b)
    if (counts.length === 0) return null
    const total = counts.reduce((sum, times) => sum + times, 0)
    return counts.reduce((sum, times) => sum + (times / total) * Math.log2(total / times), 0)
  },
})

for (const [type, by, places] of [
  ['utf8', OF_ANY_TYPE[3], 'offsets'],
  ['float64', OF_ANY_TYPE[0], 'splits'],
  ['bool', OF_ANY_TYPE[4], 'children'],
  ['int64', OF_ANY_TYPE[5], 'made'],
] as const) {
  const values = OF_ANY_TYPE.find(([name]) => name === type)![1]
  const second = { type: by[0], values: by[1] as fc.Arbitrary<unknown> }
  const best = (sign: number) => (first: readonly unknown[], others: readonly unknown[]) =>
    pairsOf(first, others).reduce<[unknown, unknown] | undefined>(
      (kept, pair) => (!kept || sign * compareAny(pair[1], kept[1]) < 0 ? pair : kept),
      undefined,
    )?.[0] ?? null
  foldLaws({ fold: 'argMin', type, values, second, places, oracle: best(1) })
  foldLaws({ fold: 'argMax', type, values, second, places, oracle: best(-1) })
}

for (const [places, separator] of [
  ['offsets', ', '],
  ['splits', ''],
  ['made', '\0'],
] as const) {
  foldLaws({
    fold: 'join',
    type: 'utf8',
    values: few,
    places,
    options: { separator },
    oracle: all => (notNull(all).length === 0 ? null : notNull(all).join(separator)),
  })
}

const ordered = (all: readonly unknown[]) => [...countsOf(notNull(all))].sort(([a], [b]) => compareAny(a, b))
const orNull = <T>(list: readonly T[]): readonly T[] | null => (list.length === 0 ? null : list)
for (const [type, values] of [OF_ANY_TYPE[0], OF_ANY_TYPE[3], OF_ANY_TYPE[4]] as const) {
  foldLaws({ fold: 'collectList', type, values, places: 'splits', oracle: all => orNull(all) })
  foldLaws({
    fold: 'collectSet',
    type,
    values,
    oracle: all => orNull(ordered(all).map(([value]) => value)),
  })
  foldLaws({
    fold: 'topK',
    type,
    values,
    options: { k: 2 },
    oracle: all =>
      orNull(
        ordered(all)
          .sort(([, a], [, b]) => b - a)
          .slice(0, 2)
          .map(([value]) => value),
      ),
  })
  foldLaws({
    fold: 'histogram',
    type,
    values,
    oracle: all => (ordered(all).length === 0 ? null : new Map(ordered(all))),
  })
}
const lists = fc.array(fc.option(fc.integer({ min: -3, max: 3 }), { nil: null }), { maxLength: 3 })
foldLaws({ fold: 'collectList', type: 'list<int32>', values: lists, oracle: all => orNull(all) })
foldLaws({
  fold: 'argMax',
  type: 'binary',
  values: fc.uint8Array({ maxLength: 4 }),
  second: { type: 'list<int32>', values: lists },
})
foldLaws({
  fold: 'approxCountDistinct',
  type: 'list<int32>',
  values: lists,
  options: { error: 0.05 },
  retracts: false,
})
