/**
 * The conditions of a pattern over rows. What they ask of a row itself and of the one before it is computed for all rows
 * at once, as a bit per variable; what they ask of rows that were matched before, row by row where those bits are set.
 */

import type { Batch } from '../batch/batch.ts'
import { bitAt, isNullAt } from '../batch/column.ts'
import { heapArena } from '../batch/slab.ts'
import { bind, inputColumn } from '../expr/bind.ts'
import type { Cell } from '../expr/cell.ts'
import { compileKernel, type Kernel } from '../expr/compile.ts'
import type { Expr } from '../expr/expr.ts'
import type { Bound, BoundCall } from '../expr/functions/contract.ts'
import { columnsUsed } from '../expr/type-of.ts'
import { type Conditions, NO_ROW, type Reference } from '../patterns/attempt.ts'
import { type ColumnType, isFloat, isInteger } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { OperatorContext } from './contract.ts'
import { type MatchNode, otherColumn, PREVIOUS, withOthers } from './match-node.ts'
import type { MatchRows } from './match-rows.ts'

/** Where a column of a condition lies: of the row itself, or of one that was matched before. */
interface ColumnPlace {
  /** A reference; -1: the row itself. */
  readonly reference: number
  /** The index in the rows that are kept. */
  readonly column: number
}

export class MatchConditions implements Conditions {
  readonly references: readonly Reference[]
  /** The columns of the previous row that are read. */
  readonly previous: readonly Field[]
  /** Those of the row and of the one before it. */
  readonly #schema: Schema
  readonly #kernel: Kernel | undefined
  /** By column of the kernel's result, the step it is of. */
  readonly #kernelSteps: readonly number[]
  /** Bits of steps without a condition over the row itself. */
  readonly #always: number
  /** By step, what is asked of rows matched before. */
  readonly #rest: readonly ((() => Cell) | undefined)[]
  readonly #rows: MatchRows
  // The row that is asked about.
  #row = 0
  #found: readonly number[] = []
  #at = 0

  constructor(node: MatchNode, own: Schema, rows: MatchRows, context: OperatorContext) {
    const parts = node.steps.map(({ test }) => divide(test, node, own))
    this.#rows = rows
    this.previous = previousFields(node, own)
    this.#schema = schemaOf([...own, ...this.previous])
    this.#kernelSteps = parts.flatMap(({ ofRow }, step) => (ofRow ? [step] : []))
    this.#always = parts.reduce((bits, { ofRow }, step) => (ofRow ? bits : bits | (1 << step)), 0)
    const { distributions, functions } = context
    const columns = this.#kernelSteps.map(step => ({ name: `${step}`, expr: parts[step]!.ofRow! }))
    this.#kernel = columns.length
      ? compileKernel(this.#schema, [{ kind: 'project', columns }], { distributions, functions })
      : undefined
    const rest = parts.map(({ rest }) => rest)
    const names = [...new Set(rest.flatMap(expr => (expr ? columnsUsed(expr) : [])))]
    const { references, places } = placesOf(names, node, own, rows.schema)
    this.references = references
    const whole = withOthers(
      rest.filter(expr => expr !== undefined),
      node.steps,
      own,
      this.previous,
    )
    const fields = schemaOf(names.map(name => fieldOf(whole, name)))
    this.#rest = rest.map(
      expr =>
        expr &&
        this.#evaluator(bind(expr, fields, inputColumn(fields), { distributions, functions }), places),
    )
    for (const { column } of places) rows.keepCells(column)
  }

