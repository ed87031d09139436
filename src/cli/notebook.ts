/** `millrace notebook`: runs, checks and formats TypeScript notebooks without Jupyter. */

import { readFile } from 'node:fs/promises'
import { durationMs } from '../core/time/duration.ts'
import { type Command, EXIT } from './command.ts'
import { interruptible } from './interrupt.ts'
import { differences, pictureFaults } from './notebook/compare.ts'
import {
  formatNotebook,
  type Notebook,
  parseNotebook,
  readNotebook,
  writeNotebook,
} from './notebook/notebook-file.ts'
import { runNotebook } from './notebook/run-notebook.ts'
import { parse, typed, UsageError } from './usage.ts'

const help = `millrace notebook: runs TypeScript notebooks without Jupyter

A notebook becomes one ES module, whose types are checked (tsc --strict) and which runs on this Node.

usage: millrace notebook run|check|format FILE… [options]

commands
  run      executes notebooks and writes what their cells show into them
  check    executes them, says what they show that is not in the file, and writes nothing
  format   writes them in one form, so that changes can be read; with --check says which are not in it

options
  --no-types       does not check types
  --timeout TIME   how long one may run (default: 2m)
  --check          of format: writes nothing

cells tagged "volatile" show times or speeds: check compares what kinds of outputs they have, not what they say

examples
  millrace notebook run notebooks/01-first-look.ipynb
  millrace notebook check notebooks/*.ipynb
`

export const notebook: Command = {
  help,
  async run(args) {
    const { values, positionals } = parse(args, {
      'no-types': { type: 'boolean' },
      timeout: { type: 'string' },
      check: { type: 'boolean' },
    })
    const [what = '', ...files] = positionals
    if (what !== 'run' && what !== 'check' && what !== 'format') {
      throw new UsageError(`notebook takes run, check or format, got ${JSON.stringify(what)}`)
    }
    if (files.length === 0)
      throw new UsageError(`notebook ${what} takes notebooks`, `millrace notebook ${what} first.ipynb`)
    const timeoutMs = typed('timeout', () => durationMs((values.timeout ?? '2m') as '2m'))
    let failed = false
    for (const file of files) {
      const faults =
        what === 'format'
          ? await format(file, values.check ?? false)
          : await interruptible(signal =>
              execute(file, { types: !values['no-types'], timeoutMs, signal }, what === 'run'),
            )
      failed ||= faults.length > 0
      process.stderr.write(
        faults.length === 0 ? `${file}: well\n` : `${file}:\n${faults.map(text => `  ${text}\n`).join('')}`,
      )
    }
    return failed ? EXIT.failure : EXIT.ok
  },
}

async function execute(
  file: string,
  options: Parameters<typeof runNotebook>[2],
  write: boolean,
): Promise<readonly string[]> {
  const before = await readNotebook(file)
  const { notebook, faults } = await runNotebook(file, before, options)
  const found = [...faults, ...pictureFaults(notebook)]
  if (write) await writeNotebook(file, notebook)
  else if (faults.length === 0) found.push(...differences(asWritten(before), asWritten(notebook)))
  return found
}

/** As it is once it was written and read. */
const asWritten = (notebook: Notebook): Notebook => parseNotebook(formatNotebook(notebook), 'it')

async function format(file: string, check: boolean): Promise<readonly string[]> {
  const notebook = await readNotebook(file)
  const same = (await readFile(file, 'utf8')) === formatNotebook(notebook)
  if (!same && check) return ['is not formatted']
  if (!same) await writeNotebook(file, notebook)
  return []
}
