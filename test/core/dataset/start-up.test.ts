import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const run = promisify(execFile)
const index = new URL('../../../src/index.ts', import.meta.url).href

/** The URLs of all modules that a program loads after its first statement, `register`, ran. */
async function modulesLoaded(program: string): Promise<string[]> {
  const source = `
    import { registerHooks } from 'node:module'
    const urls = []
    registerHooks({ load(url, context, next) { urls.push(url); return next(url, context) } })
    const millrace = await import(${JSON.stringify(index)})
    const { read, count } = millrace
    ${program}
    console.log(JSON.stringify(urls))
  `
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', source])
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

const packagesIn = (urls: readonly string[]): string[] => [
  ...new Set(urls.flatMap(url => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])),
]

it('importing the package loads no other package', async () => {
  const urls = await modulesLoaded('')
  expect(packagesIn(urls)).toEqual([])
})

it('describing a pipeline over a file loads nothing more', async () => {
  const urls = await modulesLoaded(`
    urls.length = 0
    read.parquet('nope.parquet', { x: 'int32' }).filter(r => r.x.gt(1)).groupBy('x').agg({ n: count() })
  `)
  expect(urls).toEqual([])
})

it('collecting five rows loads neither Arrow nor DuckDB nor threads', async () => {
  const urls = await modulesLoaded(`
    const rows = await read.rows([{ x: 1 }, { x: 2 }, { x: 3 }, { x: 4 }, { x: 5 }]).filter(r => r.x.gt(1)).collect()
    if (rows.length !== 4) throw new Error('wrong')
  `)
  expect(packagesIn(urls)).toEqual([])
})

it('a plan loads the runtimes of its own verbs, and what they keep rows in', async () => {
  const runtimes = async (verb: string) =>
    (
      await modulesLoaded(`
        const five = read.rows([{ x: 1 }, { x: 2 }, { x: 3 }, { x: 4 }, { x: 5 }], { x: 'int32' })
        await five${verb}.collect()
      `)
    ).flatMap(
      url => /\/src\/core\/(operators\/.+-runtime|state\/row-store\/row-store)\.ts$/.exec(url)?.[1] ?? [],
    )
  expect(await runtimes('.filter(r => r.x.gt(1))')).toEqual([])
  expect(await runtimes(".join(five, { on: 'x' })")).toEqual([
    'operators/join-runtime',
    'state/row-store/row-store',
  ])
})

/** Files of `src/models` among these, by their path there. */
const modelsIn = (urls: readonly string[]): string[] =>
  urls.flatMap(url => /\/src\/models\/(.+)$/.exec(url)?.[1] ?? [])

/** What users write to name a model: options and plain data. */
const SPECS = /(^|[/-])spec(-options)?\.ts$|^detectors\/factories\.ts$/

it('importing the package loads what names models, and no model', async () => {
  const models = modelsIn(await modulesLoaded(''))
  expect(models).toContain('detectors/ewma/spec.ts')
  expect(models.filter(path => !SPECS.test(path))).toEqual([])
})

it('a plan without models loads none', async () => {
  const models = modelsIn(
    await modulesLoaded(`
      urls.length = 0
      await read.rows([{ x: 1 }, { x: 2 }]).groupBy('x').agg({ n: count() }).collect()
    `),
  )
  expect(models).toEqual([])
})

/** Folders of models that a plan of this last verb loads, without what all detectors share. */
async function foldersLoaded(verb: string): Promise<string[]> {
  const models = modelsIn(
    await modulesLoaded(`
      urls.length = 0
      const { arima, ewma } = millrace
      const rows = Array.from({ length: 40 }, (_, i) => ({ at: new Date(i * 3600e3), x: i % 3 }))
      await read.rows(rows).watermark('at').${verb}.collect()
    `),
  )
  const folders = models.map(path =>
    path
      .split('/')
      .slice(0, path.startsWith('detectors/') ? 2 : 1)
      .join('/'),
  )
  return [...new Set(folders)]
    .filter(
      folder => !/special|numerics|calibration|detectors\/parts|function-options|series-input/.test(folder),
    )
    .sort()
}

it('a plan loads the detector that it names, and no other', async () => {
  expect(await foldersLoaded("detect('x', ewma(), { by: [] })")).toEqual([
    'detectors/ewma',
    'detectors/registry.ts',
  ])
  // The tails of auto() are those of distributions.
  expect(await foldersLoaded("detect('x', undefined, { by: [] })")).toEqual([
    'detectors/auto',
    'detectors/registry.ts',
    'distributions',
  ])
})

it('a plan loads the model of series that it names, and no other', async () => {
  const folders = await foldersLoaded("fit('x', arima({ order: [1, 0, 0] }), { by: [] })")
  expect(folders).toContain('arma')
  expect(folders.filter(folder => /detectors/.test(folder))).toEqual([])
})
