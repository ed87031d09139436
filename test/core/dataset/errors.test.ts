import { tableFromArrays } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import {
  corr,
  count,
  mean,
  memory,
  min,
  PlanError,
  quantile,
  read,
  replay,
  start,
  sum,
  tumbling,
} from '../../../src/index.ts'

/** What a caller without types sees. */
type Untyped = any
const none: Untyped = undefined

const thisFile = 'errors.test.ts'

const flights: Untyped = read.rows([], { date: 'timestamp', delay: 'int32', origin: 'utf8' })
const stream: Untyped = replay(flights, { time: 'date' })
/** Columns are found when the plan is built. */
const found: Untyped = read.arrow(tableFromArrays({ delay: Float64Array.of(1), origin: ['IAH'] }))

/** The error of a call that does not wait for anything. */
function thrown(call: () => unknown): PlanError {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(PlanError)
    return error as PlanError
  }
  throw new Error('nothing was thrown')
}

async function rejected(promise: Promise<unknown>): Promise<PlanError> {
  const error = await promise.then(
    () => undefined,
    error => error,
  )
  expect(error).toBeInstanceOf(PlanError)
  return error
}

/** The file of the innermost frame. */
const firstFrame = (error: Error): string => /\n {4}at (.*)/.exec(error.stack!)![1]!

