import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { root } from './examples.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-path-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const [, path] = /## The path of a batch\n(.*?)\n## /s.exec(
  readFileSync(`${root}docs/architecture.md`, 'utf8'),
)!
const rows = [...path!.matchAll(/^\| (\d+) \| `([^`]+)`/gm)]

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly functionName: string
      readonly ranges: readonly { count: number }[]
    }[]
  }[]
}

/** Files of the project of which a named function ran, in any thread of the job. */
function filesThatRan(): Set<string> {
  const ran = new Set<string>()
  for (const name of readdirSync(join(folder, 'coverage'))) {
    const { result } = JSON.parse(readFileSync(join(folder, 'coverage', name), 'utf8')) as Coverage
    for (const { url, functions } of result) {
      // The first function is the module itself.
      if (!functions.slice(1).some(of => of.functionName !== '' && of.ranges[0]!.count > 0)) continue
      ran.add(url.replace(`file://${root}`, ''))
    }
  }
  return ran
}

it('the page numbers the files that a batch passes', () => {
  expect(rows.map(match => Number(match[1]))).toEqual(rows.map((_, i) => i + 1))
  expect(rows.length).toBeGreaterThan(19)
})

it('a batch passes each of them', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--no-warnings', `${root}test/docs/batch-path.ts`],
    { cwd: folder, env: { ...process.env, NODE_V8_COVERAGE: join(folder, 'coverage') } },
  )
  expect(Number(stdout)).toBe(7000)
  const ran = filesThatRan()
  expect(rows.map(match => match[2]!).filter(file => !ran.has(file))).toEqual([])
})
