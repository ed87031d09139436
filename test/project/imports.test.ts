import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'

const src = resolve(import.meta.dirname, '../../src')

/** What each part of `src` may import besides itself. Imports point one way. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  models: ['core'],
  connectors: ['core', 'sql'],
  plot: ['core'],
  sql: ['core'],
  workers: ['core', 'models', 'connectors'],
  'engines/threads': ['core', 'models', 'connectors', 'workers', 'sql'],
  testing: ['core', 'connectors'],
}

/** Packages that a part may name, besides Node's own modules. */
const MAY_NAME: Readonly<Record<string, readonly string[]>> = {
  core: ['apache-arrow'],
  models: ['simple-statistics'],
  connectors: ['apache-arrow', '@duckdb/node-api', '@duckdb/node-bindings'],
  workers: ['piscina'],
  plot: ['echarts'],
}

const partOf = (file: string): string | undefined => {
  const path = relative(src, file)
  return Object.keys(MAY_IMPORT)
    .filter(part => path.startsWith(`${part}/`))
    .sort((a, b) => b.length - a.length)[0]
}

/** Specifiers of static and dynamic imports and re-exports. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*'([^'\s]+)'/g)].map(match => match[1]!)
}

const files = globSync('**/*.ts', { cwd: src }).map(path => join(src, path))

it('finds the sources it judges', () => {
  expect(files.length).toBeGreaterThan(50)
})

it('parts import only what lies below them', () => {
  const wrong: string[] = []
  for (const file of files) {
    const part = partOf(file)
    if (!part) continue
    for (const specifier of importsOf(file)) {
      if (!specifier.startsWith('.')) continue
      const target = partOf(resolve(dirname(file), specifier))
      if (target === part || (target && MAY_IMPORT[part]!.includes(target))) continue
      wrong.push(`${relative(src, file)} imports ${specifier}`)
    }
  }
  expect(wrong).toEqual([])
})

it('core has no threads and no I/O; vendor packages are named where they belong', () => {
  const wrong: string[] = []
  for (const file of files) {
    const part = partOf(file)
    if (!part) continue
    for (const specifier of importsOf(file)) {
      if (specifier.startsWith('.')) continue
      const node = specifier.startsWith('node:')
      if (node && part !== 'core') continue
      if (!node && (MAY_NAME[part] ?? []).includes(specifier)) continue
      wrong.push(`${relative(src, file)} imports ${specifier}`)
    }
  }
  expect(wrong).toEqual([])
})