describe('with a schema, a verb that makes no sense throws where it is called', () => {
  const cases: [string, string, () => unknown][] = [
    [
      'an unknown column in a condition',
      'UNKNOWN_COLUMN',
      () => flights.filter((r: Untyped) => r.dealy.gt(1)),
    ],
    ['a condition that is a number', 'FILTER_TYPE', () => flights.filter((r: Untyped) => r.delay)],
    ['a condition that is text', 'CALLBACK', () => flights.filter('delay > 60')],
    [
      'a comparison of a number with text',
      'ARGUMENT_TYPE',
      () => flights.filter((r: Untyped) => r.delay.gt('x')),
    ],
    ['an unknown column selected', 'UNKNOWN_COLUMN', () => flights.select('dealy')],
    ['nothing selected', 'NO_COLUMNS', () => flights.select()],
    ['a column selected twice', 'DUPLICATE_COLUMN', () => flights.select('delay', 'delay')],
    ['a computed column that is none', 'CALLBACK', () => flights.select({ x: 5 })],
    ['arithmetic with text', 'ARGUMENT_TYPE', () => flights.with({ x: (r: Untyped) => r.origin.add(1) })],
    ['a callback without a value', 'LITERAL', () => flights.with({ x: () => undefined })],
    ['JavaScript arithmetic', 'NOT_A_VALUE', () => flights.with({ x: (r: Untyped) => r.delay + 1 })],
    ['an unknown column dropped', 'UNKNOWN_COLUMN', () => flights.drop('dealy')],
    ['all columns dropped', 'NO_COLUMNS', () => flights.drop('date', 'delay', 'origin')],
    ['an unknown column renamed', 'UNKNOWN_COLUMN', () => flights.rename({ dealy: 'x' })],
    ['a name renamed to another', 'DUPLICATE_COLUMN', () => flights.rename({ delay: 'origin' })],
    ['a number exploded', 'EXPLODE_TYPE', () => flights.explode('delay')],
    ['text exploded at nothing', 'EXPLODE_SEPARATOR', () => flights.explode('origin', { separator: '' })],
    ['an unknown key', 'UNKNOWN_COLUMN', () => flights.groupBy('orign')],
    ['the mean of text', 'AGGREGATE_TYPE', () => flights.agg({ m: mean('origin' as Untyped) })],
    ['the sum of text, computed', 'AGGREGATE_TYPE', () => flights.agg({ m: sum((r: Untyped) => r.origin) })],
    [
      'an aggregate of an unknown column',
      'UNKNOWN_COLUMN',
      () => flights.agg({ m: mean('dealy' as Untyped) }),
    ],
    [
      'a second column of an aggregate of one',
      'AGGREGATE_ARGUMENTS',
      () => flights.agg({ m: (min as Untyped)('delay', 'date') }),
    ],
    [
      'a third column of a correlation',
      'AGGREGATE_ARGUMENTS',
      () => flights.agg({ r: (corr as Untyped)('delay', 'delay', (r: Untyped) => r.delay) }),
    ],
    [
      'a correlation of one column',
      'AGGREGATE_ARGUMENTS',
      () => flights.agg({ r: (corr as Untyped)('delay') }),
    ],
    [
      'a column beside the share of a quantile',
      'AGGREGATE_ARGUMENTS',
      () => flights.agg({ m: (quantile as Untyped)('delay', 0.5, 'date') }),
    ],
    [
      'a quantile without a share',
      'AGGREGATE_OPTION',
      () => flights.agg({ m: (quantile as Untyped)('delay') }),
    ],
    ['a quantile in per cent', 'AGGREGATE_OPTION', () => flights.agg({ m: quantile('delay', 90) })],
    ['an aggregate that is none', 'AGGREGATE', () => flights.agg({ m: 5 })],
    [
      'an aggregate called like a key',
      'DUPLICATE_COLUMN',
      () => flights.groupBy('origin').agg({ origin: count() }),
    ],
    [
      'a window without event time',
      'NO_EVENT_TIME',
      () => flights.window(tumbling('1h')).agg({ n: count() }),
    ],
    ['a window without a size', 'WINDOW_SIZE', () => tumbling(0)],
    ['a size that is no duration', 'DURATION', () => tumbling('1 hour' as Untyped)],
    ['an unknown direction', 'DIRECTION', () => flights.orderBy('delay', 'down')],
    ['an unknown column to sort by', 'UNKNOWN_COLUMN', () => flights.orderBy(['delay'], ['dealy', 'desc'])],
    ['a negative limit', 'LIMIT', () => flights.limit(-1)],
    ['a broken limit', 'LIMIT', () => flights.limit(1.5)],
    ['a union of different columns', 'UNION_SCHEMA', () => flights.union(flights.select('delay'))],
    ['a watermark over a number', 'EVENT_TIME_TYPE', () => flights.watermark('delay')],
    ['a replay by a number', 'EVENT_TIME_TYPE', () => replay(flights, { time: 'delay' })],
    ['a replay of a stream', 'REPLAY_UNBOUNDED', () => replay(stream, { time: 'date' })],
    ['a replay at no speed', 'SPEED', () => replay(flights, { time: 'date', speed: 0 })],
    ['a replay of nothing', 'REPLAY', () => replay([] as Untyped, { time: 'date' })],
    ['a replay of rows', 'REPLAY', () => replay([{ date: new Date(0) }] as Untyped, { time: 'date' })],
    [
      'a replay by too few times',
      'REPLAY',
      () => replay([flights, flights] as Untyped, { time: ['date'] } as Untyped),
    ],
    [
      'a replay of a stream among others',
      'REPLAY_UNBOUNDED',
      () => replay([flights, stream] as Untyped, { time: 'date' }),
    ],
    ['gaps filled without windows', 'NO_WINDOW', () => flights.fillGaps()],
    [
      'text scored',
      'DETECT_TYPE',
      () => flights.watermark('date').detect('origin', { kind: 'counts' }, { by: [] }),
    ],
    ['a series without keys', 'NO_KEYS', () => flights.watermark('date').detect('delay', { kind: 'counts' })],
    [
      'a score without event time',
      'NO_EVENT_TIME',
      () => flights.detect('delay', { kind: 'counts' }, { by: [] }),
    ],
    [
      'an impossible rate of false alarms',
      'ALPHA',
      () => flights.watermark('date').detect('delay', { kind: 'counts' }, { by: [], alpha: 2 }),
    ],
    [
      'scoring twice without a prefix',
      'DUPLICATE_COLUMN',
      () =>
        flights
          .watermark('date')
          .detect('delay', { kind: 'counts' }, { by: [] })
          .detect('delay', { kind: 'counts' }, { by: [] }),
    ],
    ['columns selected as a list', 'UNKNOWN_COLUMN', () => flights.select(['origin', 'delay'])],
    ['a callback in place of names', 'UNKNOWN_COLUMN', () => flights.select((r: Untyped) => r.delay)],
    ['an order given as an object', 'UNKNOWN_COLUMN', () => flights.orderBy({ delay: 'desc' })],
    ['event time given as a callback', 'UNKNOWN_COLUMN', () => flights.watermark((r: Untyped) => r.date)],
    ['a series given as a callback', 'UNKNOWN_COLUMN', () => flights.detect((r: Untyped) => r.delay)],
    [
      'an aggregate of half of what it takes',
      'AGGREGATE_ARGUMENTS',
      () => flights.agg({ c: corr('delay', none) }),
    ],
    [
      'a callback in place of computed columns',
      'CALLBACK',
      () => flights.with((r: Untyped) => ({ x: r.delay })),
    ],
    ['a callback that returns later', 'LITERAL', () => flights.filter(async (r: Untyped) => r.delay.gt(1))],
    ['new names as arguments', 'OPTION', () => flights.rename('origin', 'airport')],
    ['a window given by its size', 'OPTION', () => flights.watermark('date').window('1h')],
    ['an aggregate without a name', 'AGGREGATE', () => flights.groupBy('origin').agg(count())],
    ['aggregates as a callback', 'AGGREGATE', () => flights.groupBy('origin').agg(() => count())],
    ['a detector fitted', 'MODEL_SPEC', () => flights.fit('delay', { kind: 'counts' }, { by: [] })],
    ['a distribution fitted', 'MODEL_SPEC', () => flights.fit('delay', { name: 'poisson', parameters: {} })],
    ['late rows of a filter', 'NO_LATE', () => flights.late()],
    ['a stream sorted', 'UNBOUNDED', () => stream.orderBy('delay')],
    ['the rows of a stream', 'UNBOUNDED', () => stream.rows()],
    [
      'the gaps of a stream filled for ever',
      'UNBOUNDED_FILL',
      () => stream.watermark('date').window(tumbling('1h')).agg({ n: count() }).fillGaps(),
    ],
    [
      'gaps filled with what the column cannot hold',
      'LITERAL',
      () =>
        stream
          .watermark('date')
          .window(tumbling('1h'))
          .agg({ n: count() })
          .fillGaps({ ttl: 1, values: { n: 'x' } }),
    ],
  ]
  it.each(cases)('%s: %s', (_what, code, call) => {
    const error = thrown(call)
    expect(error.code).toBe(code)
    expect(firstFrame(error)).toContain(thisFile)
  })
})

