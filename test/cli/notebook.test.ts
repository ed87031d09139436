import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, expect, it } from 'vitest'
import { differences, svgFault } from '../../src/cli/notebook/compare.ts'
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

it('a notebook that has never run has nothing to compare with, and says so once', () => {
  const notebook = (...outputs: object[]) =>
    parseNotebook(text({ ...code('1'), outputs }, { ...code('22'), outputs }), 'new.ipynb')
  const shown = { output_type: 'stream', name: 'stdout', text: 'one' }
  expect(differences(notebook(), notebook(shown))).toEqual([
    expect.stringContaining('millrace notebook run writes what they show'),
  ])
  expect(differences(notebook(), notebook())).toEqual([])
  expect(differences(notebook(shown), notebook())).toHaveLength(2)
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

it.each<[string, string, RegExp]>([
  ['an import of nothing', "import './nothing.ts'\n1", /cell 2: Error: Cannot find module/],
  ['a name declared twice', 'const a = 1\nconst a = 2', /cell 2 is no TypeScript.*already been declared/],
  ['a line of magic', '%matplotlib inline', /cell 2 is no TypeScript/],
  [
    'output without end',
    "for (;;) console.log('x'.repeat(1 << 20))",
    /cell 2: Output: it shows more than 32 MB/,
  ],
  ['an end of the process', 'console.log(1)\nprocess.exit(3)', /cell 2: Exit: its process ended with 3/],
  [
    'a rejection that nobody awaits',
    "void Promise.reject(new RangeError('far'))\nawait 0",
    /RangeError: far/,
  ],
])('%s is a fault of its cell', async (_name, source, fault) => {
  const file = written('fault.ipynb', code(source), code('const b = 2\n;(1, b)'))
  const { code: exit, stderr } = await millrace(['notebook', 'run', file, '--no-types'])
  expect([exit, stderr]).toEqual([1, expect.stringMatching(fault)])
  expect(readdirSync(folder).filter(name => name.startsWith('.') || name.endsWith('.new'))).toEqual([])
})

it('a run that is interrupted leaves the file as it was, and no other', async () => {
  const file = written(
    'stopped.ipynb',
    code("console.log('begun')\nawait new Promise(() => setInterval(() => {}, 1e6))"),
  )
  const before = readFileSync(file, 'utf8')
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, 'notebook', 'run', file, '--no-types'])
  const ended = once(child, 'exit')
  while (!readdirSync(folder).some(name => name.startsWith('.stopped'))) await setImmediate()
  child.kill('SIGINT')
  expect((await ended)[0]).toBe(130)
  expect(readFileSync(file, 'utf8')).toBe(before)
  expect(readdirSync(folder).filter(name => name.includes('stopped'))).toEqual(['stopped.ipynb'])
})

it('keeps what a notebook has besides: pictures of its text, notes of slides', () => {
  const given = JSON.parse(text({ cell_type: 'markdown', id: 'm', source: '![](attachment:a.png)' }))
  given.cells[0].attachments = { 'a.png': { 'image/png': 'aGk=' } }
  given.cells[0].metadata = { slideshow: { slide_type: 'slide' }, vscode: { languageId: 'x' } }
  given.metadata = { title: 'A', kernelspec: { name: 'deno', language: 'typescript' }, colab: { a: 1 } }
  const kept = JSON.parse(formatNotebook(parseNotebook(JSON.stringify(given), 'it')))
  expect(kept.cells[0]).toMatchObject({
    ...{ attachments: given.cells[0].attachments, metadata: { slideshow: { slide_type: 'slide' } } },
  })
  expect(kept.cells[0].metadata).not.toHaveProperty('vscode')
  expect(kept.metadata).toMatchObject({ title: 'A', colab: { a: 1 } })
})

it.each([
  ['another language', { ...JSON.parse(text()), metadata: { kernelspec: { language: 'python' } } }],
  ['another format', { ...JSON.parse(text()), nbformat: 3 }],
  ['outputs that are none', JSON.parse(text({ ...code('1'), outputs: [null] }))],
  ['nothing', null],
])('%s is refused', (_name, file) => {
  expect(() => parseNotebook(JSON.stringify(file), 'it')).toThrow(
    expect.objectContaining({ code: 'NOTEBOOK' }),
  )
})

it('shows the last expression only, without moving a line', () => {
  const { code: module, lines } = compileNotebook(
    parseNotebook(text(code('let x: number = 1\nx as number; // last'), code(''), code('if (x) {}')), 'x'),
  )
  expect(module.split('\n')[2]).toBe('await __millraceShow((x as number)); // last')
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
