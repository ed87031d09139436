import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

interface LockedPackage {
  readonly version: string
  readonly integrity?: string
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const root = resolve(import.meta.dirname, '../..')
const lock = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, LockedPackage>>
}
const installed = Object.entries(lock.packages).filter(([path]) => path !== '')
const locked = new Set(installed.map(([path]) => path.split('node_modules/').at(-1)!))

it('an install on another platform finds the optional packages of that platform in the lock file', () => {
  const optional = installed.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map(name => ({ path, name })),
  )
  expect(optional.length).toBeGreaterThan(50)
  expect(optional.filter(({ name }) => !locked.has(name))).toEqual([])
})

it("DuckDB's binding is locked for Linux, macOS and Windows", () => {
  for (const platform of ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64'])
    expect(locked).toContain(`@duckdb/node-bindings-${platform}`)
})

it('every locked package has a checksum, and none the address of a registry', () => {
  expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([])
  expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([])
})
