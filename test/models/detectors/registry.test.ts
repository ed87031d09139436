import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { MODEL_NAMES, takersOf } from '../../../src/cli/models.ts'
import * as millrace from '../../../src/index.ts'
import { detectorKinds, loadDetectors } from '../../../src/models/detectors/index.ts'
import { detectorTable } from '../../../src/models/detectors/registry.ts'
import { context } from './simulate.ts'

const root = new URL('../../../', import.meta.url).pathname
const textOf = (page: string) => readFileSync(join(root, page), 'utf8')
const factories = Object.values(detectorTable).flatMap(({ factories }) => Object.entries(factories))

it('the package exports every factory of the table by its name', () => {
  expect(factories.filter(([name, make]) => (millrace as Record<string, unknown>)[name] !== make)).toEqual([])
})

it('the page of detectors has a row for each of the table, which leads to its page', () => {
  const index = 'docs/models/detectors/index.md'
  const rows = [...textOf(index).matchAll(/^\| \[`(\w+)\([^`]*\)`\]\(([^)]+)\)/gm)]
  const names = rows.map(([, name]) => name!)
  for (const [, , page] of rows) expect(existsSync(join(root, dirname(index), page!)), page).toBe(true)
  const known = factories.map(([name]) => name)
  expect(names.filter(name => !known.includes(name))).toEqual([])
  const missing = Object.entries(detectorTable).filter(
    ([, { factories }]) => !Object.keys(factories).some(name => names.includes(name)),
  )
  // Models that are known are their own detectors, and have one page.
  expect(missing.map(([kind]) => kind)).toEqual(['fixed-arima', 'fixed-distribution'])
  expect(textOf(index)).toContain('](fixed.md)')
})

it('the page of the command line lists its models and who takes a season', () => {
  const rowOf = (option: string) =>
    new RegExp(`^\\| \`--${option}.*$`, 'm').exec(textOf('docs/cli.md'))![0].split('|')[2]!
  const namesIn = (row: string) =>
    [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name!).filter(name => MODEL_NAMES.includes(name))
  expect(namesIn(rowOf('model'))).toEqual(MODEL_NAMES)
  expect(namesIn(rowOf('season')).sort()).toEqual([...takersOf('season')].sort())
})

it('loads what is asked for, and can tell the names of the others', async () => {
  const loaded = await loadDetectors(['ewma', 'nobody'])
  expect(Object.keys(loaded)).toEqual(detectorKinds)
  expect(loaded.ewma!(millrace.ewma(), context()).layout).toBeTypeOf('object')
  expect(() => loaded.cusum!(millrace.cusum(), context())).toThrow('the cusum detector was not loaded')
})

it('a kind that there is not is an error that names those there are', async () => {
  const scored = millrace.read
    .rows([{ at: new Date(0), x: 1 }])
    .watermark('at')
    .detect('x', { kind: 'oracle' }, { by: [] })
  await expect(scored.collect()).rejects.toThrow(
    expect.objectContaining({
      code: 'UNKNOWN_DETECTOR',
      hint: `the detectors are ${detectorKinds.join(', ')}`,
    }),
  )
})
