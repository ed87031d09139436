import { describe, expect, it } from 'vitest'
import { heapArena } from '../../src/core/batch/slab.ts'
import { record } from '../../src/core/record.ts'
import { SlotFields } from '../../src/core/state/slot-fields.ts'
import { openEwma } from '../../src/models/detectors/ewma/ewma.ts'
import { ewma } from '../../src/models/detectors/index.ts'
import { context, hourly, score } from '../models/detectors/simulate.ts'

const namesOf = (layout: ConstructorParameters<typeof SlotFields>[0]) =>
  new SlotFields(layout).schema.map(({ name }) => name)

describe('record', () => {
  it('counts places from 0, in the order of its parts', () => {
    const R = record({ seen: 'values', last: ['the last three', 3], mean: 'of all' })
    expect([R.seen, R.last, R.mean, R.width]).toEqual([0, 1, 4, 5])
    expect(R.field).toMatchObject({ kind: 'f64', width: 5 })
  })

  it('names a column per number', () => {
    const R = record({ seen: 'values', last: ['the last two', 2], ring: ['all of them', 33] })
    expect(namesOf({ key: R.field })).toEqual([
      'state.key.seen',
      'state.key.last.0',
      'state.key.last.1',
      'state.key.ring',
    ])
  })

  it('may have a part without numbers', () => {
    const R = record({ past: ['none', 0], mean: 'of all' })
    expect([R.past, R.mean, R.width]).toEqual([0, 0, 1])
    expect(namesOf({ key: R.field })).toEqual(['state.key.mean'])
  })

  it('may be part of another, once or several times', () => {
    const Side = record({ mean: 'excess', count: 'excesses' })
    const R = record({ total: 'values', up: Side, window: [Side, 2], hours: [Side, 24] })
    expect([R.up, R.window, R.hours, R.width]).toEqual([1, 3, 7, 55])
    expect(namesOf({ tails: R.field })).toEqual([
      'state.tails.total',
      'state.tails.up.mean',
      'state.tails.up.count',
      'state.tails.window.0.mean',
      'state.tails.window.0.count',
      'state.tails.window.1.mean',
      'state.tails.window.1.count',
      'state.tails.hours',
    ])
  })

  it('may have parts without numbers: a model of no moving average', () => {
    const R = record({ ar: ['φ', 2], ma: ['θ', 0], level: 'of all' })
    expect([R.ma, R.level, R.width]).toEqual([2, 2, 3])
    expect(namesOf({ key: R.field })).toEqual(['state.key.ar.0', 'state.key.ar.1', 'state.key.level'])
  })

  it('takes any name', () => {
    const names = ["it's", 'constructor', '__proto__', 'width"; --']
    const R = record(Object.fromEntries(names.map(name => [name, ''])))
    expect(names.map(name => R[name])).toEqual([0, 1, 2, 3])
    expect(namesOf({ odd: R.field })).toContain('state.odd.__proto__')
  })

  it('cannot be changed', () => {
    expect(Object.isFrozen(record({ seen: 'values' }))).toBe(true)
  })

  it('lets a checkpoint of a detector be read', () => {
    const detector = openEwma(ewma(), context())
    const fields = new SlotFields(detector.layout)
    score(detector, hourly([1, 2, 4]), [], fields.table)
    const seen = fields.schema.findIndex(({ name }) => name === 'state.innovations.seen')
    expect(fields.columns(0, 1, heapArena)[seen]!.values).toEqual(Float64Array.of(3))
  })
})
