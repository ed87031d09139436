import { describe, expect, it } from 'vitest'
import { planOf } from '../../../src/core/dataset/pending-write.ts'
import {
  arma,
  count,
  counts,
  type Dataset,
  lit,
  mean,
  memory,
  type PendingWrite,
  read,
  replay,
  sum,
  tumbling,
  when,
} from '../../../src/index.ts'
import { ar, arima, poisson } from '../../../src/models/index.ts'

const flights = () => read.rows([], { date: 'timestamp', delay: 'int32', distance: 'int64', origin: 'utf8' })

const to = (...datasets: Dataset<any, any>[]): PendingWrite[] =>
  datasets.map(dataset => dataset.write(memory()))

/** JSON with what fits on a line on one line. */
function text(value: unknown, indent = ''): string {
  const line = JSON.stringify(value)
  if (line.length + indent.length <= 110 || typeof value !== 'object' || value === null) return line
  const inner = `${indent}  `
  const items = Array.isArray(value)
    ? value.map(item => inner + text(item, inner))
    : Object.entries(value).map(([name, item]) => `${inner}${JSON.stringify(name)}: ${text(item, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${items.join(',\n')}\n${indent}${close}`
}

const golden = async (name: string, written: PendingWrite[]) => {
  const { plan } = await planOf(written)
  await expect(`${text(plan)}\n`).toMatchFileSnapshot(`../../goldens/plans/${name}.txt`)
  return plan
}

describe('plans', () => {
  it('distinct, topN and join', () => {
    const airports = read.rows([], { code: 'utf8', date: 'date', city: 'utf8' })
    const routes = flights()
      .distinct('origin', 'date')
      .join(airports, { on: { origin: 'code' }, suffix: 'Opened' })
    return golden(
      'join',
      to(routes.topN(3, 'date', 'desc', { by: 'city' }).topN(5, [['dateOpened'], ['city', 'desc']])),
    )
  })

  it('row verbs', () =>
    golden(
      'row-verbs',
      to(
        flights()
          .filter(r => r.delay.gt(60).and(r.origin.isIn(['IAH', 'HOU'])))
          .with({
            hours: r => r.delay.div(60),
            size: r => when(r.distance.gt(1000n), 'far').otherwise('near'),
          })
          .select('origin', 'hours', 'size')
          .rename({ origin: 'airport' })
          .drop('size')
          .select({ airport: r => r.airport.lower(), half: r => r.hours.mul(0.5), one: () => lit(1, 'int8') })
          .limit(10),
      ),
    ))

  it('aggregates', () =>
    golden(
      'aggregates',
      to(
        flights()
          .groupBy('origin')
          .agg({ n: count(), delays: count('delay'), delay: mean(r => r.delay), far: sum('distance') })
          .orderBy(['n', 'desc'], ['origin']),
      ),
    ))

  it('two sinks share the read, the stream and the windows', async () => {
    const hourly = replay(flights(), { time: 'date', speed: 3600 })
      .watermark('date', { outOfOrder: '10m' })
      .groupBy('origin')
      .window(tumbling('1h', { offset: '90m' }))
      .agg({ departures: count(), delay: mean('delay') })
    const alerts = hourly
      .fillGaps({ values: { departures: 0 }, ttl: '30d' })
      .detect('departures', counts(), { alpha: 1e-4, as: 'departures' })
      .detect('delay', arma({ p: 2, q: 1, season: '1d' }), { by: 'origin', every: '1h', as: 'delay' })
      .filter(r => r.departuresAnomaly.or(r.delayAnomaly))
    const { nodes, sinks } = await golden('two-sinks', to(hourly, alerts, hourly.late()))
    expect(sinks).toHaveLength(3)
    expect(Object.values(nodes).filter(node => node.kind === 'source')).toHaveLength(1)
    expect(Object.values(nodes).filter(node => node.kind === 'agg')).toHaveLength(1)
  })

  it('models fitted to series', () =>
    golden(
      'fit-and-forecast',
      to(
        flights()
          .watermark('date')
          .groupBy('origin')
          .window(tumbling('1h'))
          .agg({ delay: mean('delay') })
          .forecast('delay', ar({ p: 2 }), { by: 'origin', steps: 24 }),
        flights()
          .watermark('date')
          .fit('delay', arima({ order: [0, 1, 1], seasonal: { order: [0, 1, 1], period: 24 } }), {
            by: 'origin',
            every: '1h',
          }),
        flights().fit('distance', poisson, { by: [] }),
      ),
    ))

  it('a union with itself reads once, with another source twice', async () => {
    const words = read.rows([{ line: 'a b' }]).explode('line', { as: 'word' })
    const { nodes } = await golden('union', to(words.union(words, read.rows([{ word: 'c' }]))))
    expect(Object.values(nodes).filter(node => node.kind === 'source')).toHaveLength(2)
  })

  it('hostile names and values are data', () => {
    const proto = '__proto__'
    const awful = 'a"b\n\0$' + '{x}'
    const hostile: Dataset<any, 'bounded'> = read.rows([{ [proto]: 1, [awful]: "'; DROP TABLE t; --" }])
    return golden(
      'hostile',
      to(
        hostile
          .filter(r => r[awful].ne('$' + '{process.exit(1)}').and(r[proto].gt(0)))
          .rename({ [proto]: 'constructor' })
          .select({ [proto]: (r: any) => r.constructor, toString: (r: any) => r[awful] }),
      ),
    )
  })

  it('are plain JSON, and frozen all the way down', async () => {
    const { plan } = await planOf(to(flights().filter(r => r.date.lt(new Date(0)))))
    expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen))
    expect(frozen(plan)).toBe(true)
  })

  it('are the same each time they are built, and the same with a declared schema as with a found one', async () => {
    const rows = [{ delay: 5 }]
    const late = (from: Dataset<any, 'bounded'>) => to(from.filter(r => r.delay.gt(1)))
    const first = await planOf(late(read.rows(rows)))
    expect((await planOf(late(read.rows(rows, { delay: 'float64' })))).plan).toEqual(first.plan)
  })
})
