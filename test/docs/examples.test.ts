import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { count, duckdb, mean, read, tumbling } from '../../src/index.ts'
import { entries } from './entries.ts'
import { allExamples, type Example, exportsOf, moduleOf, type Names, plainPages, root } from './examples.ts'

const run = promisify(execFile)
const examples = allExamples()

/** Examples, and what they are compiled with, lie here; they run in `files`. */
const folder = mkdtempSync(join(tmpdir(), 'millrace-examples-'))
const files = join(folder, 'files')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const fileOf = (index: number): string => join(folder, `${index}.mts`)

async function namesFor({ at, kind }: Example): Promise<Names> {
  if (kind !== 'comment') return []
  const path = at.split(':')[0]!
  const detector = path.startsWith('src/models/detectors/')
  const entry = path.startsWith('src/testing')
    ? ['millrace/testing', 'millrace']
    : path.startsWith('src/models/') && !detector
      ? ['millrace/models']
      : path.startsWith('src/plot/')
        ? ['millrace/plot']
        : ['millrace']
  return [
    { from: root + path, names: exportsOf(path) },
    ...entry.map(from => ({ from, names: publicNames.get(from)! })),
    { from: `${root}test/docs/preamble.ts`, names: exportsOfPreamble },
  ]
}

const exportsOfPreamble = [...exportsOf('test/docs/preamble.ts'), 'tableFromIPC']
const publicNames = new Map<string, string[]>()

interface Outcome {
  readonly output: string
  readonly failed?: string
  readonly ms: number
}
let outcomes: readonly (Outcome | undefined)[]
let compilerSays: readonly string[]

beforeAll(async () => {
  for (const [name, file] of Object.entries(entries)) {
    publicNames.set(name, Object.keys(await import(/* @vite-ignore */ file)))
  }
  mkdirSync(files)
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  symlinkSync(`${root}node_modules`, join(folder, 'node_modules'))
  symlinkSync(`${root}node_modules/vega-datasets/data/flights-3m.parquet`, join(files, 'flights.parquet'))
  symlinkSync(`${root}node_modules/vega-datasets/data/flights-200k.arrow`, join(files, 'flights.arrow'))
  writeFileSync(join(files, 'access.log'), 'GET / 200\nGET /pages 500\n')
  writeFileSync(join(files, 'events.jsonl'), '{"at":"2026-01-01","user":{"name":"a"},"tags":["x"]}\n')
  for (const [i, example] of examples.entries()) {
    if (example.kind === 'program') continue
    const code = moduleOf(example, await namesFor(example)).replace(
      "'./checks.ts'",
      `'${root}test/docs/checks.ts'`,
    )
    writeFileSync(fileOf(i), code)
    if (example.module) writeFileSync(join(folder, example.module), code, { flag: 'wx' })
  }
  const [compiled, ran] = await Promise.all([compile(), makeDatabase().then(runAll)])
  compilerSays = compiled
  outcomes = ran
}, 420_000)

async function makeDatabase(): Promise<void> {
  const flights = read.rows(
    [
      { date: new Date('2001-01-01T06:05Z'), origin: 'IAH', delay: 12 },
      { date: new Date('2001-01-01T06:40Z'), origin: 'HOU', delay: null },
      { date: new Date('2001-01-01T06:50Z'), origin: 'IAH', delay: 3 },
    ],
    { date: 'timestamp', origin: 'utf8', delay: 'int32' },
  )
  const hourly = flights
    .watermark('date')
    .groupBy('origin')
    .window(tumbling('1h'))
    .agg({ departures: count(), delay: mean('delay') })
  const job = await hourly.write(duckdb(join(files, 'flights.duckdb'), 'hourly')).start()
  await job.done
}

/** The file that a compiled or run example is in. */
const sourceOf = (i: number): string =>
  examples[i]!.kind === 'program' ? root + examples[i]!.at.split(':')[0]! : fileOf(i)

/** Compiled with the examples, to see that mistakes are found. */
const WRONG = `import { read } from 'millrace'
await read.rows([{ origin: 'IAH' }]).filter(r => r.destination.eq('HOU')).count()
`