  /** By row, a bit for each step whose condition over the row itself is true. The batch has the previous rows' columns, too. */
  bits(batch: Batch): Int32Array {
    const bits = new Int32Array(batch.length).fill(this.#always)
    if (!this.#kernel) return bits
    const { columns } = this.#kernel.run({ ...batch, schema: this.#schema }, heapArena)
    columns.forEach((column, i) => {
      const bit = 1 << this.#kernelSteps[i]!
      const values = column.values as Uint8Array
      for (let row = 0; row < bits.length; row++)
        if (bitAt(values, row) && !isNullAt(column, row)) bits[row]! |= bit
    })
    return bits
  }

  holds(step: number, row: number, found: readonly number[], at: number): boolean {
    if ((this.#rows.bits(row) & (1 << step)) === 0) return false
    const rest = this.#rest[step]
    if (!rest) return true
    this.#row = row
    this.#found = found
    this.#at = at
    return rest() === true
  }

  /** What evaluates an expression for the row that is asked about. */
  #evaluator(node: Bound, places: readonly ColumnPlace[]): () => Cell {
    switch (node.kind) {
      case 'literal': {
        const { cell } = node
        return () => cell
      }
      case 'column':
        return this.#cell(places[node.index]!)
      case 'call': {
        const args = node.args.map(arg => this.#evaluator(arg, places))
        return overNumbers(node, args) ?? interpreted(node, args)
      }
    }
  }

  #cell({ reference, column }: ColumnPlace): () => Cell {
    const rows = this.#rows
    if (reference < 0) return () => rows.cell(this.#row, column)
    return () => {
      const row = this.#found[this.#at + reference]!
      return row === NO_ROW ? null : rows.cell(row, column)
    }
  }
}

function interpreted(node: BoundCall, args: readonly (() => Cell)[]): () => Cell {
  const cellOf = (i: number): Cell => args[i]!()
  return () => node.spec.interpret!(node, cellOf)
}

/** Relations of numbers that are not NaN, as JavaScript has them. */
const RELATIONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
}

const WHOLE: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
}

const isNumber = ({ type }: Bound): boolean => type !== undefined && (isFloat(type) || isWholeNumber(type))
const isWholeNumber = (type: ColumnType): boolean => type === 'int53' || isInteger(type)

/**
 * A relation of two numbers, or an int53 of two whole ones, as the interpreter would answer, without what it has to ask of
 * types; undefined for other calls. Whatever is not plain, null or NaN or beyond int53, is left to the interpreter.
 */
function overNumbers(node: BoundCall, args: readonly (() => Cell)[]): (() => Cell) | undefined {
  const [a, b] = args
  if (args.length !== 2 || !node.args.every(isNumber)) return undefined
  let [x, y]: [Cell, Cell] = [null, null]
  const again = (): Cell => node.spec.interpret!(node, i => (i === 0 ? x : y))
  const relation = RELATIONS[node.spec.name]
  if (relation && node.type === 'bool') {
    return () => {
      x = a!()
      y = b!()
      const isPlain = typeof x === 'number' && typeof y === 'number' && !Number.isNaN(x - y)
      return isPlain ? relation(x as number, y as number) : again()
    }
  }
  const whole = WHOLE[node.spec.name]
  if (!whole || node.type !== 'int53' || !node.args.every(({ type }) => isWholeNumber(type!)))
    return undefined
  return () => {
    x = a!()
    y = b!()
    if (typeof x !== 'number' || typeof y !== 'number') return again()
    const result = whole(x, y)
    return Number.isSafeInteger(result) ? result + 0 : again()
  }
}

/** The columns of the previous row that conditions read. */
export function previousFields({ steps }: MatchNode, own: Schema): Field[] {
  const names = new Set(steps.flatMap(({ test }) => (test ? columnsUsed(test) : [])))
  return [...names].flatMap((name): Field[] => {
    const other = otherColumn(name, steps, own)
    return other?.of === PREVIOUS ? [{ name, type: fieldOf(own, other.column).type }] : []
  })
}

/** The columns of references, and where they lie. */
function placesOf(
  names: readonly string[],
  { steps }: MatchNode,
  own: Schema,
  kept: Schema,
): { references: Reference[]; places: ColumnPlace[] } {
  const references: Reference[] = []
  const places = names.map((name): ColumnPlace => {
    const other = otherColumn(name, steps, own)
    if (other?.of !== 'variable') return { reference: -1, column: fieldIndex(kept, name) }
    const { step, which, column } = other
    let reference = references.findIndex(r => r.step === step && r.which === which)
    if (reference < 0) reference = references.push({ step, which }) - 1
    return { reference, column: fieldIndex(kept, column) }
  })
  return { references, places }
}

/** A condition as one over the row and the one before it, and one over rows matched before: both must be true. */
function divide(test: Expr | undefined, { steps }: MatchNode, own: Schema) {
  const isOfRow = (part: Expr) =>
    columnsUsed(part).every(name => otherColumn(name, steps, own)?.of !== 'variable')
  const parts = test ? operands(test) : []
  return { ofRow: joined(parts.filter(isOfRow)), rest: joined(parts.filter(part => !isOfRow(part))) }
}

const operands = (test: Expr): readonly Expr[] =>
  test.kind === 'call' && test.fn === 'and' ? test.args.flatMap(operands) : [test]

const joined = (parts: readonly Expr[]): Expr | undefined =>
  parts.length < 2 ? parts[0] : { kind: 'call', fn: 'and', args: parts }
