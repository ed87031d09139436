/** The package as its users get it: packed, and installed into an empty project. */

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

const root = resolve(import.meta.dirname, '../..')
export const { version, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

export interface Ran {
  readonly stdout: string
  readonly stderr: string
}

export interface PackedProject {
  readonly folder: string
  readonly tarball: string
  /** Writes a file of the project. */
  write(name: string, text: string): void
  /** Runs a command in it. Rejects, with what it printed, where it fails. */
  run(command: string, ...args: readonly string[]): Promise<Ran>
  remove(): void
}

/**
 * Packs this clone and installs it, and the packages named, into a new project.
 *
 * @param scripts packages that may run their install scripts
 */
export async function packedProject(
  packages: readonly string[],
  scripts: readonly string[] = [],
): Promise<PackedProject> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-packed-'))
  const run = async (command: string, ...args: readonly string[]): Promise<Ran> => {
    try {
      return await execute(command, args, { cwd: folder, maxBuffer: 1 << 26, timeout: 300_000 })
    } catch (error) {
      const { stdout = '', stderr = '' } = error as Partial<Ran>
      throw new Error(`${command} ${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error })
    }
  }
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    maxBuffer: 1 << 26,
  })
  const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))) as { filename: string }[]
  const tarball = join(folder, packed!.filename)
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  const allowScripts = Object.fromEntries(scripts.map(name => [name, true]))
  write('package.json', JSON.stringify({ name: 'empty', private: true, type: 'module', allowScripts }))
  await run('npm', 'install', '--no-audit', '--no-fund', tarball, ...packages)
  return { folder, tarball, write, run, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
