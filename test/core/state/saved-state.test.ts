import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Batch, NO_POSITION, rowAt, rowCount } from '../../../src/core/batch/batch.ts'
import { KEY_GROUPS, shardOfKeyGroup } from '../../../src/core/state/key-groups.ts'
import { ownedState, type StateReader } from '../../../src/core/state/state-reader.ts'
import { type SavedState, StateCollector, withSave } from '../../../src/core/state/state-writer.ts'
import { runs } from '../../effort.ts'

/** A row is a number that says what it is; its key group is `value % 256`. */
function blockOf(values: readonly number[]): [Batch, Uint8Array] {
  const batch: Batch = {
    schema: [{ name: 'value', type: 'int32' }],
    length: values.length,
    columns: [{ type: 'int32', values: Int32Array.from(values) }],
    position: NO_POSITION,
  }
  return [batch, Uint8Array.from(values, value => value % KEY_GROUPS)]
}

/** A save of tables of blocks of values; undefined blocks are not written. */
function saveOf(
  tables: Readonly<Record<string, { count?: number; blocks: readonly (readonly number[] | undefined)[] }>>,
  since?: number,
): SavedState {
  const writer = new StateCollector(since)
  for (const [name, { count, blocks }] of Object.entries(tables)) {
    blocks.forEach((values, index) => {
      if (values) writer.block(name, index, ...blockOf(values))
    })
    if (count !== undefined) writer.blocks(name, count)
  }
  return writer.saved
}

function valuesOf(reader: StateReader, table: string): number[] {
  const values: number[] = []
  for (const { batch, keyGroups } of reader.table(table)) {
    expect(keyGroups.length).toBe(rowCount(batch))
    for (let i = 0; i < keyGroups.length; i++) {
      const value = batch.columns[0]!.values[rowAt(batch, i)] as number
      expect(keyGroups[i]).toBe(value % KEY_GROUPS)
      values.push(value)
    }
  }
  return values
}

const all = (state: SavedState, table = 't') => valuesOf(ownedState([state], 0, 1), table)

describe('a save laid over an earlier one', () => {
  it('replaces the blocks it has, and keeps the others', () => {
    const before = saveOf({ t: { count: 3, blocks: [[1, 2], [3], [4]] } })
    expect(all(withSave(before, saveOf({ t: { count: 3, blocks: [undefined, [5, 6]] } }, 1)))).toEqual([
      1, 2, 5, 6, 4,
    ])
  })

  it('drops blocks past the count, and emptied ones', () => {
    const before = saveOf({ t: { count: 3, blocks: [[1], [2], [3]] } })
    expect(all(withSave(before, saveOf({ t: { count: 2, blocks: [[]] } }, 1)))).toEqual([2])
  })

  it('that dropped a block does not bring its old rows back when the table grows again', () => {
    const shrunk = withSave(
      saveOf({ t: { count: 2, blocks: [[1], [2]] } }),
      saveOf({ t: { count: 1, blocks: [] } }, 1),
    )
    expect(
      all(withSave(shrunk, saveOf({ t: { count: 3, blocks: [undefined, undefined, [3]] } }, 2))),
    ).toEqual([1, 3])
  })

  it('keeps tables it does not name when it says what changed, and drops them when it is everything', () => {
    const before = saveOf({ t: { count: 1, blocks: [[1]] }, u: { count: 1, blocks: [[2]] } })
    const change = { t: { count: 1, blocks: [[3]] } }
    expect(all(withSave(before, saveOf(change, 1)), 'u')).toEqual([2])
    expect(all(withSave(before, saveOf(change)), 'u')).toEqual([])
  })

  it('keeps scalars that were not written again', () => {
    const writer = new StateCollector()
    writer.scalars({ taken: 3 })
    const before = withSave(undefined, writer.saved)
    expect(ownedState([withSave(before, saveOf({}, 1))], 0, 1).scalars()).toEqual({ taken: 3 })
    expect(ownedState([withSave(before, saveOf({}))], 0, 1).scalars()).toBeUndefined()
  })

  it('is what writing everything at the end gives, whatever happened in between', () => {
    const blocks = fc.array(fc.option(fc.array(fc.nat(999), { maxLength: 3 }), { nil: undefined }), {
      maxLength: 5,
    })
    const step = fc.record({ blocks, keep: fc.nat(8) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), steps => {
        let model: (readonly number[])[] = []
        let state: SavedState | undefined
        steps.forEach(({ blocks, keep }, number) => {
          const count = Math.max(blocks.length, Math.min(keep, model.length))
          model = Array.from({ length: count }, (_, i) => blocks[i] ?? model[i] ?? [])
          const written = number === 0 ? model : blocks
          state = withSave(state, saveOf({ t: { count, blocks: written } }, number || undefined))
        })
        const values = (of: Iterable<number>) => [...of].sort((a, b) => a - b)
        expect(values(all(structuredClone(state!)))).toEqual(values(model.flat()))
      }),
      { numRuns: runs(50) },
    )
  })
})

describe('what a shard loads', () => {
  it('is the rows of its key groups, from all shards of before, once each', () => {
    const values = Array.from({ length: 600 }, (_, i) => i)
    for (const before of [1, 2, 3]) {
      const parts = Array.from({ length: before }, (_, shard) => {
        const own = values.filter(value => shardOfKeyGroup(value % KEY_GROUPS, before) === shard)
        const half = own.length >> 1
        return withSave(undefined, saveOf({ t: { count: 2, blocks: [own.slice(0, half), own.slice(half)] } }))
      })
      for (const shards of [1, 2, 5]) {
        const loaded = Array.from({ length: shards }, (_, shard) =>
          valuesOf(ownedState(parts, shard, shards), 't'),
        )
        loaded.forEach((own, shard) => {
          for (const value of own) expect(shardOfKeyGroup(value % KEY_GROUPS, shards)).toBe(shard)
        })
        expect(loaded.flat().sort((a, b) => a - b)).toEqual(values)
      }
    }
  })

  it('leaves out what a selection does', () => {
    const [batch] = blockOf([1, 200, 3, 250])
    const writer = new StateCollector()
    writer.block('t', 0, { ...batch, selection: Uint32Array.of(1, 2) }, Uint8Array.of(200, 3))
    const parts = [withSave(undefined, writer.saved)]
    expect(valuesOf(ownedState(parts, 0, 2), 't')).toEqual([3])
    expect(valuesOf(ownedState(parts, 1, 2), 't')).toEqual([200])
  })

  it('has scalars on shard 0 only, and only those of shard 0', () => {
    const part = (taken: number) => {
      const writer = new StateCollector()
      writer.scalars({ taken })
      return withSave(undefined, writer.saved)
    }
    expect(ownedState([part(3), part(0)], 0, 2).scalars()).toEqual({ taken: 3 })
    expect(ownedState([part(3), part(0)], 1, 2).scalars()).toBeUndefined()
  })
})
