import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { type Import, importsIn } from './read-imports.ts'

const src = resolve(import.meta.dirname, '../../src')

/** What each part of `src` may import besides itself. Imports point one way. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  models: ['core'],
  connectors: ['core', 'sql'],
  // Pictures of models compute what they show.
  plot: ['core', 'models'],
  live: ['core'],
  sql: ['core'],
  workers: ['core', 'models', 'connectors'],
  'engines/threads': ['core', 'models', 'connectors', 'workers', 'sql'],
  testing: ['core', 'connectors'],
}

/** Packages that a part may name, besides Node's own modules, of which core may name only what stands here. */
const MAY_NAME: Readonly<Record<string, readonly string[]>> = {
  // The parser reads the source of callbacks for messages; `src/index.ts` wires it, core knows its type.
  // Digests and regular expressions are computation.
  core: ['apache-arrow', 'acorn', '@standard-schema/spec', 'node:crypto', 'node:stream', 're2js'],
  models: ['simple-statistics'],
  connectors: [
    'apache-arrow',
    '@duckdb/node-api',
    '@duckdb/node-bindings',
    'lz4-napi',
    'cheerio',
    'eventsource-parser/stream',
    'robots-parser',
  ],
  workers: ['piscina'],
  plot: ['echarts'],
}

/**
 * The floors inside a part, lowest first: a file imports from its own floor and from those below it, values and types
 * alike. An entry is a folder, or a file that stands beside the folders. Files named nowhere are bound by no floor.
 */
const FLOORS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  core: [
    ['types'],
    ['batch'],
    ['time'],
    ['user-functions'],
    ['expr'],
    ['folds'],
    ['state'],
    ['formats'],
    ['patterns'],
    // Verbs, each with its runtime; they see a plan's nodes, not the planner.
    ['operators'],
    ['planner'],
    ['dataset'],
  ],
  models: [
    ['function-options.ts', 'series-input.ts'],
    ['special'],
    ['numerics'],
    // Options that several specs share.
    ['spec-options.ts'],
    ['distributions', 'calibration'],
    ['timeseries', 'statistics'],
    ['arma'],
    ['detectors'],
    ['series-registry.ts', 'index.ts'],
  ],
  // `model.ts` and its like are below `filter`, `arima.ts` above `estimate`: only the two folders are bound.
  'models/arma': [['filter'], ['estimate']],
}

/**
 * The files beside the folders of `core` (errors, plan, connector, engine, fold, detector, …) are contracts, and ground
 * for all of them. They may name types of these folders, and load nothing from any.
 */
const GROUND_MAY_NAME = ['types', 'batch', 'time', 'expr', 'state', 'user-functions']

/**
 * Detectors do not know each other; what two of them share is a part. These folders and files beside them are no
 * detectors: parts lie below all detectors, the others bring all of them together.
 */
const DETECTORS = 'models/detectors'
const PARTS = 'parts'
const OVER_DETECTORS = ['index.ts', 'registry.ts', 'factories.ts']

/** The one circle there is: the two halves of the fluent API make each other. */
const FLUENT_PAIR = 'core/dataset/dataset.ts core/dataset/grouped.ts'

const partOf = (file: string): string | undefined =>
  Object.keys(MAY_IMPORT)
    .filter(part => file.startsWith(`${part}/`))
    .sort((a, b) => b.length - a.length)[0]

/** Files by their path inside `src`, each with what it imports: a path inside `src`, or the name of a package. */
const files = new Map<string, readonly (Import & { readonly target?: string })[]>(
  globSync('**/*.ts', { cwd: src }).map(path => {
    const inSrc = (specifier: string) => relative(src, resolve(dirname(join(src, path)), specifier))
    return [
      path,
      importsIn(readFileSync(join(src, path), 'utf8')).map(found =>
        found.specifier.startsWith('.') ? { ...found, target: inSrc(found.specifier) } : found,
      ),
    ]
  }),
)

/** What a path names first below a folder: a folder or a file beside it. */
const below = (folder: string, path: string): string | undefined =>
  path.startsWith(`${folder}/`) ? path.slice(folder.length + 1).split('/')[0] : undefined

/** Imports between files of one folder for which `allowed` is not true. */
function refusedWithin(
  folder: string,
  allowed: (from: string, to: string, kind: Import['kind']) => boolean,
): string[] {
  const wrong = new Set<string>()
  for (const [path, imports] of files) {
    const from = below(folder, path)
    if (!from) continue
    for (const { target, kind } of imports) {
      const to = target && below(folder, target)
      if (to && to !== from && !allowed(from, to, kind)) wrong.add(`${path} imports ${target}`)
    }
  }
  return [...wrong].sort()
}

