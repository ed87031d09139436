import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { heapArena } from '../../../src/core/batch/slab.ts'
import type { StateLayout, StateTable } from '../../../src/core/fold.ts'
import { SlotFields } from '../../../src/core/state/slot-fields.ts'

const hostile = ["it's", '"', '__proto__', 'constructor', 'a.b', 'a;--', '', '\0', '😀']

const layout: StateLayout = {
  single: { kind: 'f64', initial: 3 },
  named: {
    kind: 'f64',
    width: 5 + 40,
    parts: [
      { name: 'mean', width: 1, doc: '' },
      { name: 'past', width: 4, doc: '' },
      { name: 'ring', width: 40, doc: '' },
    ],
  },
  words: {
    kind: 'u32',
    width: hostile.length,
    parts: hostile.map(name => ({ name, width: 1, doc: '' })),
  },
  signed: { kind: 'i32', width: 3 },
  held: {
    kind: 'object',
    encode: value => new TextEncoder().encode(value as string),
    decode: bytes => new TextDecoder().decode(bytes),
  },
}

type Numbers = Float64Array | Uint32Array | Int32Array
const arraysOf = (table: StateTable) => table as unknown as Record<string, Numbers> & { held: unknown[] }

/** State of `keys` keys, each number different. */
function filled(keys: number): SlotFields {
  const state = new SlotFields(layout)
  state.reserve(keys)
  const table = arraysOf(state.table)
  table.single!.forEach((_, i, array) => {
    array[i] = i % 3 === 0 ? Number.NaN : -i / 7
  })
  for (const name of ['named', 'words', 'signed']) {
    table[name]!.forEach((_, i, array) => {
      array[i] = name === 'signed' ? -i : i * 97
    })
  }
  for (let key = 0; key < keys; key += 2) table.held[key] = `key ${key}, ünïcode`
  return state
}

describe('SlotFields', () => {
  it('has a column per named item, and one of bytes per wide part, unnamed field and object', () => {
    const { schema } = new SlotFields(layout)
    const numbers = ['state.single', 'state.named.mean', ...[0, 1, 2, 3].map(i => `state.named.past.${i}`)]
    expect(schema).toEqual([
      ...numbers.map(name => ({ name, type: 'float64' })),
      { name: 'state.named.ring', type: 'utf8' },
      ...hostile.map(name => ({ name: `state.words.${name}`, type: 'float64' })),
      { name: 'state.signed', type: 'utf8' },
      { name: 'state.held', type: 'utf8' },
    ])
  })

  it('shows the numbers of each key in their columns', () => {
    const state = filled(3)
    const at = state.schema.findIndex(({ name }) => name === 'state.named.past.1')
    const { named } = arraysOf(state.table)
    expect(state.columns(0, 3, heapArena)[at]!.values).toEqual(
      Float64Array.of(named![2]!, named![47]!, named![92]!),
    )
  })

  it('gives keys that have not been seen the initial values, before and after it grows', () => {
    const state = new SlotFields(layout)
    arraysOf(state.table).single![1] = 8
    state.reserve(1000)
    const { single } = arraysOf(state.table)
    expect([single![0], single![1], single![999]]).toEqual([3, 8, 3])
  })

  it('loads what it saved, at whichever keys', () => {
    const places = fc.uniqueArray(fc.nat({ max: 200 }), { minLength: 1, maxLength: 80 })
    fc.assert(
      fc.property(places, to => {
        const keys = to.length
        const before = filled(keys)
        const after = new SlotFields(layout)
        after.reserve(201)
        const rows = Uint32Array.from(to, (_, i) => keys - 1 - i)
        after.load(before.columns(0, keys, heapArena), rows, Uint32Array.from(to))
        const [from, into] = [arraysOf(before.table), arraysOf(after.table)]
        for (const [name, spec] of Object.entries(layout)) {
          const width = spec.kind === 'object' ? 1 : (spec.width ?? 1)
          to.forEach((key, i) => {
            const row = rows[i]!
            expect(into[name]!.slice(key * width, (key + 1) * width)).toEqual(
              from[name]!.slice(row * width, (row + 1) * width),
            )
          })
        }
      }),
      { numRuns: 25 },
    )
  })
})

it('memory has the arrays that objects hold', () => {
  const fields = new SlotFields({
    one: { kind: 'f64' },
    held: { kind: 'object', encode: () => new Uint8Array(0), decode: () => undefined },
  })
  const before = fields.bytes
  ;(fields.table.held as unknown as unknown[])[3] = new Float64Array(600)
  expect(fields.bytes).toBe(before + 4800)
})
