import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { NEEDED_NODE, nodeRefusal } from '../../src/core/node-version.ts'

it('an old Node is refused by name and version, and the one that package.json asks for is not', () => {
  for (const version of ['18.20.8', '20.19.1', '22.0.0', '22.21.9']) {
    expect(nodeRefusal(version)).toBe(`Millrace needs Node >= 22.22, got v${version}`)
  }
  for (const version of ['22.22.0', '23.0.0', '24.1.0', '100.0.0', '26.0.0-nightly20260101']) {
    expect(nodeRefusal(version)).toBeUndefined()
  }
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(engines.node).toBe(`>=${NEEDED_NODE}`)
})

it('every entry looks at the version before anything else', () => {
  for (const [entry, first] of [
    ['index', './core/refuse-old-node.ts'],
    ['models/index', '../core/refuse-old-node.ts'],
    ['plot/index', '../core/refuse-old-node.ts'],
    ['testing', './core/refuse-old-node.ts'],
    ['cli/main', './refuse-old-node.ts'],
  ]) {
    const source = readFileSync(new URL(`../../src/${entry}.ts`, import.meta.url), 'utf8')
    expect([entry, /^(?:import|export)[^']*'([^']+)'/m.exec(source)?.[1]]).toEqual([entry, first])
  }
})
