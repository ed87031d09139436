import { expect, it } from 'vitest'
import type { ColumnType } from '../../../src/core/types/column-type.ts'
import { widerType } from '../../../src/core/types/wider-type.ts'

it('the wider of two types holds both, whichever comes first', () => {
  const cases: [ColumnType, ColumnType, ColumnType | undefined][] = [
    ['int8', 'int32', 'int32'],
    ['uint8', 'int8', 'int16'],
    ['uint32', 'int8', 'int64'],
    ['int53', 'int16', 'int53'],
    ['int53', 'int64', 'int64'],
    ['uint64', 'int8', 'decimal(20, 0)'],
    ['uint16', 'uint64', 'uint64'],
    ['float32', 'int16', 'float32'],
    ['float32', 'int32', 'float64'],
    ['int64', 'float64', 'float64'],
    ['decimal(9, 2)', 'decimal(10, 4)', 'decimal(11, 4)'],
    ['decimal(4, 2)', 'int32', 'decimal(12, 2)'],
    ['decimal(38, 30)', 'int64', undefined],
    ['decimal(9, 2)', 'float32', 'float64'],
    ['decimal(9, 2)', 'utf8', undefined],
    ['utf8', 'dictionary', 'utf8'],
    ['date', 'timestamp[s]', 'timestamp[s]'],
    ['date', 'timestamp[us, UTC]', undefined],
    ['timestamp[ms]', 'timestamp[ns]', 'timestamp[ns]'],
    ['timestamp[us]', 'timestamp[us, UTC]', undefined],
    ['bool', 'int8', undefined],
    ['list<int8>', 'list<int8>', 'list<int8>'],
  ]
  for (const [a, b, wider] of cases) {
    expect(widerType(a, b), `${a}, ${b}`).toBe(wider)
    expect(widerType(b, a), `${b}, ${a}`).toBe(wider)
  }
})
