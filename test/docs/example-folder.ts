/** All examples as files in a folder of their own, and what they are run and compiled by. */

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { count, duckdb, mean, read, tumbling } from '../../src/index.ts'
import { entries } from './entries.ts'
import { type Example, exportsOf, moduleOf, type Names, root } from './examples.ts'

const run = promisify(execFile)

/** What an example did. */
export interface Outcome {
  readonly output: string
  readonly failed?: string
  readonly ms: number
}

const exportsOfPreamble = [...exportsOf('test/docs/preamble.ts'), 'tableFromIPC']

/** Compiled with the examples, to see that mistakes are found. */
const WRONG = `import { read } from 'millrace'
await read.rows([{ origin: 'IAH' }]).filter(r => r.destination.eq('HOU')).count()
`

export class ExampleFolder {
  readonly #examples: readonly Example[]
  /** The examples lie here, and run in `files`. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'millrace-examples-'))
  readonly #files = join(this.#folder, 'files')
  readonly #publicNames = new Map<string, string[]>()

  constructor(examples: readonly Example[]) {
    this.#examples = examples
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** Writes all of them. */
  async write(): Promise<void> {
    for (const [name, file] of Object.entries(entries)) {
      this.#publicNames.set(name, Object.keys(await import(/* @vite-ignore */ file)))
    }
    mkdirSync(this.#files)
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(`${root}node_modules`, join(this.#folder, 'node_modules'))
    const data = `${root}node_modules/vega-datasets/data`
    symlinkSync(`${data}/flights-3m.parquet`, join(this.#files, 'flights.parquet'))
    symlinkSync(`${data}/flights-200k.arrow`, join(this.#files, 'flights.arrow'))
    writeFileSync(join(this.#files, 'access.log'), 'GET / 200\nGET /pages 500\n')
    writeFileSync(join(this.#files, 'events.jsonl'), '{"at":"2026-01-01","user":{"name":"a"},"tags":["x"]}\n')
    for (const [i, example] of this.#examples.entries()) {
      if (example.kind === 'program') continue
      const code = moduleOf(example, this.#namesFor(example)).replace(
        "'./checks.ts'",
        `'${root}test/docs/checks.ts'`,
      )
      writeFileSync(this.#fileOf(i), code)
      if (example.module) writeFileSync(join(this.#folder, example.module), code, { flag: 'wx' })
    }
  }

  /** Runs those that are chosen: by example what it did, of the others nothing. */
  async run(chosen: (example: Example) => boolean): Promise<(Outcome | undefined)[]> {
    await this.#makeDatabase()
    const runs = this.#examples.flatMap((example, i) => (example.runs && chosen(example) ? [i] : []))
    const { stdout } = await run(
      process.execPath,
      ['--no-warnings', `${root}test/docs/run-examples.ts`, ...runs.map(i => this.#sourceOf(i))],
      { cwd: this.#files, maxBuffer: 1 << 26, timeout: 400_000 },
    )
    const results = JSON.parse(stdout) as Outcome[]
    return this.#examples.map((_, i) => results[runs.indexOf(i)])
  }

  /** What the compiler says of all of them, and of one with a mistake, `wrong.mts`. */
  async compile(): Promise<readonly string[]> {
    const config = {
      extends: `${root}tsconfig.json`,
      compilerOptions: {
        rewriteRelativeImportExtensions: false,
        typeRoots: [`${root}node_modules/@types`],
        paths: Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, [file]])),
      },
      include: [],
      files: [...this.#examples.map((_, i) => this.#sourceOf(i)), 'wrong.mts'],
    }
    writeFileSync(join(this.#folder, 'wrong.mts'), WRONG)
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify(config))
    const compiler = `${root}node_modules/typescript/bin/tsc`
    const { stdout } = await run(process.execPath, [compiler, '--pretty', 'false', '-p', this.#folder], {
      cwd: this.#folder,
    }).catch((failed: { stdout: string }) => failed)
    return stdout.split('\n')
  }

  #fileOf(index: number): string {
    return join(this.#folder, `${index}.mts`)
  }

  /** The file that a compiled or run example is in. */
  #sourceOf(i: number): string {
    const { kind, at } = this.#examples[i]!
    return kind === 'program' ? root + at.split(':')[0]! : this.#fileOf(i)
  }

  #namesFor({ at, kind }: Example): Names {
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
      ...entry.map(from => ({ from, names: this.#publicNames.get(from)! })),
      { from: `${root}test/docs/preamble.ts`, names: exportsOfPreamble },
    ]
  }

  async #makeDatabase(): Promise<void> {
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
    const job = await hourly.write(duckdb(join(this.#files, 'flights.duckdb'), 'hourly')).start()
    await job.done
  }
}
