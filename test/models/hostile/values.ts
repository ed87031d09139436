/** What nobody should pass, and what comes from the data of others all the same. */
import { gaussian, seeded } from '../detectors/simulate.ts'

const u = seeded(11)
const LENGTH = 48

/** Ordinary series, which hostile ones take the place of. */
export const series: readonly number[] = Array.from(
  { length: LENGTH },
  (_, i) => 20 + (i % 12) + 0.05 * i + gaussian(u),
)
export const other: readonly number[] = Array.from({ length: LENGTH }, (_, i) => (i % 5) + u())
export const counts: readonly number[] = Array.from({ length: LENGTH }, (_, i) => 3 + ((i * 7) % 6) + (i % 3))

const of = (value: (i: number) => number | null) => Array.from({ length: 40 }, (_, i) => value(i))

/** In place of a series. */
export const hostileSeries: readonly unknown[] = [
  [],
  [3],
  [1, 2],
  of(() => 7),
  of(() => 0),
  of(() => null),
  new Float64Array(40).fill(Number.NaN),
  of(i => (i % 2 ? 1e308 : -1e308)),
  of(i => 1e308 * (0.5 + ((i * 7) % 11) / 30)),
  of(i => 1e-308 * ((i * 7) % 11)),
  of(i => 5e-324 * (i % 3)),
  of(i => i % 2),
  of(i => (i < 20 ? 1 : 5)),
  of(i => 3 + 2 * i),
  of(i => (i % 3 ? i % 7 : null)),
  of(i => (i < 20 ? null : i % 7)),
  [1, Number.POSITIVE_INFINITY, 2, 3, 4],
  ['a', 'b'],
  [1n, 2n],
  [Symbol('x')],
  'abc',
  5,
  undefined,
  null,
  {},
  () => 1,
  [[1, 2], [3]],
  { length: 1e12 },
  { length: -1 },
  { length: Number.NaN },
]

/** In place of an option, a number or a word. */
export const hostileValues: readonly unknown[] = [
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, -1, 1, 1.5, 2],
  ...[1e308, 2 ** 53, 2 ** 32, 1e-308, 5e-324, '', 'x', '12', null, undefined, true],
  ...[[], {}, [Number.NaN], [1e308], [1], [null], () => 1, 10n, Symbol('s'), new Date(Number.NaN)],
  Array(200).fill(0.001),
]

const isSeries = (value: unknown) => Array.isArray(value) && value.length >= 8

/** Every version of an argument with one part of it hostile, or left out. */
export function* hostileVersions(value: unknown): Iterable<unknown> {
  if (isSeries(value)) {
    yield* hostileSeries
    return
  }
  yield* hostileValues
  if (Array.isArray(value)) {
    for (let i = 0; i < Math.min(2, value.length); i++) {
      for (const part of hostileVersions(value[i])) yield value.with(i, part)
    }
  } else if (value !== null && typeof value === 'object' && !ArrayBuffer.isView(value)) {
    yield { ...value, nonsense: 1 }
    for (const [name, own] of Object.entries(value)) {
      for (const part of hostileVersions(own)) yield { ...value, [name]: part }
      const { [name]: _left, ...rest } = value as Record<string, unknown>
      yield rest
    }
  }
}
