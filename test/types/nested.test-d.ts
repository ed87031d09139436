import { type ColumnTypeSpec, list, read, struct, when } from '../../src/index.ts'
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

const r = posts.select({
  name: r => r.user.name,
  place: r => r.user.places.at(0).lat,
  first: r => r.tags.at(0),
  n: r => r.tags.length(),
  some: r => r.counts.get('x'),
  keys: r => r.counts.keys(),
  made: r => struct({ a: r.id, b: 'x' }),
  given: r => list(r.id, r.user.name.length()),
  sum: r => r.matrix.at(0).sum(),
  home: r => r.user,
  either: r => when(r.id.gt(0n), r.tags).otherwise(list('none')),
})
rowsAre<{
  name: string | null
  place: number | null
  first: string | null
  n: number | null
  some: number | null
  keys: string[] | null
  made: { a: bigint | null; b: string }
  given: (number | bigint | null)[]
  sum: number | null
  either: (string | null)[] | string[] | null
  home: { name: string | null; since: Date | null; places: ({ lat: number | null } | null)[] | null } | null
}>()(r)
posts.filter(r => r.user.name.eq('x').and(r.tags.contains('y')))
r.select({ a: r => r.made.a })
// @ts-expect-error no such field
posts.filter(r => r.user.nam.isNull())
// @ts-expect-error elements are texts
posts.filter(r => r.tags.contains(1))
// @ts-expect-error a struct is no text
posts.select({ x: r => r.user.upper() })
// @ts-expect-error a list has no fields
posts.select({ x: r => r.tags.name })

type Posts = typeof posts extends AsyncIterable<infer R> ? R : never
rowsAre<Omit<Posts, 'tags'> & { tag: string | null }>()(posts.explode('tags', { as: 'tag' }))
rowsAre<Omit<Posts, 'counts'> & { key: string; value: number | null }>()(posts.explode('counts'))
rowsAre<Omit<Posts, 'counts'> & { word: string; n: number | null }>()(
  posts.explode('counts', { as: ['word', 'n'] }),
)
rowsAre<
  Omit<Posts, 'user'> & {
    user_name: string | null
    user_since: Date | null
    user_places: ({ lat: number | null } | null)[] | null
  }
>()(posts.unnest('user', { prefix: 'user_' }))
// @ts-expect-error a struct has no elements
posts.explode('user')
// @ts-expect-error a list has no fields
posts.unnest('tags')

// Fewer columns: not the same rows.
// @ts-expect-error
rowsAre<{ id: bigint | null }>()(posts)
// @ts-expect-error a list has one type of elements
const two: ColumnTypeSpec = ['utf8', 'int32']
// @ts-expect-error no such type
const wrong: ColumnTypeSpec = { name: 'string' }
void [two, wrong]
