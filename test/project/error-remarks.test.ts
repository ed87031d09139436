import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { remarksOn } from '../../src/error-remarks.ts'
import { type MillraceError, PlanError, read } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'remarks (odd) '))
afterAll(() => rmSync(folder, { recursive: true }))

/** The remarks on an error whose trace begins in a file of this text. */
function remarks(text: string, line: number, column: number, message: string): string {
  const file = join(folder, 'user.ts')
  writeFileSync(file, text)
  return remarksOn(
    new PlanError('UNKNOWN_COLUMN', message),
    `\n    at run (${pathToFileURL(file)}:${line}:${column})`,
  )
}

it('shows the line of the user with a caret under the name that is not there', () => {
  const error = (() => {
    try {
      return read.rows([{ id: 1, delay: 2 }]).select('dealy' as 'delay')
    } catch (error) {
      return error as PlanError
    }
  })() as PlanError
  const [line, caret] = error.stack!.split('\n').filter(each => / \| /.test(each))
  expect(line).toMatch(/^ {2}\d+ \| return read.rows\(\[\{ id: 1, delay: 2 \}\]\).select\('dealy'/)
  expect(line!.indexOf('dealy')).toBe(caret!.indexOf('^^^^^'))
  expect(error.stack).toMatch(/^PlanError: there is no column "dealy"\n {2}HINT: did you mean "delay"\?/)
  expect(error.stack).toMatch(
    /\n {2}docs: docs\/errors\.md \(UNKNOWN_COLUMN\)\n\n {2}test\/project\/error-remarks\.test\.ts:\d+\n/,
  )
  // Frames follow as they always do, the user's first.
  expect(error.stack!.split('\n').find(each => each.startsWith('    at '))).toContain('error-remarks.test.ts')
  expect(error.message).not.toContain('docs:')
})

it('points at the call where no name is quoted, through tabs, in long lines, past the end', () => {
  expect(remarks('a\n\t\tconst x = rows.take(-1)\n', 2, 18, 'take() needs a whole number')).toContain(
    'user.ts:2\n  2 | const x = rows.take(-1)\n    |                ^^^^',
  )
  const long = `${'x'.repeat(500)}.select('nope')${'y'.repeat(500)}`
  const [shown, caret] = remarks(long, 1, 502, 'there is no column "nope"').split('\n').slice(-3)
  expect(shown!.length).toBeLessThan(120)
  expect(shown!.slice(caret!.indexOf('^')).startsWith('nope')).toBe(true)
  expect(remarks('one line', 7, 1, 'gone')).not.toContain('user.ts')
})

it('points into the call where it goes on in further lines, and not beyond it', () => {
  const call =
    "rows\n  .agg({\n    n: count(), // (all\n    dealy_max: max('dealy'),\n  })\n  .select('dealy')"
  expect(remarks(call, 2, 4, 'there is no column "dealy"')).toContain(
    "user.ts:4\n  4 | dealy_max: max('dealy'),\n    |                 ^^^^^",
  )
  expect(remarks("rows.agg(')', n)\nlog('dealy')", 1, 6, 'there is no column "dealy"')).toContain(
    "user.ts:1\n  1 | rows.agg(')', n)\n    |      ^^^",
  )
  expect(remarks('rows.with({ x })', 1, 10, 'no')).toMatch(/ \| {6}\^{4}\n$/)
})

it('leaves out frames of other packages', () => {
  const frames = '\n    at f (/a/node_modules/b/c.js:1:1)\n    at g (/no/such/file.ts:1:1)'
  expect(remarksOn(new PlanError('OPTION', 'no'), frames)).not.toContain('c.js')
})

it('shows the line of the function that threw in a shard', async () => {
  const error: MillraceError = await read
    .rows(
      Array.from({ length: 100 }, (_, id) => ({ id, name: id === 77 ? null : `n${id}` })),
      { id: 'int32', name: 'utf8' },
    )
    .map(
      ({ name }) => {
        const text = name!.toUpperCase()
        return { text }
      },
      { text: 'utf8' },
    )
    .count({ shards: 2 })
    .then(
      () => expect.unreachable(),
      thrown => thrown,
    )
  expect(error.code).toBe('FUNCTION_FAILED')
  expect(error.stack).toMatch(/\(FUNCTION_FAILED\)\n\n {2}test\/project\/error-remarks\.test\.ts:\d+\n/)
  expect(error.stack).toMatch(/\n {2}\d+ \| const text = name!\.toUpperCase\(\)\n +\| \^{32}\n/)
})

it('shows the call where the function that threw stands elsewhere', () => {
  const said = 'the function f threw Error: no at line 2 of it, return fail(row); it was called with (a: 1)'
  expect(remarks("rows.map(f, { out })\nother('fail')", 1, 6, said)).toContain('1 | rows.map(')
  expect(remarks('rows.map(\n  row => {\n    return fail(row)\n  })', 1, 6, said)).toContain(
    'user.ts:3\n  3 | return fail(row)\n    | ^^^^^^^^^^^^^^^^\n',
  )
})

it('stands below the name in columns of a terminal: letters of two, marks of none', () => {
  const lines = remarks(
    "const 遅れ = '日本語', e\u0301 = '🛫'; d.select('dealy')",
    1,
    38,
    'there is no column "dealy"',
  ).split('\n')
  const [line, caret] = lines.filter(each => / \| /.test(each))
  // Six of the letters before take two columns, and one takes none.
  expect(caret!.indexOf('^')).toBe([...line!.slice(0, line!.indexOf('dealy'))].length + 6 - 1)
})

it('escapes what would act on a terminal, and does without files that are not there', () => {
  expect(remarks('rows.select("\u001b[31mred")', 1, 6, 'no "red"')).toContain('\\x1b[31mred')
  const error = new PlanError('OPTION', 'no')
  for (const frame of [
    'at run (node:internal/x:1:2)',
    'at eval (data:text/javascript,1:1:1)',
    'at f (/no/such/file.ts:1:1)',
  ]) {
    expect(remarksOn(error, `\n    ${frame}`)).toMatch(/^\n {2}docs: .*\(OPTION\)$/)
  }
})

it('stacks can be replaced, read again, and read of frozen errors', () => {
  const error = new PlanError('OPTION', 'no')
  expect(error.stack).toBe(error.stack)
  error.stack = 'mine'
  expect(error.stack).toBe('mine')
  const frozen = Object.freeze(new PlanError('OPTION', 'no'))
  expect(frozen.stack).toContain('PlanError: no')
  expect(Object.keys(error)).not.toContain('stack')
})