describe('what waits for the end of a stream is refused at the call', () => {
  it.each(['collect', 'count', 'show', 'toArrow'])('%s', async end => {
    const error = await rejected(stream[end]())
    expect(error.code).toBe('UNBOUNDED')
    expect(error.hint).toContain('limit(n)')
    expect(firstFrame(error)).toContain(thisFile)
  })
})

describe('a schema', () => {
  it('names the column whose type there is not', () => {
    const error = thrown(() => read.csv('a.csv', { n: 'int32', tags: ['string'] } as Untyped))
    expect(error.code).toBe('COLUMN_TYPE')
    expect(error.message).toContain('column "tags": no column type is called "string"')
    expect(error.hint).toContain("did you mean 'utf8'?")
    expect(firstFrame(error)).toContain(thisFile)
  })

  it('is told from options in its place', () => {
    const error = thrown(() => read.csv('a.csv', { delimiter: ';' } as Untyped))
    expect(error.code).toBe('COLUMN_TYPE')
    expect(error.hint).toContain('(…, undefined, { delimiter: … })')
    expect(firstFrame(error)).toContain(thisFile)
    expect(read.csv('a.csv', { skip: 'int32', decimal: 'utf8' })).toBeDefined()
  })
})

describe('without a schema, errors come when the plan is built, and name the verb', () => {
  it('an unknown column', async () => {
    const wrong = found.filter((r: Untyped) => r.dealy.gt(1))
    const error = await rejected(wrong.limit(1).collect())
    expect(error.code).toBe('UNKNOWN_COLUMN')
    expect(error.operatorPath).toEqual(['arrow table', 'filter'])
    expect(error.message).toContain('"delay", "origin"')
    expect(firstFrame(error)).toContain(thisFile)
  })

  it('of two verbs on one path, the trace begins at the wrong one', async () => {
    const half = found.filter((r: Untyped) => r.delay.gt(1))
    const site = new Error().stack!.split('\n')[1]!.replace(/.*:(\d+):\d+\)?$/, '$1')
    const wrong = found.filter((r: Untyped) => r.dealy.gt(1))
    const error = await rejected(start([half.write(memory()), wrong.write(memory())]))
    expect(firstFrame(error)).toContain(`${thisFile}:${Number(site) + 1}:`)
  })

  it('the mean of text', async () => {
    const error = await rejected(
      found
        .groupBy('origin')
        .agg({ m: mean('origin') })
        .collect(),
    )
    expect(error.code).toBe('AGGREGATE_TYPE')
    expect(error.operatorPath).toEqual(['arrow table', 'agg'])
  })

  it('a replay of computed rows by what is no time', async () => {
    const site = new Error().stack!.split('\n')[1]!.replace(/.*:(\d+):\d+\)?$/, '$1')
    const stream: Untyped = replay(read.arrow(tableFromArrays({ n: [1] })).limit(1) as Untyped, { time: 'n' })
    const error = await rejected(stream.limit(1).collect())
    expect(error.code).toBe('EVENT_TIME_TYPE')
    expect(error.operatorPath.at(-1)).toBe('replay')
    expect(firstFrame(error)).toContain(`${thisFile}:${Number(site) + 1}:`)
  })

  it('gaps filled with what the column cannot hold', async () => {
    const windows = replay(read.arrow(tableFromArrays({ at: [new Date(0)] })) as Untyped, {
      time: 'at',
    }) as Untyped
    const filled = windows.watermark('at').window(tumbling('1h')).agg({ n: count() })
    const error = await rejected(
      filled
        .fillGaps({ values: { n: 'none' }, ttl: '1d' })
        .limit(1)
        .collect(),
    )
    expect(error.code).toBe('LITERAL')
    expect(firstFrame(error)).toContain(thisFile)
  })

  it('a declared column that the source does not have', async () => {
    const declared = read.arrow(tableFromArrays({ delay: [1] }), { dealy: 'float64' })
    const error = await rejected(declared.collect())
    expect(error.code).toBe('UNKNOWN_COLUMN')
    expect(firstFrame(error)).toContain(thisFile)
  })
})

