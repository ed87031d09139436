import fc from 'fast-check'
import { expect, it } from 'vitest'
import { csvCutter } from '../../../../src/core/formats/csv/cutter.ts'
import { RFC_4180 } from '../../../../src/core/formats/csv/dialect.ts'
import { runs } from '../../../effort.ts'
import { decode, encode } from './csv.ts'

/** Blocks of a text, each of whole records, when it is read in these pieces. */
function blocksOf(text: string, sizes: readonly number[], dialect: object): Uint8Array[] {
  const bytes = encode(text)
  const cutter = csvCutter({ ...RFC_4180, ...dialect })
  const blocks: Uint8Array[] = []
  let start = 0
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const to = Math.min(bytes.length, at + sizes[i % sizes.length]!)
    // Each piece lies elsewhere.
    const memory = new Uint8Array(to - at + 7)
    memory.set(bytes.subarray(at, to), 7)
    const end = cutter.lastEnd(memory, 7, memory.length)
    if (end >= 0) {
      blocks.push(bytes.slice(start, at + end - 7))
      start = at + end - 7
    }
    at = to
  }
  if (start < bytes.length) blocks.push(bytes.slice(start))
  return blocks
}

const piece = fc.constantFrom(
  'a',
  '1',
  ',',
  ',',
  '\n',
  '\n',
  '\r',
  '\r\n',
  '"',
  '"',
  '""',
  '\\',
  '#',
  'é',
  '\n#"',
)
const text = fc.array(piece, { maxLength: 80 }).map(pieces => pieces.join(''))
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 5 })
const dialect = fc.record({
  quote: fc.constantFrom('"', ''),
  escape: fc.constantFrom('"', '\\'),
  comment: fc.constantFrom('', '#'),
})

it('any block cut gives the same rows', () => {
  fc.assert(
    fc.property(text, sizes, dialect, (text, sizes, dialect) => {
      const columns = { a: 'utf8', b: 'utf8' } as const
      const options = { ...dialect, raggedRows: 'null' as const, codegen: false }
      const whole = decode(text, columns, options)
      const parts = blocksOf(text, sizes, dialect).map(block => decode(block, columns, options))
      expect(parts.flatMap(({ rows }) => rows)).toEqual(whole.rows)
      expect(parts.flatMap(({ bad }) => bad.map(({ code }) => code))).toEqual(
        whole.bad.map(({ code }) => code),
      )
    }),
    { numRuns: runs(500) },
  )
})

it('blocks are as large as they can be', () => {
  const text = 'a,1\nb,"x\ny"\nc,2\nd'
  expect(blocksOf(text, [100], {}).map(block => block.length)).toEqual([16, 1])
  expect(blocksOf(text.replaceAll('\n', '\r'), [100], {}).map(block => block.length)).toEqual([16, 1])
  expect(blocksOf('a\r\nb\r\n', [2, 1, 3], {}).map(block => block.length)).toEqual([3, 3])
  expect(blocksOf('a,"b\nc\nd', [3], {})).toHaveLength(1)
  const long = `${'x'.repeat(1000)},"${'y\n'.repeat(1000)}"\n`
  expect(blocksOf(long + long, [700], {}).map(block => block.length)).toEqual([long.length, long.length])
})
