import fc from 'fast-check'
import { expect, it } from 'vitest'
import { count, type Dataset, type JobSnapshot, read, start, tumbling } from '../../src/index.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { outcome, type Row, runWhole } from '../cases/verb-case.ts'
import { runs } from '../effort.ts'
import { expectRows } from './threads/expect-rows.ts'

/** What is done to a side before it is joined: nothing, its first rows, or each combination once. */
type Before = 'nothing' | 'topN' | 'distinct'

interface SideRow extends Row {
  readonly k: number | bigint | null
  readonly x: number | null
  readonly at: Date
}

const rowsOf = (key: fc.Arbitrary<number | bigint>) =>
  fc.array(
    fc.record({
      k: fc.option(key, { freq: 5 }),
      x: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 5 }),
      at: fc.integer({ min: 0, max: 6 }).map(minute => new Date(Date.UTC(2001, 0, 1, 0, minute))),
    }),
    {
      maxLength: 12,
    },
  )
const small = fc.integer({ min: -1, max: 2 })
const sideOf = (key: fc.Arbitrary<number | bigint>) =>
  fc.record({
    splits: fc.array(rowsOf(key), { minLength: 1, maxLength: 3 }),
    before: fc.constantFrom<Before>('nothing', 'topN', 'distinct'),
    bounded: fc.boolean(),
  })

const text = (row: Row) =>
  JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))

function first<T>(rows: readonly T[], keyOf: (row: T) => unknown): T[] {
  return rows.filter((row, i) => rows.findIndex(other => keyOf(other) === keyOf(row)) === i)
}

/** Null last, in either direction. */
const nullsLast = (a: number | bigint | null, b: number | bigint | null, sign: number) =>
  a === null || b === null ? Number(a === null) - Number(b === null) : sign * (Number(a) - Number(b))

function prepared(before: Before, rows: readonly SideRow[]): readonly SideRow[] {
  if (before === 'nothing') return rows
  if (before === 'distinct') return first(rows, text)
  const keys = first(rows, row => row.k)
    .map(({ k }) => k)
    .sort((a, b) => nullsLast(a, b, 1))
  return keys.flatMap(k =>
    rows
      .filter(row => row.k === k)
      .sort((a, b) => nullsLast(a.x, b.x, -1))
      .slice(0, 2),
  )
}

const preparing = (before: Before, side: Dataset<any, any>): Dataset<any, any> =>
  before === 'nothing'
    ? side
    : before === 'distinct'
      ? side.distinct()
      : side.topN(2, 'x', 'desc', { by: 'k' })

const HOWS = ['inner', 'left', 'right', 'full', 'semi', 'anti'] as const

interface Condition {
  readonly how: (typeof HOWS)[number]
  readonly where: boolean
  /** The second is so many minutes after the first; null: no bound. */
  readonly within?: readonly [number | null, number | null]
  /** Where it can be. */
  readonly broadcast: boolean
}

/** What two nested loops find. */
function joined(
  left: readonly SideRow[],
  right: readonly SideRow[],
  { how, where, within }: Condition,
): Row[] {
  const meet = (l: SideRow, r: SideRow) => {
    if (l.k === null || r.k === null || BigInt(l.k) !== BigInt(r.k)) return false
    const minutes = ((r.at as Date).getTime() - (l.at as Date).getTime()) / 60_000
    if (within && (minutes < (within[0] ?? -99) || minutes > (within[1] ?? 99))) return false
    return !where || (l.x !== null && r.x !== null && l.x <= r.x)
  }
  const matched = (l: SideRow) => right.some(r => meet(l, r))
  if (how === 'semi') return left.filter(matched).map(row => ({ ...row }))
  if (how === 'anti') return left.filter(l => !matched(l)).map(row => ({ ...row }))
  const pair = (l?: SideRow, r?: SideRow) => ({
    k: l ? l.k : r!.k,
    x: l?.x ?? null,
    at: l?.at ?? null,
    x_right: r?.x ?? null,
    at_right: r?.at ?? null,
  })
  const rows = left.flatMap(l => {
    const pairs = right.filter(r => meet(l, r)).map(r => pair(l, r))
    return pairs.length === 0 && (how === 'left' || how === 'full') ? [pair(l)] : pairs
  })
  if (how !== 'right' && how !== 'full') return rows
  return [...rows, ...right.filter(r => !left.some(l => meet(l, r))).map(r => pair(undefined, r))]
}

