import { expect, it } from 'vitest'
import { ONE_BY_ONE } from '../../../src/core/time/windows/panes.ts'
import { WindowOwners } from '../../../src/engines/threads/window-owners.ts'

/** Steps with rows on both shards, each of which passes so many panes. */
function pass(owners: WindowOwners, steps: number, panes: number, from = 0) {
  for (let i = 0; i < steps; i++) expect(owners.see({ rows: [10, 10], pane: from + panes * i })).toBe('kept')
}

it('deals windows out one by one where a step passes few', () => {
  const owners = new WindowOwners(2)
  pass(owners, 30, 2)
  expect(owners.runs).toBe(ONE_BY_ONE)
})

it('deals windows out in runs of a step for two shards, and shorter ones for more, ahead of all rows', () => {
  const two = new WindowOwners(2)
  pass(two, 6, 10)
  expect(two.runs).toEqual({ fromPane: 50 + 18 * 10, length: 10 })
  pass(two, 30, 40, 60)
  expect(two.runs.length).toBe(10)
  const four = new WindowOwners(4)
  for (let i = 0; i < 6; i++) four.see({ rows: [5, 5, 5, 5], pane: 10 * i })
  expect(four.runs.length).toBe(5)
})

it('agrees with how windows were dealt out before as far as these are the same', () => {
  const owners = new WindowOwners(2)
  expect(owners.agreesWith(ONE_BY_ONE, Number.POSITIVE_INFINITY)).toBe(true)
  pass(owners, 6, 10)
  const { runs } = owners
  expect(owners.agreesWith(runs, Number.POSITIVE_INFINITY)).toBe(true)
  expect(owners.agreesWith(ONE_BY_ONE, runs.fromPane - 1)).toBe(true)
  expect(owners.agreesWith(ONE_BY_ONE, runs.fromPane)).toBe(false)
})

it('gives up runs that leave a shard idle for good, and then windows', () => {
  const owners = new WindowOwners(2)
  pass(owners, 6, 10)
  const slow = () => owners.see({ rows: [10, 0], pane: 300 })
  const seen = Array.from({ length: 40 }, slow).filter(what => what !== 'kept')
  expect(seen.slice(0, 2)).toEqual(['moved', 'idle'])
  expect(owners.runs).toBe(ONE_BY_ONE)
})

it('keeps to one by one where times are not known', () => {
  const owners = new WindowOwners(2)
  for (let i = 0; i < 12; i++) owners.see({ rows: [1, 1], pane: Number.POSITIVE_INFINITY })
  expect(owners.runs).toBe(ONE_BY_ONE)
})