describe('start', () => {
  it('refuses nothing', async () => {
    expect((await rejected(start([]))).code).toBe('NO_SINK')
  })

  it('refuses an impossible number of shards, at the call', async () => {
    const error = await rejected(read.rows([{ x: 1 }]).collect({ shards: -1 }))
    expect(error.code).toBe('SHARDS')
    expect(firstFrame(error)).toContain(thisFile)
  })

  it('refuses two datasets for one sink', async () => {
    const sink = memory()
    expect((await rejected(start([flights.write(sink), flights.limit(1).write(sink)]))).code).toBe(
      'SINK_TWICE',
    )
  })
})

describe('read', () => {
  it.each([
    ['rows without a type', 'SCHEMA_NEEDED', () => read.rows([])],
    ['a column of two types', 'MIXED_TYPES', () => read.rows([{ x: 1 }, { x: 'a' }] as Untyped)],
    ['an unknown type', 'COLUMN_TYPE', () => read.rows([], { x: 'integer' as Untyped })],
  ])('refuses %s: %s', (_what, code, call) => {
    const error = thrown(call)
    expect(error.code).toBe(code)
    expect(firstFrame(error)).toContain(thisFile)
  })

  it.each([
    ['string', "'utf8'"],
    ['number', "'float64'"],
    ['boolean', "'bool'"],
    ['datetime', "'timestamp'"],
  ])('knows what is meant by a %s', (name, meant) => {
    expect(thrown(() => read.rows([], { x: name as Untyped })).hint).toContain(`did you mean ${meant}`)
  })
})

