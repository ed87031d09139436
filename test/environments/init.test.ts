/** `millrace init` from an empty folder, with the packed package: what a newcomer types. */

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PackedProject, packedProject } from './packed-project.ts'

let project: PackedProject
const inProject = (...args: string[]) =>
  project.run(
    'bash',
    '-c',
    'export PATH="$PWD/node_modules/node/bin:$PATH"; cd my-stream && "$@"',
    'run',
    ...args,
  )

beforeAll(async () => {
  project = await packedProject(['node@24'], ['node'])
  rmSync(join(project.folder, 'my-stream'), { recursive: true, force: true })
}, 600_000)
afterAll(() => project?.remove(), 120_000)

const init = (...args: string[]) =>
  project.run('node_modules/node/bin/node', 'node_modules/millrace/dist/cli/main.js', 'init', ...args)

it('three commands lead to a landed and drawn anomaly stream, which its own test and types hold for', async () => {
  await init('my-stream', '--package', `file:${project.tarball}`)
  await inProject('npm', 'install', '--no-audit', '--no-fund')
  const { stdout } = await inProject('npm', 'start')
  // The robot at the search, and the outage of the checkout, which the sample data has.
  expect(stdout).toMatch(/2026-01-14 03:20:00 +search/)
  expect(stdout).toMatch(/2026-01-17 13:00:00 +checkout/)
  expect(existsSync(join(project.folder, 'my-stream/out/requests.duckdb'))).toBe(true)
  expect(readFileSync(join(project.folder, 'my-stream/out/checkout.svg'), 'utf8')).toMatch(
    /^<svg[\s\S]*<\/svg>\s*$/,
  )
  await inProject('npm', 'run', 'typecheck')
  expect((await inProject('npm', 'test')).stdout).toMatch(/3 passed/)
  await inProject('npx', 'millrace', 'notebook', 'run', 'notebooks/first-look.ipynb')
  expect(readFileSync(join(project.folder, 'my-stream/notebooks/first-look.ipynb'), 'utf8')).toMatch(
    /image\/svg\+xml/,
  )
})

it('never replaces a file', async () => {
  await expect(init('my-stream')).rejects.toThrow(/my-stream has package\.json, .* already/)
})
