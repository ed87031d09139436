/**
 * What a function of expressions is, and what it works with: bound expressions, and the code of a kernel. A family file
 * holds a few functions; `functions/index.ts` lists the families.
 *
 * Invariant: `interpret` and `emit` give the same cell for the same arguments, and fail on the same rows.
 */

import type { Batch } from '../../batch/batch.ts'
import type { Column } from '../../batch/column.ts'
import type { Arena } from '../../batch/slab.ts'
import type { DataError } from '../../errors.ts'
import type { ColumnType } from '../../types/column-type.ts'
import type { Cell } from '../cell.ts'
import type { Call, Expr } from '../expr.ts'
import type { Outside } from '../outside.ts'
import type { Notation } from '../show.ts'

/** A bound expression: every node typed, columns found, implicit casts written out. It stays in its thread. */
export type Bound = BoundLiteral | BoundColumn | BoundCall

export interface BoundLiteral {
  readonly kind: 'literal'
  /** Undefined: a bare null whose type its context has not given yet. */
  readonly type: ColumnType | undefined
  readonly cell: Cell
  readonly expr: Expr
}

export interface BoundColumn {
  readonly kind: 'column'
  readonly type: ColumnType
  /** Place in the input schema; of a field of a struct, its number after those (see `struct-columns.ts`). */
  readonly index: number
  readonly expr: Expr
  /** Of a struct: a field of it, by place. */
  within?(field: number, expr: Expr): BoundColumn
}

export interface BoundCall {
  readonly kind: 'call'
  readonly spec: FunctionSpec
  readonly type: ColumnType
  readonly args: readonly Bound[]
  readonly options: Readonly<Record<string, unknown>>
  /** What the user wrote, for error messages. */
  readonly expr: Expr
}

export interface FunctionSpec extends Notation {
  readonly name: string
  /** The call in DuckDB. Absent: DuckDB may give other cells, so calls are never sent there. */
  readonly duckdb?: DuckdbForm
  /**
   * The typing rule: checks the arguments, inserts casts and says the type of the result. May answer with calls of
   * other functions; then `duckdb`, `interpret` and `emit` are not needed.
   *
   * @param outside what is not part of the expression; absent where nothing will be evaluated
   * @throws {PlanError} when the arguments make no sense.
   */
  bind(args: readonly Bound[], call: Call, outside?: Outside): Bound
  /** Whether a call costs so much that rows which other tests drop are better left out first. */
  readonly costly?: boolean
  /** Whether a row can make the call itself fail; absent: never. */
  canFail?(node: BoundCall): boolean
  /** The error of a row that makes the call fail; absent: `OVERFLOW`. @param value what the kernel gave for it */
  failure?(node: BoundCall, value: unknown): DataError
  /**
   * When the result is null: `strict`, when an argument is (the default); `never`; `own`, by a rule of its own, which
   * may be never for most rows.
   */
  readonly nulls?: 'strict' | 'never' | 'own'
  /** Whether {@link bind} may answer with a call that has {@link columns}, for some types. */
  readonly maybeColumns?: true
  /** Without it, and without {@link columns}, lists, structs and maps are refused as arguments. */
  readonly takesNested?: true
  /** One cell, slowly. Arguments are evaluated only when asked for. */
  interpret?(node: BoundCall, argument: (index: number) => Cell): Cell
  /** Code that computes the cell in a kernel. */
  emit?(node: BoundCall, emitter: Emitter): Emitted
  /**
   * In place of `interpret` and `emit`, of functions that take or give nested values: the cells of the call for all rows of a
   * batch, between two kernels.
   *
   * @param args whole columns without selection, `count` long; undefined for literals, whose cell the node has
   * @param batch where the rows come from, for what depends on their places; those that it selects are the `count`
   */
  columns?(
    node: BoundCall,
    args: readonly (Column | undefined)[],
    count: number,
    arena: Arena,
    batch: Batch,
  ): Column
}

/** What DuckDB computes for a call: exactly the same cells. */
export interface DuckdbForm {
  /** Which calls this holds for, by their types or options; absent: for all. */
  parity?(node: BoundCall): boolean
  /** The SQL of a call, from that of its arguments. Absent: calls are not sent to DuckDB all the same. */
  sql?(args: readonly string[], node: BoundCall, sqlType: (type: ColumnType) => string): string
}

