import { expect, it } from 'vitest'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { appendedColumns, outputOf } from '../../../src/core/operators/detect-columns.ts'

it('scores p = 1 as 0, which prints as 0', () => {
  const output = outputOf(4, heapArena)
  output.logP.set([0, -0, Math.log(0.01), Number.NaN])
  const writing = {
    logAlpha: Math.log(0.001),
    reasonsBelow: Math.log(0.001),
    reason: 'level',
    pValues: 'all',
  } as const
  const score = appendedColumns(output, writing, heapArena).columns[4]!.values as Float64Array
  expect([...score]).toEqual([0, 0, expect.closeTo(2, 12), Number.NaN])
})