describe('hints', () => {
  it.each([
    ['a direction left out', () => flights.asofJoin(flights, { on: 'origin' } as Untyped), 'at or before'],
    ['a pattern as a text', () => flights.watermark('date').match('A B+' as Untyped), 'start('],
    ['a path for a sink', () => flights.write('flights.csv' as Untyped), "csv('file.csv')"],
    [
      'an outer join',
      () => flights.join(flights, { on: 'origin', how: 'outer' }),
      "'full' keeps the rows of both",
    ],
    ['an order as an object', () => flights.orderBy({ delay: 'desc' }), "orderBy('delay', 'desc')"],
  ])('say what to do about %s', (_what, call, hint) => {
    expect(thrown(call).hint).toContain(hint)
  })
})

describe('join', () => {
  const timed: Untyped = flights.watermark('date')
  const streamed: Untyped = stream.watermark('date')

  it.each([
    ['a range that goes back', { within: ['1h', '-10m'] }, 'JOIN_WITHIN'],
    ['a range without ends', { within: [null, null] }, 'JOIN_WITHIN'],
    ['an end that is no duration', { within: ['soon', null] }, 'DURATION'],
    ['a range without a length', { within: '0s' }, 'DURATION'],
    ['a condition that is no callback', { where: true }, 'OPTION'],
    ['a condition that is no condition', { where: (l: Untyped) => l.delay }, 'CONDITION'],
    [
      'a column that the second side does not have',
      { where: (l: Untyped, r: Untyped) => l.delay.eq(r.dely) },
      'UNKNOWN_COLUMN',
    ],
    ['a kind that there is not', { how: 'outer' }, 'OPTION'],
    [
      'a held side for every shard of which rows may leave',
      { how: 'full', broadcast: true },
      'JOIN_BROADCAST',
    ],
  ])('refuses %s', (_, options, code) => {
    expect(thrown(() => timed.join(timed, { on: 'origin', ...options }))).toMatchObject({ code })
  })

  it('refuses times where there are none, or rows that are taken back', () => {
    expect(thrown(() => timed.join(flights, { on: 'origin', within: '1h' })).message).toContain(
      'an input has none',
    )
    const best = streamed.topN(1, 'delay', 'desc', { by: 'origin' })
    expect(thrown(() => streamed.join(best, { on: 'origin', within: '1h' }))).toMatchObject({
      code: 'NO_EVENT_TIME',
    })
  })

  it('refuses sides that go on for every shard, and keys of both sides that no type holds', () => {
    expect(thrown(() => streamed.join(streamed, { on: 'origin', broadcast: true }))).toMatchObject({
      code: 'JOIN_BROADCAST',
    })
    const other = flights.with({ delay: (r: Untyped) => r.delay.cast('uint64') })
    const wide = flights.with({ delay: (r: Untyped) => r.delay.cast('int64') })
    expect(thrown(() => wide.join(other, { on: 'delay', how: 'full' }))).toMatchObject({ code: 'JOIN_TYPE' })
  })

  it('refuses an as-of join of times with a zone and without', () => {
    const zoned = flights.with({ date: (r: Untyped) => r.date.toZone('Europe/Paris') })
    const join = () =>
      flights.asofJoin(zoned, { on: 'origin', direction: 'backward', time: 'date' } as Untyped)
    expect(thrown(join)).toMatchObject({
      code: 'JOIN_TYPE',
      hint: expect.stringContaining("cast('timestamp[us, Europe/Paris]')"),
    })
  })

  it('explains what it keeps without end', async () => {
    const text = (options: object) => streamed.join(streamed, { on: 'origin', ...options }).explain()
    expect(await text({ how: 'left' })).toContain('left join on "origin"\n    changelog')
    expect(await text({})).toContain('state without end: the rows of both sides are kept')
    expect(await text({ within: ['0s', null] })).toContain('state without end: the rows of a side are kept')
    expect(await text({ within: ['-10m', '1h'] })).not.toContain('state without end')
  })
})
