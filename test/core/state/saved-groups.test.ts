import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { openFold } from '../../../src/core/folds/index.ts'
import { AggregationTable } from '../../../src/core/state/aggregation-table.ts'
import { ownedState } from '../../../src/core/state/state-reader.ts'
import { type SavedState, StateCollector, withSave } from '../../../src/core/state/state-writer.ts'
import { fixedPanes } from '../../../src/core/time/windows/panes.ts'
import { asRows } from '../folds/laws.ts'

type Codegen = 'always' | 'never'

const open = (codegen: Codegen) =>
  new AggregationTable({
    keyTypes: ['utf8'],
    panes: fixedPanes(100),
    folds: [
      openFold({ fold: 'count', argTypes: [] }),
      openFold({ fold: 'countDistinct', argTypes: ['int32'] }),
    ],
    codegen,
  })

/** `count` rows: keys from `first` on, `every` apart, at `ms`. */
function step(table: AggregationTable, first: number, every: number, count: number, ms: number): void {
  const of = <T>(make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i))
  const keys = of(i => `key ${first + i * every}`)
  table.step({
    count,
    keyColumns: [columnFrom('utf8', keys)],
    timeColumn: columnFrom(
      'timestamp[ms]',
      of(() => new Date(ms)),
    ),
    argColumns: [
      [],
      [
        columnFrom(
          'int32',
          of(i => i % 3),
        ),
      ],
    ],
  })
}

class Saved {
  state: SavedState | undefined

  /** Gives the blocks written. */
  save(table: AggregationTable): number[] {
    const writer = new StateCollector(this.state ? 1 : undefined)
    table.save(writer, 'groups')
    this.state = withSave(this.state, structuredClone(writer.saved))
    return [...writer.saved.tables.get('groups')!.blocks.keys()]
  }

  /** What two shards load, put together. */
  restored(codegen: Codegen): AggregationTable {
    const table = open(codegen)
    for (const shard of [0, 1])
      for (const { batch } of ownedState([this.state!], shard, 2).table('groups')) table.mergePartials(batch)
    return table
  }
}

const results = (table: AggregationTable) => asRows(table.close(Number.POSITIVE_INFINITY, heapArena))

const some = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      first: fc.constantFrom(0, 500, 5000),
      every: fc.integer({ min: 1, max: 9 }),
      count: fc.integer({ min: 1, max: 1500 }),
      ms: fc.nat(400),
    }),
  },
  fc.record({ kind: fc.constant('close' as const), upToMs: fc.nat(500) }),
  fc.record({ kind: fc.constant('save' as const) }),
  fc.record({ kind: fc.constant('restore' as const) }),
)

describe('the saves of an aggregation table', () => {
  it('laid over one another give the groups that there are', () => {
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 12 }),
        fc.constantFrom<Codegen>('always', 'never'),
        (steps, codegen) => {
          let table = open(codegen)
          let saved = new Saved()
          for (const step_ of steps) {
            if (step_.kind === 'step') step(table, step_.first, step_.every, step_.count, step_.ms)
            else if (step_.kind === 'close') table.close(step_.upToMs, heapArena)
            else saved.save(table)
            if (step_.kind !== 'restore') continue
            table = saved.restored(codegen)
            saved = new Saved()
          }
          saved.save(table)
          expect(results(saved.restored(codegen))).toEqual(results(table))
        },
      ),
      { numRuns: 40 },
    )
  })

  it('have the blocks that changed', () => {
    for (const codegen of ['always', 'never'] as const) {
      const table = open(codegen)
      const saved = new Saved()
      step(table, 0, 1, 5000, 0)
      expect(saved.save(table)).toEqual([0, 1, 2, 3, 4])
      expect(saved.save(table)).toEqual([])
      step(table, 3000, 1, 1, 0)
      expect(saved.save(table)).toEqual([2])
      step(table, 0, 1, 1, 100)
      expect(saved.save(table)).toEqual([4])
      table.close(100, heapArena)
      expect(saved.save(table)).toEqual([0, 1, 2, 3, 4])
      table.close(200, heapArena)
      saved.save(table)
      expect(saved.state!.tables.get('groups')!.blocks.size).toBe(0)
    }
  })
})
