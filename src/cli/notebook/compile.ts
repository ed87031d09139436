/**
 * A notebook as one ES module.
 *
 * Cells stand one after the other as they are, each after a call that says which one begins; the value of a cell's last
 * expression is shown. Imports are hoisted by the language. What a kernel allows and a module does not is declaring a name
 * twice: the compiler says where.
 */

import { stripTypeScriptTypes } from 'node:module'
import { parse } from 'acorn'
import { DataError } from '../../core/errors.ts'
import type { Cell, Notebook } from './notebook-file.ts'

export interface CompiledNotebook {
  /** TypeScript. */
  readonly code: string
  /** By line of the module, from 0: the cell and the line in it, both from 0. Absent for lines of ours. */
  readonly lines: readonly ({ readonly cell: number; readonly line: number } | undefined)[]
}

/** Names that the module is given: `cell(i)` says which cell begins, `show(value)` shows what a cell ends with. */
export const CELL = '__millraceCell'
export const SHOW = '__millraceShow'

/** The exit code of a process that shows more than a notebook may. */
export const SHOWN_TOO_MUCH = 77

/** Declarations of these for the type checker. */
export const DECLARATIONS = `declare const ${CELL}: (cell: number) => void
declare const ${SHOW}: (value: unknown) => Promise<void>
`

/** @throws {DataError} `NOTEBOOK`: a cell whose text is no TypeScript */
export function compileNotebook({ cells }: Notebook): CompiledNotebook {
  const lines: { cell: number; line: number }[] = []
  let code = ''
  cells.forEach((cell, index) => {
    if (cell.type !== 'code' || cell.source.trim() === '') return
    code += `;${CELL}(${index});\n`
    lines.length++
    const text = withShownValue(cell, index)
    const count = text.split('\n').length
    for (let line = 0; line < count; line++) lines.push({ cell: index, line })
    code += `${text}\n`
  })
  // A module even without imports, so that await may stand at the top.
  return { code: `${code}export {}\n`, lines }
}

/** The cell's text, its last expression shown; no line moves. */
function withShownValue({ source }: Cell, index: number): string {
  let last: { type: string; expression: { start: number; end: number }; end: number } | undefined
  let script: string
  try {
    // Types are replaced by spaces: positions stay.
    script = withoutTypes(source)
    const { body } = parse(script, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      allowAwaitOutsideFunction: true,
    })
    last = body.at(-1) as typeof last
  } catch (cause) {
    throw new DataError('NOTEBOOK', `cell ${index + 1} is no TypeScript: ${(cause as Error).message}`, {
      cause,
      hint: 'enums, namespaces and parameter properties are not supported: types must be erasable',
    })
  }
  if (last?.type !== 'ExpressionStatement') return source
  const { start } = last.expression
  let { end } = last.expression
  // What follows are comments, and the type of the expression: it ends where nothing is replaced any more.
  for (let i = source.length - 1; i >= end; i--) if (source[i] !== script[i]) end = i + 1
  return `${source.slice(0, start)}await ${SHOW}((${source.slice(start, end)}))${source.slice(end)}`
}

/** Node calls this experimental, on standard error, once a process. */
function withoutTypes(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' })
  } finally {
    process.emitWarning = emitWarning
  }
}
