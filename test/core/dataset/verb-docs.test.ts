import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))
const pages = readdirSync(`${root}docs/verbs`).filter(name => name.endsWith('.md') && name !== 'index.md')

/** The examples of a page: TypeScript with the text it prints. */
const examplesIn = (page: string) =>
  [
    ...readFileSync(`${root}docs/verbs/${page}`, 'utf8').matchAll(/```ts\n(.*?)```\n\n```text\n(.*?)```/gs),
  ].map(([, program, output]) => ({ page, program: program!, output: output!.trimEnd() }))

const examples = pages.flatMap(examplesIn)
const folder = mkdtempSync(join(tmpdir(), 'verb-docs-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** What each example prints, by running them all in one process of its own. */
let printed: string[]

beforeAll(async () => {
  examples.forEach(({ program }, i) => {
    writeFileSync(
      join(folder, `${i}.mts`),
      program.replaceAll("'millrace'", JSON.stringify(`${root}src/index.ts`)),
    )
  })
  const mark = '\u241e'
  const driver = `for (let i = 0; i < ${examples.length}; i++) {
    await import(${JSON.stringify(folder)} + '/' + i + '.mts')
    process.stdout.write(${JSON.stringify(mark)})
  }`
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', driver])
  printed = stdout.split(mark)
})

it('every verb has a page, and the index leads to every page', () => {
  const index = readFileSync(`${root}docs/verbs/index.md`, 'utf8')
  expect(pages.filter(page => !index.includes(`](${page})`))).toEqual([])
  expect(pages.filter(page => examplesIn(page).length === 0)).toEqual([])
})

it.each(examples.map((example, i) => ({ ...example, i })))(
  'the example of $page prints what it says',
  ({ i, output }) => {
    expect(printed[i]!.trimEnd()).toBe(output)
  },
)

it('the examples compile', async () => {
  const config = {
    extends: `${root}tsconfig.json`,
    compilerOptions: { rewriteRelativeImportExtensions: false, typeRoots: [`${root}node_modules/@types`] },
    include: [],
    files: examples.map((_, i) => `${i}.mts`),
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = `${root}node_modules/typescript/bin/tsc`
  const { stdout } = await run(process.execPath, [compiler, '--pretty', 'false', '-p', folder], {
    cwd: folder,
  }).catch((failed: { stdout: string }) => failed)
  const errors = stdout.split('\n').filter(line => line.includes('error TS') && !line.includes('src/'))
  expect(errors).toEqual([])
})
