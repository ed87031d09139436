/** Every notebook, as the command line checks it, and as the kernel of a reader executes it. */

import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pictureFaults } from '../../src/cli/notebook/compare.ts'
import {
  type Notebook,
  type Output,
  parseNotebook,
  readNotebook,
} from '../../src/cli/notebook/notebook-file.ts'
import { millrace } from '../cli/run-cli.ts'

const root = join(import.meta.dirname, '../..')
const notebooks = globSync('notebooks/*.ipynb', { cwd: root }).sort()
const run = promisify(execFile)

it('there are notebooks', () => expect(notebooks.length).toBeGreaterThanOrEqual(5))

describe('on this Node', () => {
  it.each(notebooks)('%s: types, outputs as they are in the file, pictures', async file => {
    const { code, stderr } = await millrace(['notebook', 'check', join(root, file)])
    expect([code, stderr]).toEqual([0, expect.stringContaining('well')])
  })
})

/**
 * Kinds of what cells show, without repetitions: how text is split into outputs is the kernel's. It may send what a cell shows
 * in time of its own after it has said that the cell is done, and whoever listens then misses it: nothing is shown that the
 * file does not have, and no cell fails.
 */
const kinds = ({ cells }: Notebook) =>
  cells.map(({ outputs }) => [
    ...new Set(
      outputs.filter(isSeen).map(output =>
        'data' in output
          ? Object.keys(output.data)
              .filter(type => type === 'text/html' || type === 'image/svg+xml' || type === 'text/plain')
              .sort()
              .join(' ')
          : output.output_type,
      ),
    ),
  ])

/** Of a job, which has shown itself while its cell ran, the kernel shows an empty result. */
const isSeen = (output: Output) => !('data' in output) || Object.keys(output.data).length > 0

const missing = await missingPrograms()
if (missing) console.log(`notebooks are not tried with the Deno kernel: ${missing}`)

describe.skipIf(missing !== undefined)('in the Deno kernel', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-notebooks-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  // The kernel imports the package by its names, which are those of `dist` here.
  beforeAll(() => run('npm', ['run', 'build'], { cwd: root }))

  it.each(notebooks)('%s: executes without error, and shows nothing of another kind', async file => {
    const name = basename(file)
    await run(
      'jupyter-nbconvert',
      [
        ...['--to', 'notebook', '--execute', '--ExecutePreprocessor.kernel_name=deno'],
        ...[
          '--ExecutePreprocessor.timeout=120',
          '--ExecutePreprocessor.iopub_timeout=60',
          '--output-dir',
          folder,
          '--output',
          name,
          join(root, file),
        ],
      ],
      { cwd: root, env: process.env },
    )
    const executed = parseNotebook(readFileSync(join(folder, name), 'utf8'), name)
    const inFile = kinds(await readNotebook(join(root, file)))
    kinds(executed).forEach((shown, cell) => {
      expect(inFile[cell]).toEqual(expect.arrayContaining(shown))
    })
    // What a job shows while it runs is there long before the notebook ends.
    executed.cells.forEach(({ source }, cell) => {
      if (/^job$/m.test(source)) expect(kinds(executed)[cell]).toEqual(expect.arrayContaining(inFile[cell]!))
    })
    expect(kinds(executed).filter(shown => shown.length > 0).length).toBeGreaterThan(0)
    expect(pictureFaults(executed)).toEqual([])
  })
})

/** What the kernel needs and is not there. */
async function missingPrograms(): Promise<string | undefined> {
  try {
    await run('jupyter-nbconvert', ['--version'])
    const { stdout } = await run('jupyter-kernelspec', ['list', '--json'])
    const specs = JSON.parse(stdout.slice(stdout.indexOf('{'))).kernelspecs
    const deno = specs.deno?.spec.argv[0]
    if (deno === undefined) return 'there is no kernel of that name (npm run notebooks)'
    return deno.includes('/') && !existsSync(deno) ? `${deno} is not there (npm run notebooks)` : undefined
  } catch {
    return 'jupyter-nbconvert or jupyter-kernelspec is not installed'
  }
}
