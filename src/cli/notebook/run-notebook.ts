/** Runs a notebook: compiles it, checks its types, executes it, collects what its cells show. */

import { execFile, fork } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ConnectorError } from '../../core/errors.ts'
import { compileNotebook, DECLARATIONS, SHOWN_TOO_MUCH } from './compile.ts'
import type { Message } from './execute.ts'
import type { Cell, Notebook, Output } from './notebook-file.ts'
import { SOURCES } from './sources.ts'

export interface RunOptions {
  /** Without it types are not checked. */
  readonly types: boolean
  readonly timeoutMs: number
  /** Ends what runs; the notebook is then given as it was. */
  readonly signal: AbortSignal
}

export interface RunNotebook {
  readonly notebook: Notebook
  /** What went wrong, each with its cell: types that do not check, errors. */
  readonly faults: readonly string[]
}

/** Runs the notebook at `path`. Its module lies beside it while it runs, so that what it imports is found from there. */
export async function runNotebook(
  path: string,
  notebook: Notebook,
  options: RunOptions,
): Promise<RunNotebook> {
  const compiled = compileNotebook(notebook)
  const folder = dirname(resolve(path))
  const name = `.${basename(path, '.ipynb')}-${process.pid}`
  const module = join(folder, `${name}.ts`)
  try {
    await writeFile(module, compiled.code)
    if (options.types) {
      const faults = await typeFaults(join(folder, name), compiled.lines, options.signal)
      if (faults.length > 0) return { notebook, faults }
    }
    const first = notebook.cells.findIndex(({ type, source }) => type === 'code' && source.trim() !== '')
    const outputs = await execute(module, folder, options, first)
    options.signal.throwIfAborted()
    const cells = withOutputs(notebook.cells, outputs)
    return { notebook: { ...notebook, cells }, faults: faultsOf(cells) }
  } finally {
    await rm(module, { force: true })
  }
}

/** In a clone of this repository the package's names mean its sources. */
const inClone = import.meta.url.endsWith('.ts')
const OWN_NAMES = new URL('./own-names.ts', import.meta.url)