/** Sets of files of which each loads all others before it can run (Tarjan's strongly connected components). */
function circlesByValue(): string[] {
  const circles: string[] = []
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const open: string[] = []
  const visit = (path: string): void => {
    index.set(path, index.size)
    low.set(path, index.get(path)!)
    open.push(path)
    for (const { target, kind } of files.get(path)!) {
      if (kind !== 'value' || !target || !files.has(target)) continue
      if (!index.has(target)) visit(target)
      if (open.includes(target)) low.set(path, Math.min(low.get(path)!, low.get(target)!))
    }
    if (low.get(path) !== index.get(path)) return
    const circle = open.splice(open.indexOf(path))
    if (circle.length > 1) circles.push(circle.sort().join(' '))
  }
  for (const path of files.keys()) if (!index.has(path)) visit(path)
  return circles.sort()
}

it('finds the sources it checks', () => {
  expect(files.size).toBeGreaterThan(50)
  for (const [path, imports] of files)
    for (const { target } of imports) if (target) expect(files.has(target), `${path}: ${target}`).toBe(true)
})

it('tells types from values, and text from code', () => {
  const source = `
    // import { no } from './comment.ts'
    import type { A } from './type.ts'
    import { type B } from './value.ts'
    export type {
      C
    } from './type-again.ts'
    export * from './value-again.ts'
    import './effect.ts'
    type D = import('./query.ts').D
    const text = \`
import type { E } from './text.ts'
\`
    const later = () => import('./dynamic.ts')
  `.replace(/^ {4}/gm, '')
  const found = Object.groupBy(importsIn(source), ({ kind }) => kind)
  expect(found.value?.map(i => i.specifier)).toEqual(['./value.ts', './value-again.ts', './effect.ts'])
  expect(found.type?.map(i => i.specifier)).toEqual(['./type.ts', './type-again.ts', './query.ts'])
  expect(found.dynamic?.map(i => i.specifier)).toEqual(['./dynamic.ts'])
})

it('parts import only what lies below them', () => {
  const wrong: string[] = []
  for (const [path, imports] of files) {
    const part = partOf(path)
    if (!part) continue
    for (const { specifier, target } of imports) {
      if (!target) continue
      const other = partOf(target)
      if (other === part || (other && MAY_IMPORT[part]!.includes(other))) continue
      wrong.push(`${path} imports ${specifier}`)
    }
  }
  expect(wrong).toEqual([])
})

it('core has no threads and no I/O; vendor packages are named where they belong', () => {
  const wrong: string[] = []
  for (const [path, imports] of files) {
    const part = partOf(path)
    if (!part) continue
    for (const { specifier, target } of imports) {
      if (target) continue
      if (specifier.startsWith('node:') && part !== 'core') continue
      if ((MAY_NAME[part] ?? []).includes(specifier)) continue
      wrong.push(`${path} imports ${specifier}`)
    }
  }
  expect(wrong).toEqual([])
})

it('no files load each other in a circle, but for the fluent pair', () => {
  expect(circlesByValue()).toEqual([FLUENT_PAIR])
})

it('imports go down between the folders of a part', () => {
  const wrong: string[] = []
  for (const [folder, floors] of Object.entries(FLOORS)) {
    const floorOf = (name: string) => floors.findIndex(floor => floor.includes(name))
    wrong.push(
      ...refusedWithin(folder, (from, to) => {
        const [lower, upper] = [floorOf(to), floorOf(from)]
        return lower < 0 || upper < 0 || lower <= upper
      }),
    )
  }
  expect(wrong).toEqual([])
})

it('every folder of core and of models has its floor', () => {
  const unnamed = new Set<string>()
  for (const folder of ['core', 'models']) {
    const named = FLOORS[folder]!.flat()
    for (const path of files.keys()) {
      const name = below(folder, path)
      if (name && !named.includes(name) && (folder === 'models' || !name.endsWith('.ts')))
        unnamed.add(`${folder}/${name}`)
    }
  }
  expect([...unnamed]).toEqual([])
})

it('the contracts of core load nothing from its folders', () => {
  const isFile = (name: string) => name.endsWith('.ts')
  const wrong = refusedWithin(
    'core',
    (from, to, kind) => !isFile(from) || isFile(to) || (kind === 'type' && GROUND_MAY_NAME.includes(to)),
  )
  expect(wrong).toEqual([])
})

it('detectors share parts and do not import each other', () => {
  const wrong = refusedWithin(
    DETECTORS,
    (from, to) => OVER_DETECTORS.includes(from) || (to === PARTS && from !== PARTS),
  )
  expect(wrong).toEqual([])
})
