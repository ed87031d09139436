/** Random batches and random well-typed expressions over them. */

import fc from 'fast-check'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { bitmapBytes, type Column, type Values, valuesConstructor } from '../../../src/core/batch/column.ts'
import { dictionaryOf } from '../../../src/core/batch/dictionary.ts'
import type { Expr } from '../../../src/core/expr/expr.ts'
import { integerRange, type LiteralValue, literal, literalOfCell } from '../../../src/core/expr/literal.ts'
import { type ColumnType, isText } from '../../../src/core/types/column-type.ts'
import type { Schema } from '../../../src/core/types/schema.ts'

/** Names and texts that would break anything that splices them. */
export const HOSTILE = [
  '',
  'a',
  'ab',
  'IAH',
  'iah',
  'É',
  'ß',
  'İ',
  '\u{1F600}',
  '\uffff',
  "it's",
  '"; drop table x; --',
  '`$' + '{1}`',
  '\\',
  'line\nbreak\u2028',
  'nul\0l',
  '__proto__',
  'constructor',
] as const

/** Every column type, text both ways; names are hostile where it costs nothing. */
export const COLUMNS: readonly { name: string; type: ColumnType; coded?: boolean }[] = [
  { name: 'flag', type: 'bool' },
  { name: "it's", type: 'int8' },
  { name: 'i16', type: 'int16' },
  { name: 'i32', type: 'int32' },
  { name: '__proto__', type: 'uint8' },
  { name: 'u16', type: 'uint16' },
  { name: 'u32', type: 'uint32' },
  { name: 'i53', type: 'int53' },
  { name: '`$' + '{i64}`', type: 'int64' },
  { name: 'u64', type: 'uint64' },
  { name: 'f32', type: 'float32' },
  { name: 'f"64', type: 'float64' },
  { name: 'plain\n', type: 'utf8' },
  { name: 'coded', type: 'utf8', coded: true },
  { name: 'dict', type: 'dictionary', coded: true },
  { name: 'day', type: 'date' },
  { name: 'ts_s', type: 'timestamp[s]' },
  { name: 'ts_ms', type: 'timestamp[ms]' },
  { name: 'ts_us', type: 'timestamp[us]' },
  { name: 'ts_ns', type: 'timestamp[ns, Europe/Paris]' },
]

export const SCHEMA: Schema = COLUMNS.map(({ name, type }) => ({ name, type }))

const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: 'binary', maxLength: 4 }).map(s => s.toWellFormed()),
)