/** How a cell is held in a kernel. Booleans are 0 and 1 or false and true: only their truth counts. */
export type Representation = 'bool' | 'num' | 'big' | 'text'

/** The code of a cell: expressions cheap enough to be written twice. */
export interface Emitted {
  /** The value; for text, its bytes. Anything where the cell is null. */
  readonly value: string
  /** 1 or true where the cell is not null; absent when it never is null. */
  readonly valid?: string
  /** The cell is null exactly where one of these columns is. */
  readonly nullWith?: ReadonlySet<number>
  /** Text: where it starts and ends in the bytes. */
  readonly start?: string
  readonly end?: string
  /** Text that is a piece of a plain column's, whose bytes `value` are: the offsets of that column. */
  readonly offsets?: string
  /** A literal's cell. */
  readonly literal?: Cell
  /** Text held as codes of a memo's own dictionary. */
  readonly code?: { readonly memo: number; readonly value: string }
}

/** What a kernel knows about the batches it is made for. */
export interface BatchLayout {
  /** By column: whether it has a validity bitmap. */
  readonly nullable: readonly boolean[]
  /** By column: whether its text is held as codes. */
  readonly coded: readonly boolean[]
  /** Whether 64-bit integers are BigInts; else doubles, which a kernel gives up on beyond 2^53. */
  readonly wide: boolean
}

/** The kernel being written, as functions see it: code of a loop over row `i`. */
export interface Emitter {
  readonly layout: BatchLayout
  /** A literal cannot be held as a double: the kernel needs `wide`. */
  needsWide: boolean
  representation(type: ColumnType): Representation
  /** Whether cells of the type are doubles that stand for 64-bit integers. */
  isNarrowed(type: ColumnType): boolean
  /** The cell of an expression, computed once per scope. */
  cell(node: Bound): Emitted
  /** The cells of a call's arguments, and when none of them is null. */
  strict(node: BoundCall): { args: Emitted[]; valid?: string; nullWith?: ReadonlySet<number> }
  /** When none of these cells is null. */
  allValid(cells: readonly Emitted[]): Pick<Emitted, 'valid' | 'nullWith'>
  /** The condition as 0 or 1: true and not null. */
  truth(cell: Emitted): string
  line(code: string): void
  /** Statements in braces after `head`; what is computed inside is not known outside. */
  block(head: string, body: () => void): void
  /** The name of a new constant of the loop that holds `code`. */
  constant(code: string): string
  /** The name of a new variable. */
  variable(initial: string): string
  /**
   * The name of a constant that is computed once, before the loop. Its code may use columns, what comes from outside, `n`,
   * how many rows the batch has, and `rows`, how many of them the loop is over.
   */
  before(code: string): string
  /** The name of a value from outside: a number of the user's, a helper function. */
  outside(value: unknown): string
  /** Raises the call's error, `OVERFLOW` unless it has its own, where `misfit` holds and the cell is not null. */
  failIf(node: BoundCall, misfit: string, value: string, valid: string | undefined): void
  /** Gives up on doubles where `misfit` (0, 1 or a boolean; several with |) holds and the cell is not null. */
  widenIf(misfit: string, valid: string | undefined): void
  /** The number of spare bytes of the scratch, for one {@link before} alone. */
  spareSlot(): number
  /** The text that a call of the scratch just made, which begins at `start`. */
  scratchText(start: string): Emitted
}

/** An `interpret` for functions that are null when any argument is; every argument is evaluated all the same. */
export function strict(
  compute: (node: BoundCall, ...cells: any[]) => Cell,
): (node: BoundCall, argument: (index: number) => Cell) => Cell {
  return (node, argument) => {
    const cells = node.args.map((_, i) => argument(i))
    return cells.includes(null) ? null : compute(node, ...cells)
  }
}

type Sql = NonNullable<DuckdbForm['sql']>

/** SQL with an operator between the arguments. */
export const sqlInfix =
  (operator: string): Sql =>
  args =>
    `(${args.join(` ${operator} `)})`

/** SQL that calls a function of DuckDB's. */
export const sqlCall =
  (name: string): Sql =>
  args =>
    `${name}(${args.join(', ')})`
