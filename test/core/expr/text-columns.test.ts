/** Functions of text over whole columns of it: as a string has it, whatever the other rows are and wherever the bytes begin. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../src/core/batch/batch.ts'
import { cellsOf } from '../../../src/core/batch/rows.ts'
import { heapArena } from '../../../src/core/batch/slab.ts'
import { concat } from '../../../src/core/batch/take.ts'
import { col, type Expression } from '../../../src/core/expr/builder.ts'
import { columnFromCells } from '../../../src/core/expr/cell.ts'
import { compileKernel } from '../../../src/core/expr/compile.ts'
import { runs } from '../../effort.ts'

const schema = [{ name: 't', type: 'utf8' as const }]
const t = col<string | null>('t')

/** Texts after some that are not part of the batch, whose bytes begin at any place; maybe only some rows of them. */
function batchOf(before: readonly string[], texts: readonly (string | null)[], selection?: number[]): Batch {
  const cells = [...before, ...texts]
  const { values, offsets, validity } = columnFromCells('utf8', cells, i => i, cells.length, heapArena)
  const column = columnFromCells('utf8', texts, i => i, texts.length, heapArena)
  const shared = { values, offsets: offsets!.subarray(before.length) }
  return {
    schema,
    length: texts.length,
    columns: [{ type: 'utf8', ...shared, ...(validity && { validity: column.validity! }) }],
    position: { split: 0, offset: 0 },
    ...(selection && { selection: Uint32Array.from(selection) }),
  }
}

function outputs(batch: Batch, expressions: readonly Expression<any>[]): unknown[][] {
  const columns = expressions.map(({ expr }, i) => ({ name: `c${i}`, expr }))
  const output = compileKernel(schema, [{ kind: 'project', columns }]).run(batch, heapArena)
  return expressions.map((_, i) => [...cellsOf(output, i)])
}

const letters = fc.constantFrom('a', 'b', 'aa', 'ab', 'é', 'Z', '🦀', 'x'.repeat(300))
const text = fc.array(letters, { maxLength: 8 }).map(parts => parts.join(''))
const ascii = fc
  .array(fc.constantFrom('a', 'b', 'Q', '[', '`', '{', '@', 'zz'), { maxLength: 30 })
  .map(p => p.join(''))
const part = fc
  .array(fc.constantFrom('a', 'b', 'é', '🦀', 'aba', 'xx'), { minLength: 1, maxLength: 4 })
  .map(p => p.join(''))
const rows = fc.oneof(
  fc.array(fc.option(text), { maxLength: 40 }),
  fc.array(fc.option(ascii), { maxLength: 40 }),
)
const sparse = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined })

const mapped = <T>(cells: readonly (string | null)[], f: (text: string) => T) =>
  cells.map(cell => (cell === null ? null : f(cell)))

describe('functions of text columns', () => {
  it('find what strings find', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 3 }), rows, part, sparse, (before, texts, p, share) => {
        const kept = texts.map((_, i) => i).filter(i => share === undefined || (i * 7919) % 101 < share * 101)
        const batch = batchOf(before, texts, share === undefined ? undefined : kept)
        const given = kept.map(i => texts[i]!)
        const points = (s: string) => [...s].length
        const like = new RegExp(`^[^]*${p}[^]*a[^]$`, 'u')
        expect(
          outputs(batch, [
            t.contains(p),
            t.startsWith(p),
            t.endsWith(p),
            t.indexOf(p),
            t.replace(p, '<>'),
            t.replaceAll(p, '<>'),
            t.splitPart(p, 1),
            t.split(p),
            t.like(`%${p}%a_`),
            t.length(),
            t.reverse(),
            t.upper(),
            t.lower(),
            t.concat('/', t),
          ]),
        ).toEqual([
          mapped(given, s => s.includes(p)),
          mapped(given, s => s.startsWith(p)),
          mapped(given, s => s.endsWith(p)),
          mapped(given, s => (s.includes(p) ? points(s.slice(0, s.indexOf(p))) : -1)),
          mapped(given, s => s.replace(p, '<>')),
          mapped(given, s => s.replaceAll(p, '<>')),
          mapped(given, s => s.split(p)[1] ?? null),
          mapped(given, s => s.split(p)),
          mapped(given, s => like.test(s)),
          mapped(given, points),
          mapped(given, s => [...s].reverse().join('')),
          mapped(given, s => s.toUpperCase()),
          mapped(given, s => s.toLowerCase()),
          mapped(given, s => `${s}/${s}`),
        ])
      }),
      { numRuns: runs(150) },
    )
  })

  it('change case code point by code point, of all there are', () => {
    const points = Array.from({ length: 0x10ffff }, (_, i) => i).filter(i => i < 0xd800 || i > 0xdfff)
    const texts: string[] = []
    for (let i = 0; i < points.length; i += 1000)
      texts.push(String.fromCodePoint(...points.slice(i, i + 1000)))
    const one = (map: (point: string) => string) => (s: string) =>
      [...s].map(point => ([...map(point)].length === 1 ? map(point) : point)).join('')
    const [upper, lower] = outputs(batchOf([], texts), [t.upper(), t.lower()])
    expect(upper!.join('')).toBe(one(s => (s === 'ß' ? 'ẞ' : s.toUpperCase()))(texts.join('')))
    expect(lower!.join('')).toBe(one(s => (s === 'İ' ? 'i' : s.toLowerCase()))(texts.join('')))
  })
})

it('texts that are cast to a dictionary have codes, whether they are columns as they are or computed', () => {
  const texts = ['a', null, 'bb', 'a']
  const [cast, upper] = [t.cast('dictionary'), t.upper().cast('dictionary')]
  const columns = [cast, upper].map(({ expr }, i) => ({ name: `c${i}`, expr }))
  const batch = compileKernel(schema, [{ kind: 'project', columns }]).run(batchOf([], texts), heapArena)
  for (const { type, dictionary } of batch.columns)
    expect(type === 'utf8' || dictionary !== undefined).toBe(true)
  // Joined to others: codes are taken for codes.
  const joined = concat(batch.schema, [batch, batch], heapArena)
  expect([...cellsOf(joined, 0)]).toEqual([...texts, ...texts])
  expect([...cellsOf(joined, 1)]).toEqual(['A', null, 'BB', 'A', 'A', null, 'BB', 'A'])
})
