/**
 * The package as its users get it: packed, installed into an empty project, and run there. What it imports, what its
 * types say, what its command does and what its docs folder holds is tried from outside.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { engines, type PackedProject, packedProject, version } from './packed-project.ts'

const oldest = /\d+\.\d+/.exec(engines.node)![0]

let project: PackedProject

/** Programs of the project's own packages. */
const bin = (path: string): string => join(project.folder, path)
const node = (): string => bin('node_modules/node/bin/node')

beforeAll(async () => {
  project = await packedProject(['node@24', 'typescript', '@types/node@24'], ['node'])
  await project.run(
    'npm',
    ...['install', '--no-audit', '--no-fund', '--no-save', '--prefix', 'oldest', `node@${oldest}`],
  )
}, 600_000)

afterAll(() => project?.remove(), 120_000)

const PROGRAM = `
import { count, duckdb, ewma, mean, read, tumbling, udf } from 'millrace'
import { normal } from 'millrace/models'
import { Figure } from 'millrace/plot'
import { scriptedSource } from 'millrace/testing'

const HOUR = 3_600_000
const rows = Array.from({ length: 2000 }, (_, i) => ({ at: new Date(i * HOUR), key: 'ab'[i % 2]!, x: i % 7 }))
const input = read.rows(rows, { at: 'timestamp[ms]', key: 'utf8', x: 'float64' }).watermark('at')
const hourly = input.groupBy('key').window(tumbling('2h')).agg({ n: count(), x: mean(r => r.x) })
const job = await hourly.detect('x', ewma(), { by: 'key' }).write(duckdb('out.duckdb', 'scored')).start({ shards: 2 })
await job.done
const scored: bigint | number = (await read.duckdb('out.duckdb', 'scored').count())
const half = udf(import.meta.resolve('./functions.js'), 'half', { in: ['float64'], out: 'float64' })
const [{ x }] = await input.select({ x: r => half(r.x) }).limit(1).collect({ shards: 2 })
if (x !== 0) throw new Error(String(x))
console.log(JSON.stringify([Number(scored), normal({ mean: 0, sd: 1 }).cdf(0), typeof Figure, typeof scriptedSource]))
`

for (const [name, runtime] of [
  ['Node 24', node],
  [`Node ${oldest}, the oldest promised`, () => bin('oldest/node_modules/node/bin/node')],
] as const) {
  it(`a program in an empty project runs on ${name}: threads, DuckDB, every entry point`, async () => {
    // Types are stripped by TypeScript itself: the oldest Node is run as most projects run it, on JavaScript.
    project.write('program.ts', PROGRAM)
    project.write('functions.ts', 'export const half = (x: number): number => x / 2\n')
    rmSync(bin('out.duckdb'), { force: true })
    await project.run(
      node(),
      'node_modules/typescript/bin/tsc',
      ...['--strict', '--target', 'es2023', '--lib', 'es2024,esnext.disposable,dom', '--module', 'nodenext'],
      ...['--types', 'node', '--outDir', 'out', 'program.ts', 'functions.ts'],
    )
    const { stdout, stderr } = await project.run(runtime(), 'out/program.js')
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toEqual([2000, 0.5, 'function', 'function'])
  })
}

it('the command runs from node_modules/.bin', async () => {
  const millrace = (...args: string[]) =>
    project.run(node(), 'node_modules/millrace/dist/cli/main.js', ...args)
  expect(existsSync(bin('node_modules/.bin/millrace'))).toBe(true)
  expect((await millrace('--version')).stdout.trim()).toBe(version)
  expect((await millrace('query', 'out.duckdb', 'SELECT count(*) AS n FROM scored')).stdout).toContain('2000')
})

it('the package brings its docs, and no links in them lead nowhere', () => {
  const docs = bin('node_modules/millrace/docs')
  const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.md'))
  expect(pages.length).toBeGreaterThan(50)
  const broken = pages.flatMap(page => {
    const text = readFileSync(join(docs, page), 'utf8')
    return [...text.matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)]
      .map(link => link[1]!)
      .filter(link => !existsSync(join(docs, page, '..', link)))
      .map(link => `${page}: ${link}`)
  })
  expect(broken).toEqual([])
})

it('what is not part of the package is not in it', () => {
  const files = readdirSync(bin('node_modules/millrace'), { recursive: true, encoding: 'utf8' })
  expect(files.filter(path => /\.(ts|map)$/.test(path) && !path.endsWith('.d.ts'))).toEqual([])
  expect(files.filter(path => /(^|\/)(test|bench|src)\//.test(path))).toEqual([])
})
