import { type ColumnTypeSpec, read } from '../../src/index.ts'
import { rowsAre } from './expect.ts'

const posts = read.rows([], {
  id: 'int64',
  user: { name: 'utf8', since: 'timestamp', places: [{ lat: 'float64' }] },
  tags: ['utf8'],
  days: 'list<date>',
  counts: 'map<utf8, int32>',
  matrix: [['float64']],
  other: 'struct<a: utf8>',
})

rowsAre<{
  id: bigint | null
  user: { name: string | null; since: Date | null; places: ({ lat: number | null } | null)[] | null } | null
  tags: (string | null)[] | null
  days: (Date | null)[] | null
  counts: Map<string, number | null> | null
  matrix: ((number | null)[] | null)[] | null
  other: { [field: string]: any } | null
}>()(posts)

// Fewer columns: not the same rows.
// @ts-expect-error
rowsAre<{ id: bigint | null }>()(posts)
// @ts-expect-error a list has one type of elements
const two: ColumnTypeSpec = ['utf8', 'int32']
// @ts-expect-error no such type
const wrong: ColumnTypeSpec = { name: 'string' }
void [two, wrong]