async function execute(
  module: string,
  cwd: string,
  { timeoutMs, signal }: RunOptions,
  firstCell: number,
): Promise<Map<number, Output[]>> {
  const entry = fileURLToPath(new URL(inClone ? './execute.ts' : './execute.js', import.meta.url))
  const child = fork(entry, [module], {
    cwd,
    execArgv: inClone ? ['--import', OWN_NAMES.href] : ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const outputs = new Map<number, Output[]>()
  const displays = new Map<string, { list: Output[]; place: number }>()
  // What is shown before the first cell is of its imports, which are hoisted.
  let current: Output[] = []
  const before = current
  let ended = false
  child.on('message', (message: Message) => {
    if ('cell' in message) {
      current = outputs.size === 0 ? before : []
      outputs.set(message.cell, current)
    } else if ('end' in message) ended = true
    else take(message, current, displays)
  })
  const overdue = AbortSignal.timeout(timeoutMs)
  const stop = AbortSignal.any([overdue, signal])
  const kill = () => child.kill('SIGKILL')
  if (stop.aborted) kill()
  stop.addEventListener('abort', kill)
  const code = await new Promise<number | null>(done => child.once('exit', done))
  stop.removeEventListener('abort', kill)
  if (!ended) {
    const [ename, evalue] = overdue.aborted
      ? ['Timeout', `it ran for more than ${timeoutMs / 1000} s`]
      : code === SHOWN_TOO_MUCH
        ? ['Output', 'it shows more than 32 MB']
        : ['Exit', `its process ended with ${code}`]
    current.push({ output_type: 'error', ename, evalue, traceback: [] })
  }
  if (outputs.size === 0 && current.length > 0) outputs.set(firstCell, current)
  return outputs
}

/** Adds an output to its cell: text goes on where there was text, an update replaces what it updates. */
function take(
  { output, displayId, update }: Extract<Message, { output: Output }>,
  cell: Output[],
  displays: Map<string, { list: Output[]; place: number }>,
): void {
  const known = displayId === undefined ? undefined : displays.get(displayId)
  if (update && known) {
    known.list[known.place] = output
    return
  }
  const last = cell.at(-1)
  if (output.output_type === 'stream' && last?.output_type === 'stream' && last.name === output.name) {
    cell[cell.length - 1] = { ...last, text: last.text + output.text }
    return
  }
  cell.push(output)
  if (displayId !== undefined) displays.set(displayId, { list: cell, place: cell.length - 1 })
}

function withOutputs(cells: readonly Cell[], outputs: ReadonlyMap<number, readonly Output[]>): Cell[] {
  let count = 0
  return cells.map((cell, index) => {
    if (cell.type !== 'code') return cell
    const shown = outputs.get(index)
    if (shown === undefined) return { ...cell, executionCount: null, outputs: [] }
    const executionCount = ++count
    const numbered = shown.map(output =>
      output.output_type === 'execute_result' ? { ...output, execution_count: executionCount } : output,
    )
    return { ...cell, executionCount, outputs: numbered }
  })
}

const faultsOf = (cells: readonly Cell[]): string[] =>
  cells.flatMap(({ outputs }, index) =>
    outputs.flatMap(output =>
      output.output_type === 'error' ? [`cell ${index + 1}: ${output.ename}: ${output.evalue}`] : [],
    ),
  )

/** What the compiler says of the module at `path`.ts, by cell and line. */
async function typeFaults(
  path: string,
  lines: ReturnType<typeof compileNotebook>['lines'],
  signal: AbortSignal,
): Promise<string[]> {
  const { failed, stdout } = await compiled(path, signal)
  signal.throwIfAborted()
  if (!failed) return []
  const found = stdout.split('\n').flatMap(line => {
    const [, number, column, text] = /^[^(]*\((\d+),(\d+)\): error (.*)$/.exec(line) ?? []
    if (number === undefined) return line.startsWith('error') ? [line] : []
    const place = lines[Number(number) - 1]
    return [place ? `cell ${place.cell + 1}, line ${place.line + 1}:${column}: ${text}` : `${text}`]
  })
  return found.length > 0 ? found : [stdout.trim() || 'the compiler failed']
}

/** Has the compiler look at the module at `path`.ts; no file of ours stays. */
async function compiled(path: string, signal: AbortSignal): Promise<{ failed: boolean; stdout: string }> {
  const folder = dirname(path)
  const declarations = `${path}-names.d.ts`
  const config = `${path}.json`
  try {
    await writeFile(declarations, DECLARATIONS)
    await writeFile(
      config,
      JSON.stringify({ compilerOptions: checked(), files: [`${path}.ts`, declarations] }),
    )
    const args = [compiler(folder), '--project', config, '--pretty', 'false']
    const options = { cwd: folder, maxBuffer: 1 << 26, signal }
    return await new Promise(done =>
      execFile(process.execPath, args, options, (error, stdout) => done({ failed: error !== null, stdout })),
    )
  } finally {
    await rm(declarations, { force: true })
    await rm(config, { force: true })
  }
}

/** Options of the compiler. In a clone the package's names mean its sources. */
const checked = () => ({
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: 'es2024',
  lib: ['es2024', 'esnext.disposable', 'dom'],
  module: 'nodenext',
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  types: ['node'],
  ...(inClone
    ? { paths: Object.fromEntries(Object.entries(SOURCES).map(([name, at]) => [name, [fileURLToPath(at)]])) }
    : {}),
})

/** The compiler that the notebook's project has, else ours where there is one. */
function compiler(folder: string): string {
  for (const from of [pathToFileURL(join(folder, 'package.json')).href, import.meta.url]) {
    try {
      return join(dirname(createRequire(from).resolve('typescript/package.json')), 'bin/tsc')
    } catch {}
  }
  throw new ConnectorError('MISSING_PACKAGE', 'types are checked by typescript, which is not installed', {
    hint: 'npm install --save-dev typescript, or --no-types',
  })
}
