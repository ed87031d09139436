import { verbCase } from './verb-case.ts'

const at = (minute: number) => new Date(Date.UTC(2001, 0, 1, 0, minute))
const schema = { at: 'timestamp[us]', key: 'utf8', x: 'int32', y: 'float64' } as const
const rows = [
  { at: at(0), key: 'a', x: 3, y: null },
  { at: at(1), key: 'b', x: null, y: 1 },
  { at: at(2), key: 'a', x: null, y: 0.5 },
  { at: at(4), key: 'a', x: null, y: null },
  { at: at(3), key: 'b', x: 8, y: null },
  { at: at(8), key: 'a', x: 7, y: null },
  { at: at(9), key: 'b', x: null, y: 4 },
  { at: at(30), key: 'a', x: null, y: 9 },
]
const inTime = [0, 1, 2, 4, 3, 5, 6, 7]
const filled = [
  { x: 3, y: null },
  { x: null, y: 1 },
  { x: 3, y: 0.5 },
  { x: 3, y: 3.5 },
  { x: 8, y: 1.75 },
  { x: 7, y: 9.5 },
  { x: 8, y: 4 },
  { x: null, y: 9 },
].map((made, i) => ({ ...rows[i]!, ...made, y: i === 3 || i === 5 ? null : made.y }))

verbCase('fill takes the last value, or what lies between two, of the same series and not from too far', {
  schema,
  rows,
  query: d =>
    d
      .watermark('at', { outOfOrder: '1m' })
      .fill('x', { by: 'key', maxGap: '10m' })
      .fill('y', { by: 'key', method: 'linear', maxGap: '10m' }),
  expect: filled,
  unbounded: inTime.map(i => filled[i]!),
  ordered: false,
})

verbCase('sample takes the same rows however they come', {
  schema,
  rows: [rows, rows],
  query: d => d.sample(0.5, { seed: 5 }),
  expect: 'same',
})

verbCase('sample takes a number of rows that end', {
  schema,
  rows: [rows, rows],
  query: d => d.sample(5, { seed: 1 }),
  expect: 'same',
  unbounded: false,
})
