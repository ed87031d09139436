/**
 * Executes a compiled notebook in a process of its own: `execute.ts MODULE`, started with an IPC channel, over which it
 * sends what each cell shows as it is shown.
 */

import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { CELL, SHOW, SHOWN_TOO_MUCH } from './compile.ts'
import type { MimeBundle, Output } from './notebook-file.ts'

export type Message =
  | { readonly cell: number }
  | { readonly output: Output; readonly displayId?: string; readonly update?: boolean }
  | { readonly end: true }

const DISPLAY = Symbol.for('Jupyter.display')

/** What a notebook may show, in bytes: a cell that prints for ever would fill the memory first. */
const MOST_SHOWN = 32 << 20
let shown = 0

function send(message: Message): void {
  process.send!(message)
  if (!('output' in message)) return
  shown += JSON.stringify(message.output).length
  if (shown > MOST_SHOWN) process.exit(SHOWN_TOO_MUCH)
}
// Whoever asked for it is gone.
process.on('disconnect', () => process.exit())

for (const name of ['stdout', 'stderr'] as const) {
  process[name].write = ((text: string | Uint8Array, ...rest: unknown[]) => {
    send({
      output: {
        output_type: 'stream',
        name,
        text: typeof text === 'string' ? text : Buffer.from(text).toString(),
      },
    })
    for (const done of rest) if (typeof done === 'function') done()
    return true
  }) as typeof process.stdout.write
}

/** What a value shows: its own bundle, or its text as the console has it. */
async function bundleOf(value: unknown): Promise<MimeBundle> {
  const display = (value as { [DISPLAY]?: () => unknown } | null | undefined)?.[DISPLAY]
  if (typeof display === 'function') return (await display.call(value)) as MimeBundle
  return { 'text/plain': inspect(value) }
}

const names = globalThis as Record<string, unknown>
names[CELL] = (cell: number) => send({ cell })
names[SHOW] = async (value: unknown) => {
  if (value === undefined) return
  const data = await bundleOf(value)
  // What has shown itself already, as a running job has.
  if (Object.keys(data).length === 0) return
  send({ output: { output_type: 'execute_result', data, metadata: {}, execution_count: null } })
}

/** Displays that are not a cell's last value, and their updates: the messages of the Jupyter protocol. */
names[Symbol.for('Jupyter.broadcast') as never] = async (
  type: string,
  content: { data?: MimeBundle; transient?: { display_id?: string } },
) => {
  const displayId = content.transient?.display_id
  send({
    output: { output_type: 'display_data', data: content.data ?? {}, metadata: {} },
    ...(displayId === undefined ? {} : { displayId }),
    ...(type === 'update_display_data' ? { update: true } : {}),
  })
}

function fail(error: unknown): void {
  const known = error instanceof Error
  send({
    output: {
      output_type: 'error',
      ename: known ? error.name : typeof error,
      evalue: known ? error.message : String(error),
      traceback: inspect(error).split('\n'),
    },
  })
}

process.on('unhandledRejection', fail)
process.on('uncaughtException', fail)
try {
  await import(pathToFileURL(process.argv[2]!).href)
} catch (error) {
  fail(error)
}
// Promises that were rejected last are told of first.
await setImmediate()
process.send!({ end: true } satisfies Message, () => process.exit())