async function compile(): Promise<string[]> {
  const config = {
    extends: `${root}tsconfig.json`,
    compilerOptions: {
      rewriteRelativeImportExtensions: false,
      typeRoots: [`${root}node_modules/@types`],
      paths: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, [file]])),
    },
    include: [],
    files: [...examples.map((_, i) => sourceOf(i)), 'wrong.mts'],
  }
  writeFileSync(join(folder, 'wrong.mts'), WRONG)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const compiler = `${root}node_modules/typescript/bin/tsc`
  const { stdout } = await run(process.execPath, [compiler, '--pretty', 'false', '-p', folder], {
    cwd: folder,
  }).catch((failed: { stdout: string }) => failed)
  return stdout.split('\n')
}

async function runAll(): Promise<(Outcome | undefined)[]> {
  const chosen = examples.flatMap((example, i) => (example.runs ? [i] : []))
  const { stdout } = await run(
    process.execPath,
    ['--no-warnings', `${root}test/docs/run-examples.ts`, ...chosen.map(sourceOf)],
    { cwd: files, maxBuffer: 1 << 26, timeout: 400_000 },
  )
  const results = JSON.parse(stdout) as Outcome[]
  return examples.map((_, i) => results[chosen.indexOf(i)])
}

/** What the compiler says of one example, with the lines of the page or comment it is in. */
function errorsOf(i: number): string[] {
  const example = examples[i]!
  const [path, line] = example.at.split(':') as [string, string]
  // A fragment begins one line after its imports, like a fence after its mark.
  const before = example.kind === 'program' ? 0 : example.kind === 'page' ? Number(line) : Number(line) - 1
  const name = example.kind === 'program' ? path : `${i}.mts`
  return compilerSays.flatMap(text => {
    const match = /^(.*?)\((\d+),\d+\): (error .*)$/.exec(text)
    if (!match) return []
    const same =
      example.kind === 'program'
        ? match[1]!.endsWith(name)
        : match[1]!.endsWith(`/${name}`) || match[1] === name
    return same ? [`${path}:${before + Number(match[2])} ${match[3]}`] : []
  })
}

it('the compiler sees the examples: it finds a column that is not there, and nothing wrong with the project', () => {
  const errors = compilerSays.filter(text => text.includes('error TS'))
  expect(errors.filter(text => text.includes('wrong.mts(2,'))).toHaveLength(1)
  expect(errors.filter(text => text.startsWith('error TS'))).toEqual([])
})

it('finds examples of every kind', () => {
  for (const kind of ['page', 'comment', 'program']) {
    expect(examples.filter(example => example.kind === kind).length, kind).toBeGreaterThan(0)
  }
})

it('passes over none: every @example of a doc comment and every fence with code is among them', () => {
  const count = (patterns: string[], what: RegExp) =>
    globSync(patterns, { cwd: root }).reduce(
      (sum, path) => sum + (readFileSync(root + path, 'utf8').match(what)?.length ?? 0),
      0,
    )
  const found = (kind: Example['kind']) => examples.filter(example => example.kind === kind).length
  expect(found('comment')).toBe(count(['src/**/*.ts'], /@example\b/g))
  expect(count(['src/**/*.ts'], /^ *\*? *```/gm)).toBe(0)
  // Pages for those who know something else show that, too.
  const own = plainPages().filter(page => !page.startsWith('docs/coming-from/'))
  const others = plainPages().filter(page => page.startsWith('docs/coming-from/'))
  expect(found('page')).toBe(
    count(own, /^ *```[^\S\n]*(?!text|sh)[a-z]+/gim) +
      count(others, /^ *```[^\S\n]*(?!(?:text|sh|js|python|sql|java|r)\b)[a-z]+/gim),
  )
})

describe.each(['page', 'comment', 'program'] as const)('examples of kind %s', kind => {
  it.each(examples.flatMap((example, i) => (example.kind === kind ? [{ ...example, i }] : [])))(
    '$at compiles, runs and prints what it says',
    ({ i, runs, output }) => {
      expect(errorsOf(i)).toEqual([])
      if (!runs) return
      expect(outcomes[i]!.failed).toBeUndefined()
      if (output !== undefined) expect(outcomes[i]!.output.trimEnd()).toBe(output.trimEnd())
    },
  )
})
