/** What a process writes to its standard output. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { ConnectorError } from '../../core/errors.ts'
import type { ByteChunk, ByteStream } from './chunks.ts'

/** How much of what a process said last an error shows. */
const MAX_COMPLAINT = 2000
/** How long a process that was asked to end may take. */
const GRACE_MS = 2000

export interface ExecOptions {
  /** Whether it ends by itself. Default: false. */
  readonly bounded?: boolean
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/**
 * The output of a command. A text is a line for the shell; a list is a program and its arguments, which no shell reads.
 */
export function execStream(command: string | readonly string[], options: ExecOptions = {}): ByteStream {
  const label = `exec ${[command].flat().join(' ')}`
  return {
    label,
    bounded: options.bounded ?? false,
    replayable: false,
    open: (_, signal) => output(label, command, options, signal),
  }
}

async function* output(
  label: string,
  command: string | readonly string[],
  options: ExecOptions,
  signal: AbortSignal,
): AsyncGenerator<ByteChunk> {
  const child = started(command, options, ['ignore', 'pipe', 'pipe'])
  const complaint = lastOf(child)
  const ended = endOf(child)
  const stop = () => void endProcess(child)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    for await (const bytes of child.stdout!) yield { bytes }
    const end = await ended
    if (signal.aborted) return
    if (end instanceof Error) throw failed(label, notStarted(end), end)
    const { code, killedBy } = end
    if (code !== 0) throw failed(label, exitOf(code, killedBy) + complaint())
  } finally {
    signal.removeEventListener('abort', stop)
    await endProcess(child)
  }
}

interface Exit {
  readonly code: number | null
  readonly killedBy: string | null
}

/** How a process ended, or why it did not start: then it has no exit. */
const endOf = (child: ChildProcess): Promise<Exit | Error> =>
  new Promise(resolve => {
    child.once('close', (code, killedBy) => resolve({ code, killedBy }))
    child.once('error', resolve)
  })

/** Starts a command in a group of its own, so that a shell's children end with it. */
export function started(
  command: string | readonly string[],
  { cwd, env }: ExecOptions,
  stdio: ('ignore' | 'pipe')[],
): ChildProcess {
  const options = {
    stdio,
    detached: process.platform !== 'win32',
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
  }
  if (typeof command === 'string') return spawn(command, { ...options, shell: true })
  const [program, ...rest] = command
  return spawn(program!, rest, options)
}

/** Ends a process and its children: asked first, then not. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  signalGroup(child.pid, 'SIGTERM')
  const last = setTimeout(() => signalGroup(child.pid!, 'SIGKILL'), GRACE_MS)
  await gone
  clearTimeout(last)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch (error) {
    // It had just ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** What the process wrote last to its standard error, for messages. */
export function lastOf(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-MAX_COMPLAINT)
  })
  return () => (text.trim() ? `: ${text.trim()}` : '')
}

/** Why a program did not start. */
export const notStarted = (error: Error): string =>
  (error as NodeJS.ErrnoException).code === 'ENOENT'
    ? 'there is no such program, or no such cwd'
    : error.message

export const exitOf = (code: number | null, signal: string | null): string =>
  signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`

const failed = (label: string, what: string, cause?: unknown): ConnectorError =>
  new ConnectorError('PROCESS_FAILED', `${label} failed: ${what}`, {
    hint: 'run the command by itself; code 0 says that all is well',
    ...(cause === undefined ? {} : { cause }),
  })