const bound = fc.option(fc.integer({ min: -3, max: 3 }), { freq: 5 })
const within = fc.option(
  fc.tuple(bound, bound).filter(([from, to]) => (from ?? to) !== null && (from ?? -99) <= (to ?? 99)),
  { nil: undefined },
)

it('a join is what two nested loops find, whatever is streamed, taken back, cut up and spread', async () => {
  await fc.assert(
    fc.asyncProperty(
      sideOf(small),
      sideOf(small.map(BigInt)),
      fc.record({ how: fc.constantFrom(...HOWS), where: fc.boolean(), within, broadcast: fc.boolean() }),
      fc.constantFrom(0, 0, 1, 2, 3),
      fc.constantFrom(1, 2, 5, 1000),
      async (left, right, condition, shards, batchRows) => {
        const { how, where } = condition
        const timed = condition.within
        const inputs = [
          { schema: { k: 'int16', x: 'int32', at: 'timestamp[us]' }, rows: left.splits },
          { schema: { k: 'int64', x: 'int32', at: 'timestamp[ms]' }, rows: right.splits },
        ] as const
        const duration = (minutes: number | null) => (minutes === null ? null : (`${minutes}m` as const))
        // A changelog has no event time.
        const prepare = ({ before }: typeof left, side: Dataset<any, any>) =>
          timed ? side.watermark('at', { outOfOrder: '1h' }) : preparing(before, side)
        const given = right.bounded
          ? condition.how !== 'right' && condition.how !== 'full'
          : left.bounded && (condition.how === 'inner' || condition.how === 'right')
        const query = (a: Dataset<any, any>, b: Dataset<any, any>) =>
          prepare(left, a).join(prepare(right, b), {
            on: 'k',
            how,
            ...(where ? { where: (l: any, r: any) => l.x.lte(r.x) } : {}),
            ...(condition.broadcast && given ? { broadcast: true } : {}),
            ...(timed ? { within: [duration(timed[0]), duration(timed[1])] as const } : {}),
          })
        const bounds = [left.bounded, right.bounded]
        const { rows } = await runWhole({ inputs, query, expect: [] }, bounds, { shards, batchRows })
        const sides = [left, right].map(({ before, splits }) =>
          timed ? splits.flat() : prepared(before, splits.flat()),
        )
        const expected = joined(sides[0]!, sides[1]!, condition)
        // The same key is a number on one side and a bigint on the other.
        const plain = (list: readonly Row[]) =>
          list.map(row => text({ ...row, k: row.k === null ? null : Number(row.k) }))
        const inOrder = left.bounded && right.bounded
        const [found, wanted] = [plain(outcome(rows)), plain(expected)]
        expect(inOrder ? found : found.sort()).toEqual(inOrder ? wanted : wanted.sort())
      },
    ),
    { numRuns: runs(100) },
  )
})

