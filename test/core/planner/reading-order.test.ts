import { expect, it } from 'vitest'
import { read } from '../../../src/index.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'

const rows = (label: string) =>
  read.source({ ...scriptedSource({ id: 'int32' }, [[{ rows: [] }]]), label }, { id: 'int32' })

/** The scans of a plan, in the order in which they are read. */
const scans = async (dataset: { explain(): Promise<string> }) =>
  [...(await dataset.explain()).matchAll(/^scan (\w+) /gm)].map(match => match[1])

it('what a join looks rows up in is read before these rows', async () => {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(rows) as [any, any, any, any]
  expect(await scans(a.join(b, { on: 'id' }))).toEqual(['b', 'a'])
  expect(await scans(a.join(b, { on: 'id' }).join(c.union(d), { on: 'id' }))).toEqual(['c', 'd', 'b', 'a'])
  expect(await scans(a.join(b.join(c, { on: 'id' }), { on: 'id' }))).toEqual(['c', 'b', 'a'])
})

it('a union that says otherwise is heeded: the rows wait', async () => {
  const [a, b] = ['a', 'b'].map(rows) as [any, any]
  expect(await scans(a.join(b, { on: 'id' }).union(b))).toHaveLength(3)
})
