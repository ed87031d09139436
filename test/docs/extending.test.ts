/**
 * The pages of docs/extending change the sources: here they are applied to a copy, compiled and run.
 *
 * A ```ts file=PATH fence is a new file. A ```diff file=PATH fence changes one: lines that begin with a space are there
 * already, those with + come, those with - go; what lies between two `@@` lines stands together in one place. Other ```ts fences are programs, and a
 * ```text fence after one is what it prints. Tests among the new files are run; of a changed test file, or a
 * changed list of cases beside one, the tests that are called like the case the diff adds (`name: '…'`).
 */

import { execFile } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { FULL } from '../effort.ts'
import { entries } from './entries.ts'
import { examplesOfPage, extendingPages, root } from './examples.ts'

const run = promisify(execFile)
const copy = mkdtempSync(join(tmpdir(), 'millrace-extending-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

const pages = extendingPages()
const fences = pages.flatMap(page =>
  [...readFileSync(root + page, 'utf8').matchAll(/^```(ts|diff) file=(\S+)\n(.*?)^```$/gms)].map(
    ([, kind, path, text]) => ({ page, kind: kind!, path: path!, text: text! }),
  ),
)
const programs = pages
  .flatMap(examplesOfPage)
  .map((example, i) => ({ ...example, file: `programs/${i}.mts` }))
const tests = fences.flatMap(({ page, kind, path, text }) => {
  const file = path.replace(/(?:\.test)?\.ts$/, '.test.ts')
  if (!path.startsWith('test/') || (file !== path && !existsSync(root + file))) return []
  const [, only] = kind === 'diff' ? (/^\+.*name: '([^']+)'/m.exec(text) ?? []) : []
  return [{ page, file, only }]
})

/** The file with the change made. */
function changed(file: string, diff: string, path: string): string {
  return diff.split(/^@@.*\n/m).reduce((text, hunk) => {
    const lines = hunk.trimEnd().split('\n')
    const side = (gone: string) => lines.flatMap(line => (line[0] === gone ? [] : [line.slice(1)])).join('\n')
    const [before, after] = [side('+'), side('-')]
    const places = text.split(before).length - 1
    if (places !== 1) throw new Error(`${path} has ${places} places like\n${before}`)
    return text.replace(before, () => after)
  }, file)
}

/** What the compiler says: asked with the matrix, as the tests of the pages are run. */
let compiled: string | undefined
let outputs: readonly { output: string; failed?: string }[]

beforeAll(async () => {
  for (const part of ['src', 'test', 'tsconfig.json', 'package.json', 'vitest.config.ts'])
    cpSync(join(root, part), join(copy, part), { recursive: true })
  symlinkSync(`${root}node_modules`, join(copy, 'node_modules'))
  for (const { kind, path, text } of fences) {
    const file = join(copy, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, kind === 'ts' ? text : changed(readFileSync(file, 'utf8'), text, path))
  }
  mkdirSync(join(copy, 'programs'))
  for (const { file, code } of programs) writeFileSync(join(copy, file), code)
  const paths = Object.entries(entries).map(([name, file]) => [name, [`./${relative(root, file)}`]])
  const config = {
    extends: './tsconfig.json',
    compilerOptions: { rewriteRelativeImportExtensions: false, paths: Object.fromEntries(paths) },
    include: [],
    files: [...new Set([...fences.map(({ path }) => path), ...programs.map(({ file }) => file)])],
  }
  writeFileSync(join(copy, 'tsconfig.extending.json'), JSON.stringify(config))
  const options = { cwd: copy, maxBuffer: 1 << 26 }
  const node = (args: string[], cwd = copy) => run(process.execPath, args, { ...options, cwd })
  const compiler = `${root}node_modules/typescript/bin/tsc`
  const compile = () =>
    node([compiler, '--pretty', 'false', '-p', 'tsconfig.extending.json']).then(
      () => '',
      (failed: { stdout: string }) => failed.stdout,
    )
  ;[compiled, outputs] = await Promise.all([
    FULL ? compile() : undefined,
    node(
      [
        '--no-warnings',
        join(copy, 'test/docs/run-examples.ts'),
        ...programs.map(({ file }) => join(copy, file)),
      ],
      join(copy, 'programs'),
    ).then(({ stdout }) => JSON.parse(stdout)),
  ])
}, 120_000)

// How a format is added is told, not shown: the formats there are show it.
const TOLD = 'docs/extending/format.md'

it('every page has files, a program and a test', () => {
  expect(pages.length).toBeGreaterThan(0)
  for (const page of pages.filter(page => page !== TOLD)) {
    expect(fences.filter(fence => fence.page === page).length, page).toBeGreaterThan(1)
    expect(programs.filter(({ at }) => at.startsWith(page)).length, page).toBeGreaterThan(0)
    expect(tests.filter(fence => fence.page === page).length, page).toBeGreaterThan(0)
  }
})

it.runIf(FULL)('what the pages add compiles', () => {
  expect(compiled).toBe('')
})

it.each(programs.map((program, i) => ({ ...program, i })))('$at prints what it says', ({ i, output }) => {
  expect(outputs[i]!.failed).toBeUndefined()
  expect(outputs[i]!.output.trimEnd()).toBe(output!.trimEnd())
})

// Each starts a test run of its own.
it.runIf(FULL).each(tests)(
  'the tests of $page in $file pass',
  async ({ file, only }) => {
    const args = ['run', file, '--reporter', 'json', ...(only === undefined ? [] : ['-t', only])]
    const { stdout } = await run(process.execPath, [`${root}node_modules/vitest/vitest.mjs`, ...args], {
      cwd: copy,
      maxBuffer: 1 << 26,
    }).catch((failed: { stdout: string }) => failed)
    const { numFailedTests, numPassedTests, testResults } = JSON.parse(stdout.slice(stdout.indexOf('{')))
    expect({ numFailedTests, said: numFailedTests ? testResults : [] }).toEqual({
      numFailedTests: 0,
      said: [],
    })
    expect(numPassedTests).toBeGreaterThan(0)
  },
  60_000,
)
