/** What fragments in doc comments take for granted: a few flights, and what is usually made of them. */

import { Table, tableFromIPC, tableToIPC, vectorFromArray } from 'apache-arrow'
import { arma, count, mean, read, replay, tumbling } from '../../src/index.ts'
import { scriptedSource } from '../../src/testing.ts'

const at = (hour: number, minute: number) => new Date(Date.UTC(2001, 0, 1, hour, minute))

const rows = [
  { date: at(6, 5), delay: 12, distance: 1635, origin: 'IAH', destination: 'LGA' },
  { date: at(6, 40), delay: null, distance: 239, origin: 'HOU', destination: 'DAL' },
  { date: at(7, 10), delay: -4, distance: 1379, origin: 'IAH', destination: 'LAX' },
  { date: at(7, 55), delay: 95, distance: 239, origin: 'DAL', destination: 'HOU' },
  { date: at(9, 30), delay: 210, distance: 1635, origin: 'IAH', destination: 'LGA' },
]

/** Bounded. */
export const flights = read.rows(rows, {
  date: 'timestamp',
  delay: 'int32',
  distance: 'int32',
  origin: 'utf8',
  destination: 'utf8',
})
export const january = flights
export const february = flights
export const march = flights

export const airports = read.rows([{ code: 'HOU', city: 'Houston' }])

/** The same flights, unbounded. */
export const stream = replay(flights, { time: 'date' })

/** A row for each airport and hour. */
export const hourly = stream
  .watermark('date', { outOfOrder: '10m' })
  .groupBy('origin')
  .window(tumbling('1h'))
  .agg({ departures: count(), delay: mean('delay') })

export const alerts = hourly.detect('delay', arma({ p: 1, q: 0 })).filter(r => r.anomaly)

export const texts = read.rows([{ line: 'hello world' }, { line: 'hello data' }])

export const posts = read.rows([
  {
    user: { name: 'ann', age: 31 },
    tags: ['a', 'b'],
  },
])

export const schema = { at: 'timestamp', value: 'float64' } as const
export const mySource = () => scriptedSource(schema, [[{ rows: [{ at: at(6, 0), value: 1 }] }]])

export async function* ticks() {
  yield { at: at(6, 0), price: 10.5 }
}

/** An Arrow file in memory. */
export const bytes = tableToIPC(
  new Table({
    date: vectorFromArray(rows.map(row => row.date)),
    delay: vectorFromArray(Int32Array.of(12, 0, -4)),
  }),
)
export { tableFromIPC }
