import { PlanError } from '../errors.ts'
import type { NamedExpr } from '../expr/kernel.ts'
import { callExpr } from '../expr/tree.ts'
import { columnsUsed, show, typeOf } from '../expr/type-of.ts'
import type { PlanEdge, PlanNode } from '../plan.ts'
import { isNested, isStruct, structFields } from '../types/nested-type.ts'
import { fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import { defineOperator, type OperatorDefinition } from './define.ts'
import { followColumns, followSteps } from './follow-columns.ts'

const column = (name: string): NamedExpr => ({ name, expr: { kind: 'column', name } })

/** The schema that columns computed from `input` have. */
function projectedSchema(columns: readonly NamedExpr[], input: Schema): Schema {
  return schemaOf(columns.map(({ name, expr }) => ({ name, type: typeOf(expr, input) })))
}

/** A verb that gives each row other columns: exactly those that `columnsOf` lists, computed from the input's. */
function defineProjection<N extends PlanNode>(
  columnsOf: (node: N, input: Schema) => readonly NamedExpr[],
  { kind, explain }: Pick<OperatorDefinition<N>, 'kind' | 'explain'>,
): OperatorDefinition {
  const steps = (node: N, input: Schema) => [{ kind: 'project' as const, columns: columnsOf(node, input) }]
  return defineOperator<N>({
    kind,
    explain,
    output: (node, [input]) =>
      followColumns(
        input!,
        projectedSchema(columnsOf(node, input!.schema), input!.schema),
        followSteps(steps(node, input!.schema)),
      ),
    needs: (node, wanted, input) =>
      kept(columnsOf(node, input.schema), wanted).flatMap(({ expr }) => columnsUsed(expr)),
    narrowed: (node, wanted, input) => selecting(node.inputs, kept(columnsOf(node, input.schema), wanted)),
    steps,
  })
}

/**
 * Those that are wanted, and at least one: rows without a column could not be counted. What is known of a column goes
 * where it went when all were there.
 */
function kept(columns: readonly NamedExpr[], wanted: ReadonlySet<string>): readonly NamedExpr[] {
  const kept = columns.filter(({ name }) => wanted.has(name))
  const follow = followSteps([{ kind: 'project', columns }])
  return (kept.length ? kept : columns.slice(0, 1)).map(column => {
    const { name, expr } = column
    return expr.kind !== 'column' || follow(expr.name) === name ? column : { name, expr, copy: true }
  })
}

const selecting = (inputs: readonly PlanEdge[], columns: readonly NamedExpr[]): SelectNode => ({
  kind: 'select',
  inputs,
  columns,
})

/** A node that reads these columns of an edge, as they are, and no others. */
export const selectingColumns = (edge: PlanEdge, names: readonly string[]): SelectNode =>
  selecting([edge], names.map(column))

/** Exactly these columns, in this order. */
export interface SelectNode extends PlanNode {
  readonly kind: 'select'
  readonly columns: readonly NamedExpr[]
}

export const select = defineProjection<SelectNode>(node => node.columns, {
  kind: 'select',
  explain: node => `select ${showColumns(node.columns)}`,
})

/** The input's columns and these; one of the same name takes its place. */
export interface WithNode extends PlanNode {
  readonly kind: 'with'
  readonly columns: readonly NamedExpr[]
}

function withColumns(node: WithNode, input: Schema): readonly NamedExpr[] {
  const replaced = new Map(node.columns.map(c => [c.name, c]))
  const kept = input.map(({ name }) => replaced.get(name) ?? column(name))
  return [...kept, ...node.columns.filter(c => fieldIndex(input, c.name) < 0)]
}

export const withNode = defineProjection<WithNode>(withColumns, {
  kind: 'with',
  explain: node => `with ${showColumns(node.columns)}`,
})

/** All columns but these. */
export interface DropNode extends PlanNode {
  readonly kind: 'drop'
  readonly columns: readonly string[]
}

function remaining(node: DropNode, input: Schema): readonly NamedExpr[] {
  for (const name of node.columns) typeOf({ kind: 'column', name }, input)
  const left = input.filter(({ name }) => !node.columns.includes(name))
  if (left.length === 0) {
    throw new PlanError('NO_COLUMNS', 'drop would leave no column', { hint: 'keep at least one' })
  }
  return left.map(({ name }) => column(name))
}

export const drop = defineProjection<DropNode>(remaining, {
  kind: 'drop',
  explain: node => `drop ${node.columns.map(c => JSON.stringify(c)).join(', ')}`,
})

/** New names for some columns; the order stays. Pairs of (old, new). */
export interface RenameNode extends PlanNode {
  readonly kind: 'rename'
  readonly names: readonly (readonly [string, string])[]
}

function renamed(node: RenameNode, input: Schema): readonly NamedExpr[] {
  const names = new Map(node.names)
  for (const [old] of node.names) typeOf({ kind: 'column', name: old }, input)
  return input.map(({ name }) => ({ name: names.get(name) ?? name, expr: { kind: 'column', name } }))
}

export const rename = defineProjection<RenameNode>(renamed, {
  kind: 'rename',
  explain: node =>
    `rename ${node.names.map(([a, b]) => `${JSON.stringify(a)} to ${JSON.stringify(b)}`).join(', ')}`,
})

/** The fields of a struct in its place, with `prefix` before their names. */
export interface UnnestNode extends PlanNode {
  readonly kind: 'unnest'
  readonly column: string
  readonly prefix: string
}

/** @throws {PlanError} `UNNEST_TYPE` */
function unnested({ column: name, prefix }: UnnestNode, input: Schema): readonly NamedExpr[] {
  const { type } = fieldOf(input, name)
  if (!isStruct(type)) {
    throw new PlanError('UNNEST_TYPE', `unnest takes structs, but ${JSON.stringify(name)} is ${type}`, {
      hint: isNested(type) ? 'explode() makes rows of lists and maps' : 'it is a column already',
    })
  }
  const struct = column(name).expr
  const fields = structFields(type).map(({ name: field }): NamedExpr => {
    return { name: prefix + field, expr: callExpr('field', [struct], { name: field }) }
  })
  return input.flatMap(field => (field.name === name ? fields : [column(field.name)]))
}

export const unnest = defineProjection<UnnestNode>(unnested, {
  kind: 'unnest',
  explain: node =>
    `unnest ${JSON.stringify(node.column)}${node.prefix === '' ? '' : ` with ${JSON.stringify(node.prefix)} before each name`}`,
})

function showColumns(columns: readonly NamedExpr[]): string {
  return columns
    .map(({ name, expr }) =>
      expr.kind === 'column' && expr.name === name
        ? JSON.stringify(name)
        : `${JSON.stringify(name)} = ${show(expr)}`,
    )
    .join(', ')
}
