import { describe, expect, it } from 'vitest'
import { columnFrom } from '../../../src/core/batch/build.ts'
import type { Column } from '../../../src/core/batch/column.ts'
import { cellAt } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { cellKeys, columnOfKeys } from '../../../src/core/folds/cell-key.ts'
import { openFold } from '../../../src/core/folds/index.ts'
import { listColumn, mapColumn, structColumn } from '../../../src/core/folds/result.ts'

const cells = (column: Column, length: number) => Array.from({ length }, (_, i) => cellAt(column, i))

describe('results of folds', () => {
  it('are lists of the elements laid out group after group', () => {
    const elements = columnOfKeys('int32', [7, 8, undefined], heapArena)
    expect(cells(listColumn('list<int32>', [2, 0, -1, 1], elements, heapArena), 4)).toEqual([
      [7, 8],
      [],
      null,
      [null],
    ])
  })

  it('are maps and structs', () => {
    const keys = columnFrom('utf8', ['a', 'b'])
    const values = columnFrom('float64', [1, null])
    expect(cells(mapColumn('map<utf8, float64>', [-1, 2], keys, values, heapArena), 2)).toEqual([
      null,
      new Map([
        ['a', 1],
        ['b', null],
      ]),
    ])
    const struct = structColumn('struct<k: utf8, v: float64>', [keys, values], 2, heapArena, i => i === 0)
    expect(cells(struct, 2)).toEqual([null, { k: 'b', v: null }])
  })

  it('have elements that are nested themselves, kept as cell keys', () => {
    const type = 'struct<name: utf8, tags: list<int64>>'
    const values = [
      { name: 'a\0', tags: [1n, null] },
      { name: '', tags: null },
    ]
    const column = columnFrom(type, values)
    const keyAt = cellKeys(type, column)
    expect(cells(columnOfKeys(type, [keyAt(1), undefined, keyAt(0)], heapArena), 3)).toEqual([
      values[1],
      null,
      values[0],
    ])
  })

  it('are the first, the last, the least and the greatest of nested values', () => {
    const type = 'list<utf8>'
    const values = [['b'], ['a', 'z'], null, ['a'], ['b', null]]
    const column = columnFrom(type, values)
    const of = (fold: string, changes: boolean) => {
      const opened = openFold({ fold, argTypes: [type] }, { changes })
      const state = Object.fromEntries(
        Object.entries(opened.layout).map(([name, field]) => [
          name,
          field.kind === 'object' ? [] : new Float64Array(2).fill(field.initial ?? 0),
        ]),
      )
      opened.step(state as never, {
        count: 5,
        groups: new Uint32Array(5).fill(1),
        columns: [column],
        order: { timeMs: new Float64Array(5), split: 0, offset: Float64Array.of(0, 1, 2, 3, 4) },
      })
      expect(opened.resultType).toBe(type)
      return cells(opened.result(state as never, Uint32Array.of(1), heapArena), 1)[0]
    }
    for (const changes of [false, true]) {
      expect(of('first', changes)).toEqual(['b'])
      expect(of('last', changes)).toEqual(['b', null])
      expect(of('min', changes)).toEqual(['a'])
      expect(of('max', changes)).toEqual(['b', null])
    }
  })
})
