/** The command line as users run it: a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const many = fileURLToPath(new URL('many.ts', import.meta.url))

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type OnStderr = (text: string, child: ChildProcess) => void

interface RunOptions {
  readonly cwd?: string | undefined
  readonly stdin?: string | undefined
}

/** Runs the command line. `onStderr` gets all of stderr so far, whenever there is more. */
export function millrace(
  args: readonly string[],
  { cwd, stdin, onStderr }: RunOptions & { onStderr?: OnStderr } = {},
): Promise<Ended> {
  return runs([main, ...args], { cwd, stdin, onStderr })
}

/** Runs command lines in one process: see `many.ts`. */
export async function millraceEach(
  lines: readonly (readonly string[])[],
  { cwd }: { cwd?: string } = {},
): Promise<Ended[]> {
  const { stdout, stderr } = await runs([many], { cwd, stdin: JSON.stringify(lines) })
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(stderr)
  }
}

function runs(
  args: readonly string[],
  { cwd, stdin, onStderr }: RunOptions & { onStderr?: OnStderr | undefined },
): Promise<Ended> {
  const { MILLRACE_DEBUG: _, npm_lifecycle_event: __, ...env } = process.env
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text
    onStderr?.(stderr, child)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ code, stdout, stderr }))
  })
}
