import { expect, it } from 'vitest'
import { openFold } from '../../../src/core/folds/index.ts'
import { GroupFields } from '../../../src/core/state/group-fields.ts'
import { SpareArrays } from '../../../src/core/state/spare-arrays.ts'

it('gives an array of the kind and length asked for again, and knows how far it was written', () => {
  const spare = new SpareArrays()
  const first = spare.take('f64', 64)
  expect([first.dirty, first.array.length]).toEqual([0, 64])
  spare.give('f64', { array: first.array, dirty: 10 })
  expect(spare.bytes).toBe(512)
  expect(spare.take('u32', 64).array).toBeInstanceOf(Uint32Array)
  expect(spare.take('f64', 32).array).not.toBe(first.array)
  expect(spare.take('f64', 64)).toEqual({ array: first.array, dirty: 10 })
  expect(spare.bytes).toBe(0)
})

it('lets go of what is more than it may keep', () => {
  const spare = new SpareArrays(1000)
  const arrays = [0, 1].map(() => spare.take('f64', 100))
  for (const array of arrays) spare.give('f64', array)
  expect(spare.bytes).toBe(800)
  expect(spare.take('f64', 100).array).toBe(arrays[1]!.array)
  expect(spare.take('f64', 100).array).not.toBe(arrays[0]!.array)
})

it('lengths that are asked for no more give way to those that are', () => {
  const spare = new SpareArrays(1000)
  for (const length of [60, 60]) spare.give('f64', spare.take('f64', length))
  const wanted = spare.take('i32', 200)
  spare.give('i32', wanted)
  expect(spare.bytes).toBe(800)
  expect(spare.take('i32', 200)).toBe(wanted)
})

it('groups in memory that other groups have left begin with the initial values of their folds', () => {
  const folds = [
    openFold({ fold: 'count', argTypes: [] }),
    openFold({ fold: 'sum', argTypes: ['float64'] }),
    openFold({ fold: 'min', argTypes: ['float64'] }),
  ]
  const groups = 2000
  const arrays = (fields: GroupFields) =>
    fields.tables.flatMap(table =>
      (Object.values(table) as unknown[]).filter(ArrayBuffer.isView),
    ) as Float64Array[]
  const fill = (): GroupFields => {
    const fields = new GroupFields(folds)
    while (fields.ready < groups) fields.more()
    return fields
  }
  const clean = arrays(fill()).map(array => Array.from(array.subarray(0, groups)))
  const used = fill()
  for (const array of arrays(used)) array.fill(7)
  const memory = arrays(used).map(({ buffer }) => buffer)
  used.free()
  const again = fill()
  expect(arrays(again).some(({ buffer }) => memory.includes(buffer))).toBe(true)
  expect(arrays(again).map(array => Array.from(array.subarray(0, groups)))).toEqual(clean)
})
