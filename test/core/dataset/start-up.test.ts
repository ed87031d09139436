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
    const { read, count } = await import(${JSON.stringify(index)})
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

it('a plan without models loads none', async () => {
  const urls = await modulesLoaded(`
    await read.rows([{ x: 1 }, { x: 2 }]).groupBy('x').agg({ n: count() }).collect()
  `)
  expect(
    urls.filter(url => /models\/(distributions\/index|arma\/arima|detectors\/registry|series)\./.test(url)),
  ).toEqual([])
})