const FLOATS = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  127.5,
  1e9,
  2 ** 53,
  2 ** 53 + 2,
  1e300,
  Number.MAX_VALUE,
  5e-324,
]
const float = fc.oneof(
  fc.constantFrom(...FLOATS, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.integer({ min: -100, max: 100 }),
  fc.double(),
)

const whole = (type: ColumnType): fc.Arbitrary<bigint> => {
  const [min, max] = integerRange(type)
  const edges = [
    min,
    max,
    min + 1n,
    max - 1n,
    0n,
    1n,
    -1n,
    7n,
    2n ** 53n,
    2n ** 53n - 1n,
    2n ** 53n + 1n,
    -(2n ** 53n),
    -(2n ** 53n) - 1n,
    2n ** 32n,
    -(2n ** 32n),
  ]
  return fc.oneof(
    { weight: 3, arbitrary: fc.bigInt({ min: min < -20n ? -20n : min, max: 20n }) },
    { weight: 1, arbitrary: fc.constantFrom(...edges.filter(edge => edge >= min && edge <= max)) },
    { weight: 1, arbitrary: fc.bigInt({ min, max }) },
  )
}

/** A cell that is not null, as the interpreter sees it. */
export function cell(type: ColumnType): fc.Arbitrary<boolean | number | bigint | string> {
  if (type === 'bool') return fc.boolean()
  if (isText(type)) return text
  if (type === 'float64') return float
  if (type === 'float32') return float.map(Math.fround)
  const isBig = type === 'int64' || type === 'uint64' || type.startsWith('timestamp')
  return whole(type).map(value => (isBig ? value : Number(value)))
}

/** A column of `length` rows; where it is null it holds other values, as columns may. */
export function column(type: ColumnType, length: number, coded = false): fc.Arbitrary<Column> {
  const cells = fc.array(cell(type), { minLength: length, maxLength: length })
  const nulls = fc.option(fc.array(fc.boolean(), { minLength: length, maxLength: length }))
  return fc.tuple(cells, nulls).map(([values, valid]): Column => {
    const rest = valid ? { validity: bitmap(valid) } : {}
    if (type === 'bool') return { type, values: bitmap(values as boolean[]), ...rest }
    if (coded) return { type, ...codes(values as string[], valid), ...rest }
    if (isText(type)) return { type, ...plainText(values as string[]), ...rest }
    const Typed = valuesConstructor(type)
    const isBig = Typed === BigInt64Array || Typed === BigUint64Array
    const stored = values.map(value => (isBig ? BigInt(value) : value))
    return { type, values: new (Typed as any)(stored) as Values, ...rest }
  })
}

function bitmap(bits: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(bitmapBytes(bits.length))
  for (const [i, bit] of bits.entries()) if (bit) bytes[i >> 3]! |= 1 << (i & 7)
  return bytes
}

/** Text that does not begin at byte 0, as a slice of a longer column does not. */
function plainText(values: readonly string[]) {
  const pieces = ['before', ...values].map(value => new TextEncoder().encode(value))
  const offsets = new Int32Array(values.length + 1)
  let at = 0
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  for (const [i, piece] of pieces.entries()) {
    bytes.set(piece, at)
    at += piece.length
    offsets[i] = at
  }
  return { values: bytes, offsets }
}

function codes(values: readonly string[], valid: readonly boolean[] | null) {
  const distinct = [...new Set(values.filter((_, i) => valid?.[i] ?? true))]
  const { values: bytes, offsets } = plainText(distinct)
  return {
    values: Int32Array.from(values, (value, i) =>
      (valid?.[i] ?? true) ? distinct.indexOf(value) : 0x7fffffff,
    ),
    dictionary: dictionaryOf(bytes, offsets),
  }
}

/** A batch of {@link SCHEMA}, with or without a selection. */
export const batch: fc.Arbitrary<Batch> = fc.integer({ min: 0, max: 12 }).chain(length =>
  fc
    .tuple(
      fc.tuple(...COLUMNS.map(({ type, coded }) => column(type, length, coded))),
      fc.option(fc.subarray([...Array(length).keys()])),
    )
    .map(([columns, selected]) => ({
      schema: SCHEMA,
      length,
      columns,
      position: { split: 0, offset: 0 },
      ...(selected && { selection: Uint32Array.from(selected) }),
    })),
)

const NUMBERS = COLUMNS.filter(({ type }) => /int|float/.test(type))
const TEXTS = COLUMNS.filter(({ type }) => isText(type))
const TIMES = COLUMNS.filter(({ type }) => type === 'date' || type.startsWith('timestamp'))

const columnRef = (columns: typeof COLUMNS): fc.Arbitrary<Expr> =>
  fc.constantFrom(...columns).map(({ name }) => ({ kind: 'column', name }))

const literalOf = (columns: typeof COLUMNS): fc.Arbitrary<Expr> =>
  fc
    .constantFrom(...columns)
    .chain(({ type }) =>
      fc
        .option(cell(type), { freq: 8 })
        .map(value => literalOfCell(value, type === 'dictionary' ? 'utf8' : type)),
    )

const bare = (values: readonly LiteralValue[]): fc.Arbitrary<Expr> =>
  fc.constantFrom(...values).map(value => literal(value))

const call = (fn: string, args: Expr[], options?: Record<string, unknown>): Expr => ({
  kind: 'call',
  fn,
  args,
  ...(options && { options }),
})

const leaf = (columns: typeof COLUMNS, plain: readonly LiteralValue[]): fc.Arbitrary<Expr> =>
  fc.oneof(
    { weight: 4, arbitrary: columnRef(columns) },
    { weight: 1, arbitrary: literalOf(columns) },
    { weight: 1, arbitrary: bare(plain) },
  )

/** Places in a text and counts, some of them beyond it. */
const place = fc.oneof(
  fc.integer({ min: -3, max: 6 }).map(value => literal(value)),
  fc.constantFrom<Expr>({ kind: 'column', name: "it's" }, { kind: 'column', name: 'i16' }),
)

const units = fc.constantFrom(
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
  '15m',
  '2w',
  '5 years',
)
const zones = fc.constantFrom({}, {}, { zone: 'America/New_York' }, { zone: 'Australia/Lord_Howe' })
const parts = fc.constantFrom(
  ...'year quarter month week isoYear day dayOfYear hour minute second microsecond dayOfWeek hourOfWeek epochMs'.split(
    ' ',
  ),
)
const castTargets = fc.constantFrom(...NUMBERS.map(({ type }) => type))
const timeTargets = fc.constantFrom('date', 'timestamp[s]', 'timestamp[ms]', 'timestamp[us]', 'timestamp[ns]')

/** Expressions by kind of value. Most are well typed; the others are refused when they are bound. */
export const expressions = fc.letrec<{ bool: Expr; number: Expr; text: Expr; time: Expr }>(tie => {
  const two = (key: 'bool' | 'number' | 'text' | 'time') => fc.tuple(tie(key), tie(key))
  const choice = (key: 'bool' | 'number' | 'text' | 'time') =>
    fc.oneof(
      fc.tuple(tie('bool'), tie(key), tie(key)).map(args => call('when', args)),
      fc.tuple(tie('bool'), tie(key), tie('bool'), tie(key)).map(args => call('when', args)),
      two(key).map(args => call('coalesce', args)),
      two(key).map(args => call('nullIf', args)),
    )
  const compared = (key: 'bool' | 'number' | 'text' | 'time') =>
    fc.oneof(
      fc
        .tuple(fc.constantFrom('eq', 'ne', 'lt', 'lte', 'gt', 'gte'), two(key))
        .map(([fn, args]) => call(fn, args)),
      fc.tuple(tie(key), two(key)).map(([x, ends]) => call('between', [x, ...ends])),
      fc
        .tuple(tie(key), fc.array(tie(key), { maxLength: 3 }))
        .map(([x, items]) => call('isIn', [x, ...items])),
      tie(key).map(x => call('isNull', [x])),
      tie(key).map(x => call('isNotNull', [x])),
    )
  const many = (columns: typeof COLUMNS) =>
    fc
      .constantFrom(...columns)
      .chain(({ name, type }) =>
        fc
          .array(fc.option(cell(type), { freq: 20 }), { minLength: 9, maxLength: 12 })
          .map(items =>
            call('isIn', [
              { kind: 'column', name },
              ...items.map(item => literalOfCell(item, type === 'dictionary' ? 'utf8' : type)),
            ]),
          ),
      )
  const depth = { maxDepth: 3, depthSize: 'small' as const, withCrossShrink: true }
  return {
    bool: fc.oneof(
      depth,
      leaf(COLUMNS.slice(0, 1), [true, false]),
      compared('number'),
      compared('number'),
      compared('text'),
      compared('time'),
      compared('bool'),
      fc.tuple(fc.constantFrom('and', 'or'), two('bool')).map(([fn, args]) => call(fn, args)),
      tie('bool').map(x => call('not', [x])),
      choice('bool'),
      tie('number').map(x => call('isNaN', [x])),
      fc
        .tuple(fc.constantFrom('startsWith', 'endsWith', 'contains'), two('text'))
        .map(([fn, args]) => call(fn, args)),
      tie('number').map(x => call('cast', [x], { type: 'bool' })),
      tie('number').map(x => call('isFinite', [x])),
      fc
        .tuple(tie('text'), fc.constantFrom('^[Ia]', '(?i)é', '\\W$'))
        .map(([x, pattern]) => call('regexpMatch', [x, literal(pattern)])),
      fc
        .tuple(tie('text'), fc.constantFrom('%a%', '_', 'I%', '%\u{1F600}', '%', 'a_%'))
        .map(([x, pattern]) => call('like', [x, literal(pattern)])),
      many(NUMBERS),
      many(TEXTS),
      many(TIMES),
    ),
    number: fc.oneof(
      depth,
      leaf(NUMBERS, [0, 1, -1, 2, 0.5, -7, 300, 5e9, 3n, 2n ** 53n + 1n]),
      fc
        .tuple(fc.constantFrom('add', 'sub', 'mul', 'div', 'intDiv', 'mod'), two('number'))
        .map(([fn, args]) => call(fn, args)),
      fc.tuple(fc.constantFrom('neg', 'abs'), tie('number')).map(([fn, x]) => call(fn, [x])),
      fc
        .tuple(fc.constantFrom('floor', 'ceil', 'trunc', 'sign', 'sqrt'), tie('number'))
        .map(([fn, x]) => call(fn, [x])),
      fc
        .tuple(tie('number'), fc.integer({ min: -4, max: 4 }))
        .map(([x, digits]) => call('round', [x], { digits })),
      fc
        .tuple(fc.constantFrom('bitAnd', 'bitOr', 'bitXor', 'shift', 'greatest', 'least'), two('number'))
        .map(([fn, args]) => call(fn, args)),
      fc.tuple(tie('text'), tie('text'), place).map(args => call('indexOf', args)),
      two('text').map(args => call('levenshtein', args)),
      fc.oneof(tie('text'), tie('number'), tie('time'), tie('bool')).map(x => call('hash', [x], { seed: 7 })),
      fc.tuple(tie('number'), castTargets).map(([x, type]) => call('cast', [x], { type })),
      fc.tuple(tie('bool'), castTargets).map(([x, type]) => call('cast', [x], { type })),
      choice('number'),
      tie('text').map(x => call('length', [x])),
      fc.tuple(tie('time'), parts, zones).map(([x, part, zone]) => call('extract', [x], { part, ...zone })),
      fc
        .tuple(two('time'), fc.constantFrom('microsecond', 'hour', 'day', 'week', 'month', 'year'), zones)
        .map(([args, unit, zone]) => call('diff', args, { unit, ...zone })),
    ),
    text: fc.oneof(
      depth,
      leaf(TEXTS, HOSTILE),
      fc.tuple(fc.constantFrom('lower', 'upper'), tie('text')).map(([fn, x]) => call(fn, [x])),
      two('text').map(args => call('concat', args)),
      fc.tuple(fc.constantFrom('reverse', 'trim', 'md5'), tie('text')).map(([fn, x]) => call(fn, [x])),
      fc
        .tuple(fc.constantFrom('substring', 'slice'), tie('text'), place, place)
        .map(([fn, ...args]) => call(fn, args)),
      fc
        .tuple(fc.constantFrom('greatest', 'least', 'trim', 'trimStart', 'trimEnd'), two('text'))
        .map(([fn, args]) => call(fn, args)),
      fc
        .tuple(fc.constantFrom('replace', 'replaceAll'), fc.tuple(tie('text'), tie('text'), tie('text')))
        .map(([fn, args]) => call(fn, args)),
      fc.tuple(tie('text'), place).map(args => call('repeat', args)),
      fc
        .tuple(fc.constantFrom('padStart', 'padEnd'), tie('text'), place, tie('text'))
        .map(([fn, ...args]) => call(fn, args)),
      fc
        .tuple(tie('text'), fc.oneof(tie('text'), tie('bool'), tie('number')))
        .map(args => call('format', args, { pattern: '{1:>4}-{0}' })),
      fc
        .tuple(tie('text'), fc.constantFrom('a', 'A', '; ', '\u{1F600}', '\0'), fc.nat(2))
        .map(([x, separator, part]) => call('splitPart', [x, literal(separator)], { part })),
      fc
        .tuple(tie('text'), fc.constantFrom('^.', '(a)|(.)$', '([^a-z]+)(b)?', '\\p{Lu}(..)?'), fc.nat(1))
        .map(([x, pattern, group]) =>
          call('regexpExtract', [x, literal(pattern)], { group: pattern === '^.' ? 0 : group }),
        ),
      fc
        .tuple(tie('time'), fc.constantFrom('%Y-%m-%d %H:%M:%S.%f %z', '%A %-d %b %G-%V %U', '%I %p %j %n'))
        .map(([x, pattern]) => call('format', [x], { pattern })),
      fc
        .tuple(tie('text'), fc.constantFrom('[a-z]', '\\b', '(.)\\pL'), fc.boolean())
        .map(([x, pattern, all]) => call('regexpReplace', [x, literal(pattern), literal('<$0>')], { all })),
      choice('text'),
    ),
    time: fc.oneof(
      depth,
      leaf(TIMES, [new Date(0), new Date(-1), new Date('2001-06-09T05:00:00.123Z'), new Date('2001-06-09')]),
      fc.tuple(tie('time'), units, zones).map(([x, unit, zone]) => call('truncate', [x], { unit, ...zone })),
      fc
        .tuple(tie('time'), fc.constantFrom('1h', '-90m', 'day', '3 months', '1ms'), zones)
        .map(([x, span, zone]) => call('add', [x], { span, ...zone })),
      fc
        .tuple(tie('time'), place, fc.constantFrom('minute', 'day', 'month'))
        .map(([x, n, span]) => call('sub', [x, n], { span })),
      fc
        .tuple(fc.constantFrom('toLocal', 'toZone', 'fromLocal'), tie('time'))
        .map(([fn, x]) => call(fn, [x], { zone: 'Europe/Paris' })),
      tie('time').map(x => call('lastDay', [x])),
      fc
        .tuple(tie('number'), fc.constantFrom('s', 'ms', 'ns'))
        .map(([x, unit]) => call('fromEpoch', [x], { unit })),
      fc
        .tuple(tie('time'), fc.constantFrom('%Y-%m-%d %H:%M:%S.%f', '%d.%m.%y', '%j %Y', '%s'))
        .map(([x, pattern]) => call('tryParseTimestamp', [call('format', [x], { pattern })], { pattern })),
      fc.tuple(tie('time'), timeTargets).map(([x, type]) => call('cast', [x], { type })),
      choice('time'),
    ),
  }
})
