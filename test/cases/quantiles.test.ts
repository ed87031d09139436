/** Means and quantiles of what has a unit: halves go away from zero, wherever they are computed. */

import { mean, median, quantile, tumbling } from '../../src/index.ts'
import { verbCase } from './verb-case.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute))
const schema = {
  at: 'timestamp[us]',
  born: 'timestamp[ms]',
  took: 'duration[ms]',
  price: 'decimal(5, 2)',
  far: 'decimal(38, 2)',
  id: 'int64',
} as const
/** Neighbours below zero in even minutes, above in odd ones. */
const rows = [
  {
    at: at(0),
    born: new Date(-5),
    took: -5,
    price: '-0.05',
    far: '-1000000000000000000000.05',
    id: -(2n ** 60n),
  },
  { at: at(1), born: new Date(4), took: 4, price: '0.04', far: '1000000000000000000000.04', id: 2n ** 60n },
  { at: at(2), born: new Date(-4), took: -4, price: '-0.04', far: '-1000000000000000000000.04', id: 1n },
  {
    at: at(3),
    born: new Date(5),
    took: 5,
    price: '0.05',
    far: '1000000000000000000000.05',
    id: 2n ** 60n + 1n,
  },
  { at: at(4), born: null, took: null, price: null, far: null, id: null },
]
const aggregates = {
  ...{ bornMean: mean('born'), born: median('born'), tookMean: mean('took'), took: median('took') },
  ...{ price: median('price'), far: median('far'), id: quantile('id', 0.25) },
}
const below = {
  ...{ bornMean: new Date(-5), born: new Date(-5), tookMean: -5, took: -5 },
  ...{ price: '-0.05', far: '-1000000000000000000000.05', id: 0.75 - 0.75 * 2 ** 60 },
}
const above = {
  ...{ bornMean: new Date(5), born: new Date(5), tookMean: 5, took: 5 },
  ...{ price: '0.05', far: '1000000000000000000000.05', id: 2 ** 60 },
}
const ofNone = {
  ...{ bornMean: null, born: null, tookMean: null, took: null },
  ...{ price: null, far: null, id: null },
}

verbCase('means and quantiles of times, decimals and 64-bit integers in groups', {
  schema,
  rows,
  query: d => d.groupBy({ positive: r => r.took.gt(0) }).agg(aggregates),
  expect: [
    { positive: false, ...below },
    { positive: true, ...above },
    { positive: null, ...ofNone },
  ],
  ordered: false,
})

verbCase('means and quantiles of times, decimals and 64-bit integers in windows', {
  schema,
  rows: rows.toSorted((a, b) => (a.took ?? 0) - (b.took ?? 0)).map((row, i) => ({ ...row, at: at(i) })),
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .window(tumbling('2m'))
      .agg({ born: median('born'), took: median('took'), price: median('price'), far: median('far') }),
  expect: [
    [-5, -5, '-0.05', '-1000000000000000000000.05'],
    [4, 4, '0.04', '1000000000000000000000.04'],
    [5, 5, '0.05', '1000000000000000000000.05'],
  ].map(([born, took, price, far], i) => ({
    ...{ windowStart: at(2 * i), windowEnd: at(2 * i + 2) },
    ...{ born: new Date(born as number), took, price, far },
  })),
})

verbCase('means and quantiles of times, decimals and 64-bit integers over frames', {
  schema,
  rows: rows.slice(0, 4),
  query: d =>
    d
      .watermark('at', { outOfOrder: '1h' })
      .over(
        { range: ['-2m', '0s'] },
        {
          ...{ ofBorn: median('born'), ofTook: median('took'), meanTook: mean('took') },
          ...{ ofPrice: median('price'), ofFar: median('far'), ofId: median('id') },
        },
      )
      .drop('born', 'took', 'price', 'far', 'id'),
  // Of three rows the middle one; of two, what lies between.
  expect: [
    [-5, -5, '-0.05', '-1000000000000000000000.05', -(2 ** 60)],
    [-1, -1, '-0.01', '-0.01', 0],
    [-4, -2, '-0.04', '-1000000000000000000000.04', 1],
    [4, 2, '0.04', '1000000000000000000000.04', 2 ** 60],
  ].map(([units, meanTook, ofPrice, ofFar, ofId], i) => ({
    ...{ at: at(i), ofBorn: new Date(units as number), ofTook: units, meanTook, ofPrice, ofFar, ofId },
  })),
})
