/** Notebooks as files: nbformat 4, as far as TypeScript notebooks have it. */

import { readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { ConnectorError, DataError } from '../../core/errors.ts'

/** What a cell shows: texts by MIME type. */
export type MimeBundle = Readonly<Record<string, unknown>>

export type Output =
  | { readonly output_type: 'stream'; readonly name: 'stdout' | 'stderr'; readonly text: string }
  | { readonly output_type: 'display_data'; readonly data: MimeBundle; readonly metadata: object }
  | {
      readonly output_type: 'execute_result'
      readonly data: MimeBundle
      readonly metadata: object
      readonly execution_count: number | null
    }
  | {
      readonly output_type: 'error'
      readonly ename: string
      readonly evalue: string
      readonly traceback: readonly string[]
    }

export interface Cell {
  readonly type: 'code' | 'markdown' | 'raw'
  readonly id: string
  readonly source: string
  readonly metadata: Readonly<Record<string, unknown>>
  /** Of text: its pictures. */
  readonly attachments?: Readonly<Record<string, unknown>>
  /** Of code. */
  readonly executionCount: number | null
  readonly outputs: readonly Output[]
}

export interface Notebook {
  readonly cells: readonly Cell[]
  readonly metadata: Readonly<Record<string, unknown>>
}

/** The tags of a cell. */
export function tagsOf({ metadata }: Cell): readonly string[] {
  return Array.isArray(metadata.tags) ? metadata.tags.filter(tag => typeof tag === 'string') : []
}

/**
 * Reads a notebook.
 *
 * @throws {ConnectorError} `FILE_NOT_FOUND`
 * @throws {DataError} `NOTEBOOK`: the file is no notebook
 */
export async function readNotebook(path: string): Promise<Notebook> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ConnectorError('FILE_NOT_FOUND', `the notebook ${JSON.stringify(path)} cannot be read`, {
      cause,
      hint: 'name an .ipynb file',
    })
  }
  return parseNotebook(text, path)
}

export function parseNotebook(text: string, path: string): Notebook {
  const refuse = (what: string, cause?: unknown) =>
    new DataError('NOTEBOOK', `${path} is no notebook: ${what}`, {
      hint: 'notebooks are nbformat 4, as Jupyter and VS Code write them',
      ...(cause === undefined ? {} : { cause }),
    })
  let file: any
  try {
    file = JSON.parse(text)
  } catch (error) {
    throw refuse('its text is not JSON', error)
  }
  if (file?.nbformat !== 4 || !Array.isArray(file.cells)) throw refuse('it has no cells of nbformat 4')
  const language = file.metadata?.kernelspec?.language ?? file.metadata?.language_info?.name
  if (typeof language === 'string' && !/^(typescript|javascript)$/i.test(language))
    throw refuse(`its language is ${JSON.stringify(language.slice(0, 40))}, and not TypeScript`)
  const cells = file.cells.map((cell: any, i: number): Cell => {
    if (!['code', 'markdown', 'raw'].includes(cell?.cell_type)) throw refuse(`cell ${i + 1} has no type`)
    const { outputs = [], attachments } = cell
    if (!Array.isArray(outputs) || !outputs.every(isRecord))
      throw refuse(`the outputs of cell ${i + 1} are none`)
    return {
      type: cell.cell_type,
      id: typeof cell.id === 'string' ? cell.id : `cell-${i + 1}`,
      source: joined(cell.source),
      metadata: isRecord(cell.metadata) ? cell.metadata : {},
      ...(isRecord(attachments) ? { attachments } : {}),
      executionCount: cell.execution_count ?? null,
      outputs: outputs.map(readOutput),
    }
  })
  return { cells, metadata: isRecord(file.metadata) ? file.metadata : {} }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Texts are written as one string or as lines. */
const joined = (text: unknown): string =>
  Array.isArray(text) ? text.join('') : typeof text === 'string' ? text : ''

function readOutput(output: any): Output {
  if (output.output_type === 'stream') return { ...output, text: joined(output.text) }
  if (!isRecord(output.data)) return output
  const data = Object.fromEntries(
    Object.entries(output.data).map(([type, value]) => [
      type,
      type.endsWith('json') && !Array.isArray(value) ? value : Array.isArray(value) ? joined(value) : value,
    ]),
  )
  return { ...output, data }
}

/** What a notebook says of the kernel that runs it. */
const KERNEL = {
  kernelspec: { display_name: 'Deno', language: 'typescript', name: 'deno' },
  language_info: {
    codemirror_mode: 'typescript',
    file_extension: '.ts',
    mimetype: 'text/x.typescript',
    name: 'typescript',
    nbconvert_exporter: 'script',
    pygments_lexer: 'typescript',
  },
}

/**
 * A notebook as text, always the same for the same notebook: keys in order, texts by lines so that changes can be read,
 * without what an editor keeps of its windows.
 */
export function formatNotebook({ cells, metadata }: Notebook): string {
  const file = {
    cells: cells.map(cell => ({
      cell_type: cell.type,
      ...(cell.type === 'code' ? { execution_count: cell.executionCount } : {}),
      id: cell.id,
      metadata: without(cell.metadata, OF_EDITORS),
      ...(cell.attachments ? { attachments: cell.attachments } : {}),
      ...(cell.type === 'code' ? { outputs: cell.outputs.map(writeOutput) } : {}),
      source: linesOf(trimmed(cell.source)),
    })),
    metadata: { ...without(metadata, OF_EDITORS), ...KERNEL },
    nbformat: 4,
    nbformat_minor: 5,
  }
  return `${JSON.stringify(file, null, 1)}\n`
}

/** Writes the notebook: whoever stops this finds the file as it was. */
export async function writeNotebook(path: string, notebook: Notebook): Promise<void> {
  const made = `${path}.${process.pid}.new`
  try {
    await writeFile(made, formatNotebook(notebook), { mode: (await stat(path)).mode })
    await rename(made, await realpath(path))
  } catch (error) {
    await rm(made, { force: true })
    throw error
  }
}

/** What editors and kernels note of a run, or of their windows. */
const OF_EDITORS = ['ExecuteTime', 'collapsed', 'execution', 'interpreter', 'scrolled', 'vscode', 'widgets']

const without = (from: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(
    Object.entries(from)
      .filter(([name]) => !names.includes(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

/** Without spaces at the ends of lines, and empty lines around. */
const trimmed = (source: string): string =>
  source
    .replaceAll(/[ \t]+$/gm, '')
    .replace(/^\n+/, '')
    .trimEnd()

const linesOf = (text: string): string[] => (text === '' ? [] : text.split(/(?<=\n)/))

function writeOutput(output: Output): object {
  if (output.output_type === 'stream')
    return { name: output.name, output_type: 'stream', text: linesOf(output.text) }
  if (output.output_type === 'error') return output
  const data = Object.fromEntries(
    Object.entries(output.data)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, value]) => [type, typeof value === 'string' ? linesOf(value) : value]),
  )
  return { ...output, data }
}
