import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { svgFault } from '../../src/cli/notebook/compare.ts'
import { compileNotebook } from '../../src/cli/notebook/compile.ts'
import { formatNotebook, parseNotebook } from '../../src/cli/notebook/notebook-file.ts'
import { millrace } from './run-cli.ts'

// Inside the repository, whose packages notebooks find from where they lie.
const folder = mkdtempSync(join(import.meta.dirname, '.notebooks-'))
afterAll(() => rmSync(folder, { recursive: true }))

const code = (source: string, tags: string[] = []) => ({
  cell_type: 'code',
  id: `c${source.length}`,
  metadata: { tags },
  execution_count: null,
  outputs: [],
  source,
})
const text = (...cells: object[]) => JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells })

function written(name: string, ...cells: object[]): string {
  const file = join(folder, name)
  writeFileSync(
    file,
    text({ cell_type: 'markdown', id: 'm', metadata: {}, source: ['# A\n', 'b'] }, ...cells),
  )
  return file
}
const outputs = (file: string) =>
  JSON.parse(readFileSync(file, 'utf8')).cells.flatMap((cell: { outputs?: object[] }) => cell.outputs ?? [])

it('run writes what cells show, check agrees until it changes, and no file is left', async () => {
  const file = written(
    'flow.ipynb',
    code(
      "import { read } from 'millrace'\nconst rows = read.rows([{ n: 1 }, { n: 2 }], { n: 'int32' })\nconsole.log('two')\nawait rows.collect()",
    ),
    code("const shown = { [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>1</b>' }) }\nshown"),
    code('process.stdout.write(String(performance.now()))\nconst n: number = 3', ['volatile']),
  )
  expect(await millrace(['notebook', 'run', file, '--no-types'])).toMatchObject({ code: 0 })
  expect(outputs(file)).toMatchObject([
    { output_type: 'stream', text: ['two\n'] },
    { output_type: 'execute_result', data: { 'text/plain': ['[ { n: 1 }, { n: 2 } ]'] }, execution_count: 1 },
    { output_type: 'execute_result', data: { 'text/html': ['<b>1</b>'] }, execution_count: 2 },
    { output_type: 'stream', name: 'stdout' },
  ])
  expect(await millrace(['notebook', 'check', file, '--no-types'])).toMatchObject({ code: 0 })
  expect(await millrace(['notebook', 'format', file, '--check'])).toMatchObject({ code: 0 })
  const before = readFileSync(file, 'utf8').replace("console.log('two')", "console.log('three')")
  writeFileSync(file, before)
  const { code: exit, stderr } = await millrace(['notebook', 'check', file, '--no-types'])
  expect([exit, stderr]).toEqual([1, expect.stringMatching(/cell 2 shows .*three.*, and showed .*two/)])
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(readdirSync(folder)).toEqual(['flow.ipynb'])
})

it('types that do not check are named by cell and line; nothing is executed', async () => {
  const file = written('types.ipynb', code('const a = 1'), code("\nconsole.log('ran')\nconst b: string = a"))
  const { code: exit, stderr } = await millrace(['notebook', 'run', file])
  expect([exit, stderr]).toEqual([1, expect.stringMatching(/cell 3, line 3:7: TS2322/)])
  expect(outputs(file)).toEqual([])
})

it('an error ends a notebook, with its cell; one that does not end is stopped', async () => {
  const thrown = written('thrown.ipynb', code('1 + 1'), code("throw new TypeError('no')"), code("'after'"))
  expect((await millrace(['notebook', 'run', thrown, '--no-types'])).stderr).toMatch(/cell 3: TypeError: no/)
  expect(outputs(thrown).map((output: { output_type: string }) => output.output_type)).toEqual([
    'execute_result',
    'error',
  ])
  const endless = written('endless.ipynb', code('for (;;) {}'))
  const stopped = await millrace(['notebook', 'run', endless, '--no-types', '--timeout', '2s'])
  expect([stopped.code, stopped.stderr]).toEqual([
    1,
    expect.stringMatching(/cell 2: Timeout: it ran for more than 2 s/),
  ])
})

it('refuses what is no notebook, and cells that are no TypeScript', async () => {
  expect(() => parseNotebook('[]', 'x')).toThrow(/x is no notebook/)
  expect(() => parseNotebook('{', 'x')).toThrow(/not JSON/)
  expect(() => compileNotebook(parseNotebook(text(code('let = = 3')), 'x'))).toThrow(
    /cell 1 is no TypeScript/,
  )
  expect((await millrace(['notebook', 'run', join(folder, 'none.ipynb')])).stderr).toMatch(/FILE_NOT_FOUND/)
})

it('shows the last expression only, without moving a line', () => {
  const { code: module, lines } = compileNotebook(
    parseNotebook(text(code('let x: number = 1\nx as number; // last'), code(''), code('if (x) {}')), 'x'),
  )
  expect(module.split('\n')[2]).toBe('await __millraceShow(x as number); // last')
  expect(lines.map(place => place && [place.cell, place.line])).toEqual([
    undefined,
    [0, 0],
    [0, 1],
    undefined,
    [2, 0],
  ])
  expect(module).toContain('if (x) {}')
})

it('formatting is a fixed point', () => {
  const once = formatNotebook(parseNotebook(text(code('a  \n\n\n'), code('b')), 'x'))
  expect(formatNotebook(parseNotebook(once, 'x'))).toBe(once)
  expect(JSON.parse(once).cells[0].source).toEqual(['a'])
})

it('a picture has marks, and numbers that are numbers', () => {
  const marks = '<rect/><path d="M0 0"/><path d="M1 1"/><circle r="1"/>'
  expect(svgFault(`<svg>${marks}</svg>`)).toBeUndefined()
  expect(svgFault('<svg><rect/></svg>')).toBe('has no marks')
  expect(svgFault(`<svg>${marks}<path d="MNaN 1"/></svg>`)).toBe('has numbers that are none')
  expect(svgFault(`<svg>${marks}<text>NaN</text></svg>`)).toBeUndefined()
  expect(svgFault('<p>')).toBe('is no SVG')
})