it('a top-N behind a join of streams is that of all pairs, of which only what it wants is made', async () => {
  const key = fc.integer({ min: 0, max: 2 })
  const row = fc.record({ k: key, x: fc.option(fc.integer({ min: 0, max: 4 }), { freq: 5 }) })
  const side = fc.array(row, { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(
      side,
      side,
      fc.integer({ min: 1, max: 3 }),
      fc.boolean(),
      fc.constantFrom(0, 1, 2),
      fc.constantFrom(1, 4, 1000),
      async (left, right, n, ties, shards, batchRows) => {
        const schema = { k: 'int32', x: 'int32', i: 'int32', text: 'utf8' } as const
        const numbered = (rows: typeof left) => rows.map((row, i) => ({ ...row, i, text: `${row.x} ${i}` }))
        const [lefts, rights] = [numbered(left), numbered(right)]
        const inputs = [
          { schema, rows: [lefts] },
          { schema, rows: [rights] },
        ] as const
        const query = (a: Dataset<any, any>, b: Dataset<any, any>) =>
          a.join(b, { on: 'k' }).topN(n, [['x_right', 'desc'], ['x']], { by: 'k', ties })
        const { rows } = await runWhole({ inputs, query, expect: [] }, [false, false], { shards, batchRows })
        // Pairs that the order does not tell apart go by the places of both rows.
        const pairs = lefts.flatMap(l =>
          rights
            .filter(r => r.k === l.k)
            .map(r => ({ ...l, x_right: r.x, i_right: r.i, text_right: r.text })),
        )
        const order = (a: (typeof pairs)[number], b: (typeof pairs)[number]) =>
          nullsLast(a.x_right, b.x_right, -1) || nullsLast(a.x, b.x, 1)
        const expected = [0, 1, 2].flatMap(k => {
          const own = pairs.filter(pair => pair.k === k).sort(order)
          return own.filter((pair, i) => i < n || (ties && order(pair, own[n - 1]!) === 0))
        })
        expect(outcome(rows).map(text).sort()).toEqual(expected.map(text).sort())
      },
    ),
    { numRuns: runs(50) },
  )
})

it('pairs of two streams come in one order, however many shards find them', async () => {
  const schema = { k: 'int32', n: 'int32' } as const
  const rowsFrom = (first: number) =>
    Array.from({ length: 20 }, (_, n) => ({ k: (n * 7 + first) % 5, n: first + n }))
  const joined = async (shards: number) => {
    const came = expectRows(20)
    const pairs = expectRows(80)
    const rows = { rows: rowsFrom(0) }
    const stream = (script: Parameters<typeof scriptedSource>[1][number]) =>
      read.source(scriptedSource(schema, [script], { bounded: false }), schema)
    const left = stream([rows])
    const right = stream([{ until: came.reached }, { rows: rowsFrom(100) }])
    const both = left.join(right, { on: 'k' })
    const self = both.join(both.distinct('k'), { on: 'k', suffix: '_self' }).select('n', 'n_right', 'k')
    const seen = expectRows(80)
    await (await start([left.write(came), both.write(pairs), self.write(seen)], { shards })).done
    return [pairs.rows, seen.rows]
  }
  const [pairs, seen] = await joined(0)
  expect(pairs).toHaveLength(80)
  for (const shards of [1, 2, 3]) expect(await joined(shards)).toEqual([pairs, seen])
})

it('time goes on behind a join within a time, and rows that met none leave, while both streams go on', async () => {
  const schema = { at: 'timestamp[ms]', k: 'int32' } as const
  const at = (second: number) => new Date(Date.UTC(2001, 0, 1, 0, 0, second))
  const rows = (...list: readonly [number, number][]) => ({
    rows: list.map(([second, k]) => ({ at: at(second), k })),
  })
  for (const shards of [0, 2]) {
    const counted = expectRows(2)
    const together = expectRows(1)
    const both = Promise.all([counted.reached, together.reached])
    const stream = (...list: readonly [number, number][]) =>
      read
        .source(scriptedSource(schema, [[rows(...list), { until: both }]], { bounded: false }), schema)
        .watermark('at')
    const left = stream([0, 1], [1, 2], [8, 1], [60, 9])
    const right = stream([2, 1], [4, 1], [8, 3], [61, 9])
    const joined = left.join(right, { on: 'k', how: 'left', within: ['1s', '4s'] })
    // Windows of both streams, joined while they are open: persons who opened auctions.
    const window = (side: typeof left) => side.groupBy('k').window(tumbling('10s')).agg({ n: count() })
    const met = window(left).join(window(right), { on: ['k', 'windowStart', 'windowEnd'] })
    const behind = joined
      .groupBy('k')
      .window(tumbling('10s'))
      .agg({ pairs: count(), met: count('at_right') })
    await (await start([behind.write(counted), met.write(together)], { shards })).done
    const first = counted.rows.filter(row => (row.windowStart as Date).getTime() === at(0).getTime())
    expect(first).toMatchObject([
      { k: 1, pairs: 3, met: 2 },
      { k: 2, pairs: 1, met: 0 },
    ])
    expect(together.rows).toMatchObject([{ k: 1, windowStart: at(0), n: 2, n_right: 2 }, { k: 9 }])
  }
})

it('a restored join gives rows at once where the side that it looks up in had ended before', async () => {
  const schema = { k: 'int32', n: 'int32' } as const
  const table = read.rows([{ k: 1, name: 'one' }], { k: 'int32', name: 'utf8' })
  const row = (n: number) => ({ rows: [{ k: 1, n }] })
  const joining = async (
    until: Promise<unknown>,
    sink: ReturnType<typeof expectRows>,
    restore?: JobSnapshot,
  ) => {
    const source = scriptedSource(schema, [[row(1), row(2), { until }, row(3), { until: sink.reached }]], {
      bounded: false,
    })
    const stream = read.source(source, schema)
    return stream
      .join(table, { on: 'k' })
      .write(sink)
      .start({ shards: 2, ...(restore ? { restore } : {}) })
  }
  const first = expectRows(2)
  const stopped = Promise.withResolvers<void>()
  const job = await joining(stopped.promise, first)
  await first.reached
  const snapshot = await job.stop()
  stopped.resolve()
  const second = expectRows(1)
  await (await joining(Promise.resolve(), second, snapshot)).done
  expect(second.rows).toMatchObject([{ n: 3, name: 'one' }])
})
