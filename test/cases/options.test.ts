/** Options outside their domain are told at the call that has them, with a code, what was given and what may be. */

import { expect, it } from 'vitest'
import {
  count,
  counts,
  duckdb,
  lag,
  MillraceError,
  memory,
  read,
  replay,
  start,
  toConsole,
  tumbling,
} from '../../src/index.ts'

const rows: any = read.rows([{ at: new Date(0), key: 'a', x: 1 }], {
  at: 'timestamp[ms]',
  key: 'utf8',
  x: 'float64',
})
const timed: any = rows.watermark('at')
const hourly: any = timed.groupBy('key').window(tumbling('1h')).agg({ n: count() })
const any = (value: unknown) => value as any

/** Values that no number of rows, threads or milliseconds can be. */
const NO_COUNT = [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null, {}]
const NO_OPTIONS = [null, 5, 'fast', [1], { noSuchOption: 1 }]

const cases: [name: string, values: readonly unknown[], use: (value: any) => unknown, code?: string][] = [
  ['limit', NO_COUNT.slice(1), n => rows.limit(n), 'LIMIT'],
  ['batchRows of collect', NO_COUNT, n => rows.collect({ batchRows: n })],
  ['batchRows of rows', NO_COUNT, n => rows.rows({ batchRows: n }).next()],
  ['batchRows of batches', NO_COUNT, n => rows.batches({ batchRows: n }).next()],
  ['batchRows of toArrow', NO_COUNT, n => rows.toArrow({ batchRows: n })],
  ['batchRows of count', NO_COUNT, n => rows.count({ batchRows: n })],
  ['batchRows of explain', NO_COUNT, n => rows.explain({ batchRows: n })],
  ['batchRows of start', NO_COUNT, n => rows.write(memory()).start({ batchRows: n })],
  ['shards', NO_COUNT.slice(1), n => rows.collect({ shards: n }), 'SHARDS'],
  [
    'commitEveryMs',
    [0, -1, Number.NaN, 2 ** 31, '1s'],
    n => start(rows.write(memory()), { commitEveryMs: n }),
  ],
  ['signal', [5, {}, 'stop'], signal => rows.collect({ signal })],
  ['exchange', ['row', 5, null], exchange => rows.collect({ exchange })],
  ['onProgress', [5, {}, 'log'], onProgress => rows.collect({ onProgress })],
  ['restore', [5, 'snapshot', null], restore => rows.write(memory()).start({ restore })],
  ['timestamps', ['bigints', true, 5], timestamps => rows.collect({ timestamps })],
  ['limit of show', [-1, 1.5, Number.NaN, '3'], n => rows.show({ limit: n })],
  ['digits of show', [0, -1, 18, 2.5, Number.NaN], n => rows.show({ digits: n })],
  ['limit of toConsole', [-1, 1.5, Number.NaN, '3'], n => toConsole({ limit: n })],
  ['digits of toConsole', [0, 18, 2.5], n => toConsole({ digits: n })],
  ['maxCellWidth of toConsole', [0, -4, 0.5], n => toConsole({ maxCellWidth: n })],
  ['write of toConsole', ['stdout', 5], write => toConsole({ write })],
  ['mode of duckdb', ['apend', 5, null].slice(0, 2), mode => duckdb('a.duckdb', 't', { mode })],
  ['path of duckdb', [5, undefined], path => duckdb(path, 't')],
  ['table of duckdb', [5, undefined], table => duckdb('a.duckdb', table)],
  [
    'speed of replay',
    [0, -1, Number.NaN, '2', 'fast'],
    speed => replay(rows, { time: 'at', speed }),
    'SPEED',
  ],
  ['ttl', [0, -1, Number.NaN, '0s', 'soon', null, {}], ttl => hourly.fillGaps({ ttl }), 'DURATION'],
  ['until', [5, '2026-01-01', new Date(Number.NaN), null], until => hourly.fillGaps({ until }), 'DATE'],
  ['values of fillGaps', [5, 'n', null], values => hourly.fillGaps({ values })],
  ['every of detect', [0, -1, '0h'], every => timed.detect('x', counts(), { by: 'key', every }), 'DURATION'],
  ['alpha', [0, 1, -1, Number.NaN, '1e-3', null], alpha => hourly.detect('n', counts(), { alpha }), 'ALPHA'],
  [
    'the time of alpha',
    [0, -1, '0d'],
    per => hourly.detect('n', counts(), { alpha: { events: 1, per } }),
    'DURATION',
  ],
  [
    'falseDiscoveries',
    [0, 1, Number.NaN, '0.1'],
    f => hourly.detect('n', counts(), { falseDiscoveries: f }),
    'ALPHA',
  ],
  ['order of detect', ['events', 5, null], order => hourly.detect('n', counts(), { order }), 'DETECT_ORDER'],
  ['as of detect', [5, true], as => hourly.detect('n', counts(), { as })],
  ['the detector', [counts, 5, null, 'counts'], detector => hourly.detect('n', detector), 'MODEL_SPEC'],
  ['separator', [5, true], separator => rows.explode('key', { separator })],
  ['outOfOrder', [-1, '1 hour', Number.NaN], outOfOrder => rows.watermark('at', { outOfOrder }), 'DURATION'],
  ['a size of the calendar', ['1 day', '2 months'], size => tumbling(size), 'TIME_ZONE'],
  ['size of tumbling', [-1, '1 hour', 'an hour', Number.NaN, null], size => tumbling(size), 'DURATION'],
  ['bounded of iterable', ['yes', 1], bounded => read.iterable([], { a: 'int32' }, { bounded })],
  ['connections', [0, -1, 2.5], connections => read.parquet('a.parquet', { a: 'int32' }, { connections })],
  [
    'what is iterated',
    [42, null, 'text', {}, () => []],
    items => read.iterable(items, { a: 'int32' }),
    'SOURCE',
  ],
  ['what are rows', [42, null, 'text', {}], items => read.rows(items), 'SOURCE'],
  ['what is an Arrow table', [42, null, {}], table => read.arrow(table), 'SOURCE'],
  ['what is a path', [42, null, {}], path => read.parquet(path), 'SOURCE'],
  ['what is a source', [42, null, {}], source => read.source(source), 'SOURCE'],
  ['what is a table', [42, null, {}], table => read.duckdb('a.duckdb', table), 'SOURCE'],
  ['a schema', [5, null, 'int32'], schema => read.rows([{ a: 1 }], schema), 'COLUMN_TYPE'],
  ['what is joined', [5, null, [rows]], other => rows.union(other), 'UNION_SCHEMA'],
  ['the other side of join', [5, null, [rows]], other => rows.join(other, { on: 'key' }), 'JOIN_ON'],
  ['on of join', [5, null, [], {}, () => 'key'], on => rows.join(rows, { on }), 'JOIN_ON'],
  [
    'names in on of join',
    ['none', ['none'], [5], { key: 'none' }, { key: 5 }],
    on => rows.join(rows, { on }),
    'UNKNOWN_COLUMN',
  ],
  ['how of join', ['outer', 5, null], how => rows.join(rows, { on: 'key', how })],
  ['suffix of join', [5, null], suffix => rows.join(rows, { on: 'key', suffix })],
  ['an empty suffix', [''], suffix => rows.join(rows, { on: 'key', suffix }), 'DUPLICATE_COLUMN'],
  [
    'within of join',
    ['0 s', 'soon', null, ['soon', '1s']],
    within => timed.join(timed, { on: 'key', within }),
    'DURATION',
  ],
  [
    'ends of within',
    [[], ['1s'], ['2s', '1s'], [null, null]],
    within => timed.join(timed, { on: 'key', within }),
    'JOIN_WITHIN',
  ],
  ['no column of lag', [undefined, [], ['v']], column => lag(column), 'AGGREGATE_ARGUMENTS'],
  ['orderBy of dedup', [null, 5, {}, true], orderBy => rows.dedup({ by: 'key', orderBy }), 'UNKNOWN_COLUMN'],
  [
    'keep of map',
    [null, 5, {}, true, [5]],
    keep => rows.map((row: any) => row, { out: { a: 'int32' }, keep }),
    'UNKNOWN_COLUMN',
  ],
  [
    'times of match',
    [null, Symbol('x'), Object.create(null), -1, 0.5],
    n => timed.match((s: any) => s('a').times(n)),
    'PATTERN',
  ],
  [
    'what measures make',
    [null, 5, [], 'x'],
    made => timed.match((s: any) => s('a'), { measures: () => made }),
    'CALLBACK',
  ],
  [
    'side of process',
    [null, 5, [], 'x'],
    side => timed.process('file:///a.ts', 'f', { out: { a: 'int32' }, side }),
  ],
  [
    'broadcast of process',
    [null, 5, {}, 'x'],
    broadcast => timed.process('file:///a.ts', 'f', { out: { a: 'int32' }, broadcast }),
  ],
  [
    'a type of process',
    [5, null, 1n, Symbol('x')],
    a => timed.process('file:///a.ts', 'f', { out: { a } }),
    'COLUMN_TYPE',
  ],
  ['ttl of distinct', [0, -1, '0s', 'soon', null], ttl => timed.distinct('key', { ttl }), 'DURATION'],
  [
    'columns of distinct',
    [5, null, 'none', ['key']],
    column => rows.distinct(column, 'key'),
    'UNKNOWN_COLUMN',
  ],
  ['n of topN', [0, -1, 1.5, Number.NaN, '5', Number.POSITIVE_INFINITY], n => rows.topN(n, 'key'), 'LIMIT'],
  ['order of topN', ['down', 5], direction => rows.topN(1, 'key', direction), 'DIRECTION'],
  [
    'columns of topN',
    [5, null, 'none', [['none']], [[5]], [], [5], [null], [{}], [['x'], undefined]],
    by => rows.topN(1, by),
    'UNKNOWN_COLUMN',
  ],
  ['directions that are no JSON', [5n], direction => rows.orderBy('key', direction), 'DIRECTION'],
  ['mark of watermark', [null, 5, 'at', {}], mark => rows.watermark('at', { mark })],
  ['by of topN', [5, null, 'none', ['none']], by => rows.topN(1, 'key', 'asc', { by }), 'UNKNOWN_COLUMN'],
  ['what is started', [5, null, rows], written => start(written), 'NO_SINK'],
  ...Object.entries({
    collect: (options: any) => rows.collect(options),
    rows: (options: any) => rows.rows(options).next(),
    batches: (options: any) => rows.batches(options).next(),
    toArrow: (options: any) => rows.toArrow(options),
    count: (options: any) => rows.count(options),
    show: (options: any) => rows.show(options),
    explain: (options: any) => rows.explain(options),
    start: (options: any) => rows.write(memory()).start(options),
    explode: (options: any) => rows.explode('key', options),
    fillGaps: (options: any) => hourly.fillGaps(options ?? 5),
    detect: (options: any) => hourly.detect('n', counts(), options),
    join: (options: any) => rows.join(rows, options),
    topN: (options: any) => rows.topN(1, 'key', 'asc', options),
    watermark: (options: any) => rows.watermark('at', options),
    replay: (options: any) => replay(rows, options),
    tumbling: (options: any) => tumbling('1h', options),
    iterable: (options: any) => read.iterable([], { a: 'int32' }, options),
    toConsole: (options: any) => toConsole(options),
    duckdb: (options: any) => duckdb('a.duckdb', 't', options),
  }).map(([verb, use]): [string, readonly unknown[], (value: any) => unknown] => [
    `options of ${verb}`,
    NO_OPTIONS,
    use,
  ]),
]

for (const [name, values, use, code = 'OPTION'] of cases) {
  it(name, async () => {
    for (const value of values) {
      const error = await (async () => use(any(value)))().then(
        () => 'no error',
        thrown => thrown,
      )
      expect([value, error?.code ?? error]).toEqual([value, code])
      expect(error).toBeInstanceOf(MillraceError)
      const [frame] = error.stack.split('\n').filter((line: string) => line.startsWith('    at '))
      expect(frame).toContain('options.test.ts')
    }
  })
}

it('Infinity is a limit of toConsole, and a width', async () => {
  let text = ''
  const sink = toConsole({ limit: Infinity, maxCellWidth: Infinity, write: part => (text += part) })
  const long = Array.from({ length: 30 }, (_, i) => ({ x: `${i}`.padEnd(99, '-') }))
  await (await read.rows(long).write(sink).start()).done
  for (const { x } of long) expect(text).toContain(x)
})
