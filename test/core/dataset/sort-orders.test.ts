import { expect, it } from 'vitest'
import { type PlanError, read, rowNumber } from '../../../src/index.ts'

const rows = read.rows([
  { k: 'b', n: 1 },
  { k: 'a', n: 2 },
  { k: 'a', n: 1 },
])

it('takes an order as a name, a pair or a list of pairs, wherever there is one', async () => {
  const byBoth = [
    { k: 'a', n: 1 },
    { k: 'a', n: 2 },
    { k: 'b', n: 1 },
  ]
  expect(await rows.orderBy(['k'], ['n']).collect()).toEqual(byBoth)
  expect(await rows.orderBy([['k'], ['n']]).collect()).toEqual(byBoth)
  expect(await rows.topN(3, [['k'], ['n']]).collect()).toEqual(byBoth)
  const greatest = [{ k: 'a', n: 2 }]
  expect(await rows.topN(1, 'n', 'desc').collect()).toEqual(greatest)
  expect(await rows.topN(1, ['n', 'desc']).collect()).toEqual(greatest)
  expect(await rows.dedup({ by: [], orderBy: ['n', 'desc'] }).collect()).toEqual(greatest)
  expect(await rows.dedup({ by: [], orderBy: [['n', 'desc']] }).collect()).toEqual(greatest)
  const numbered = await rows.over({ orderBy: ['n', 'desc'] }, { place: rowNumber() }).collect()
  expect(numbered.map(row => row.place)).toEqual([2, 1, 3])
})

it.each([[[]], [['k', ['n']]], [[['k'], 'n']], [[[['k']]]]])('refuses %j', order => {
  const code = (call: () => unknown) => {
    try {
      return call()
    } catch (error) {
      return (error as PlanError).code
    }
  }
  expect(code(() => rows.topN(1, order as never))).toMatch(/^(UNKNOWN_COLUMN|DIRECTION)$/)
  expect(code(() => rows.dedup({ by: 'k', orderBy: order as never }))).toMatch(/^(UNKNOWN_COLUMN|DIRECTION)$/)
})
