/**
 * Where programs that use the package run besides Node itself: other runtimes, bundles, CommonJS, test runners.
 *
 * One program that needs threads, DuckDB and the models says the same everywhere.
 */

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type PackedProject, packedProject } from './packed-project.ts'

const PACKAGES = [
  'node@24',
  'bun@1',
  'deno@2',
  'esbuild@0.28',
  'vite@8',
  'vitest@4',
  'typescript@6',
  '@types/node@24',
]

const BODY = `
const HOUR = 3_600_000
const rows = Array.from({ length: 20_000 }, (_, i) => ({ at: new Date(i * HOUR), key: 'ab'[i % 2], x: i % 7 }))
const input = read.rows(rows, { at: 'timestamp[ms]', key: 'utf8', x: 'float64' }).watermark('at')
const daily = input.groupBy('key').window(tumbling('1d')).agg({ n: count(), x: mean(r => r.x) })
async function main() {
  const job = daily.detect('x', ewma(), { by: 'key' }).write(duckdb('out.duckdb', 'scored')).start({ shards: 2 })
  await (await job).done
  const [landed] = await read.duckdb('out.duckdb', 'scored').groupBy().agg({ days: count(), n: sum('n') }).collect()
  return [landed.days, Number(landed.n), normal({ mean: 0, sd: 1 }).cdf(0)]
}
`
const IMPORTS = `
import { count, duckdb, ewma, mean, read, sum, tumbling } from 'millrace'
import { normal } from 'millrace/models'
`
const PRINTS = '\nmain().then(found => console.log(JSON.stringify(found)))\n'
const ANSWER = JSON.stringify([1668, 20_000, 0.5])

let project: PackedProject
const bin = (path: string): string => join(project.folder, path)
const node = (): string => bin('node_modules/node/bin/node')

beforeAll(async () => {
  project = await packedProject(PACKAGES, ['node', 'bun', 'deno', 'esbuild'])
  project.write('job.mjs', IMPORTS + BODY + PRINTS)
}, 600_000)
afterAll(() => project?.remove(), 120_000)
beforeEach(() => rmSync(bin('out.duckdb'), { force: true }))

async function answers(command: string, ...args: string[]): Promise<void> {
  const { stdout } = await project.run(command, ...args)
  expect(stdout.trim()).toBe(ANSWER)
}

it('Node', () => answers(node(), 'job.mjs'))

it('CommonJS, by require', () => {
  const required = IMPORTS.replace(/import (.*) from (.*)/g, 'const $1 = require($2)')
  project.write('job.cjs', required + BODY + PRINTS)
  return answers(node(), 'job.cjs')
})

it('Bun', () => answers(bin('node_modules/.bin/bun'), 'job.mjs'))

it('Deno', () => answers(bin('node_modules/.bin/deno'), 'run', '--allow-all', '--quiet', 'job.mjs'))

it('a bundle of esbuild that leaves the package outside', async () => {
  await project.run(
    bin('node_modules/.bin/esbuild'),
    ...[
      'job.mjs',
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--external:millrace',
      '--outfile=bundled/job.mjs',
    ],
  )
  await answers(node(), 'bundled/job.mjs')
})

it('a bundle that takes the package in says what to do', async () => {
  const external = ['@duckdb/*', 'cheerio', 'echarts', 'lz4-napi', 'robots-parser'].map(
    name => `--external:${name}`,
  )
  await project.run(
    bin('node_modules/.bin/esbuild'),
    ...['job.mjs', '--bundle', '--platform=node', '--format=esm', '--log-level=error', ...external],
    '--outfile=bundled/whole.mjs',
  )
  await expect(project.run(node(), 'bundled/whole.mjs')).rejects.toThrow(/BUNDLED[\s\S]*--external:millrace/)
})

it('a build of Vite for servers', async () => {
  project.write('vite.config.mjs', "export default { build: { ssr: 'job.mjs', outDir: 'built' } }")
  await project.run(node(), 'node_modules/vite/bin/vite.js', 'build')
  await answers(node(), 'built/job.js')
})

it('tests of vitest', async () => {
  const test = `import { expect, it } from 'vitest'\nit('answers', async () => expect(JSON.stringify(await main())).toBe('${ANSWER}'))`
  project.write('job.test.mjs', IMPORTS + test + BODY)
  const { stdout } = await project.run(
    node(),
    'node_modules/vitest/vitest.mjs',
    'run',
    '--root',
    '.',
    'job.test.mjs',
  )
  expect(stdout).toMatch(/1 passed/)
})

it.each(['nodenext', 'bundler'])('types, where modules are resolved as by %s', async resolution => {
  project.write(
    'typed.ts',
    `${IMPORTS}
const rows = read.rows([{ at: new Date(0), x: 1 }], { at: 'timestamp[ms]', x: 'float64' })
const n: Promise<{ x: number | null; n: number | bigint }[]> = rows.groupBy('x').agg({ n: count() }).collect()
// @ts-expect-error: there is no such column
rows.select('y')
export default [n, duckdb, ewma, mean, sum, tumbling, normal]
`,
  )
  await project.run(
    node(),
    'node_modules/typescript/bin/tsc',
    ...[
      '--strict',
      '--noEmit',
      '--target',
      'es2024',
      '--lib',
      'es2024,esnext.disposable,dom',
      '--types',
      'node',
    ],
    ...[
      '--module',
      resolution === 'bundler' ? 'esnext' : 'nodenext',
      '--moduleResolution',
      resolution,
      'typed.ts',
    ],
  )
})

it('the entry points of the package resolve, with their types', async () => {
  const checked = await project.run(
    node(),
    join(import.meta.dirname, '../../node_modules/@arethetypeswrong/cli/dist/index.js'),
    ...[project.tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color'],
  )
  for (const name of ['millrace', 'millrace/live', 'millrace/models', 'millrace/plot', 'millrace/testing']) {
    expect(checked.stdout).toContain(`"${name}"`)
  }
})

it('an install for production has what it needs, and no more than 100 MB', async () => {
  const { stdout } = await project.run(
    'bash',
    '-c',
    `mkdir -p small && cd small && echo '{"private":true}' > package.json && npm install --no-audit --no-fund --omit=dev --omit=peer '${project.tarball}' >&2 && du -sm node_modules | cut -f1`,
  )
  expect(existsSync(bin('small/node_modules/millrace/dist/index.js'))).toBe(true)
  expect(Number(stdout)).toBeLessThanOrEqual(100)
})
