import { PlanError } from '../errors.ts'
import type { Expr } from '../expr/expr.ts'
import { columnsUsed, show, typeOf } from '../expr/type-of.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { fieldIndex, type Schema, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'

export interface NamedExpr {
  readonly name: string
  readonly expr: Expr
}

const column = (name: string): NamedExpr => ({ name, expr: { kind: 'column', name } })

/** The schema that columns computed from `input` have. */
function projectedSchema(columns: readonly NamedExpr[], input: Schema): Schema {
  return schemaOf(columns.map(({ name, expr }) => ({ name, type: typeOf(expr, input) })))
}

/** What still holds after columns were replaced: event time and keys survive only if passed through under their name. */
function projectedOutput(columns: readonly NamedExpr[], input: NodeOutput): NodeOutput {
  const kept = (name: string) =>
    columns.some(c => c.name === name && c.expr.kind === 'column' && c.expr.name === name)
  const { eventTime, keys, ...rest } = input
  return {
    ...rest,
    schema: projectedSchema(columns, input.schema),
    ...(eventTime !== undefined && kept(eventTime) ? { eventTime } : {}),
    ...(keys?.every(kept) ? { keys } : {}),
  }
}

/** Exactly these columns, in this order. */
export interface SelectNode extends PlanNode {
  readonly kind: 'select'
  readonly columns: readonly NamedExpr[]
}

export const select = defineOperator<SelectNode>({
  kind: 'select',
  output: (node, [input]) => projectedOutput(node.columns, input!),
  explain: node => `select ${showColumns(node.columns)}`,
  needs: node => node.columns.flatMap(({ expr }) => columnsUsed(expr)),
  narrowed: (node, wanted) => selecting(node, node.columns, wanted),
  steps: node => [{ kind: 'project', columns: node.columns }],
})

/** A `select` in place of a node: those of `columns` that are wanted, and at least one. */
function selecting(
  { inputs }: PlanNode,
  columns: readonly NamedExpr[],
  wanted: ReadonlySet<string>,
): SelectNode {
  const kept = columns.filter(({ name }) => wanted.has(name))
  return { kind: 'select', inputs, columns: kept.length ? kept : columns.slice(0, 1) }
}

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

export const withNode = defineOperator<WithNode>({
  kind: 'with',
  output: (node, [input]) => projectedOutput(withColumns(node, input!.schema), input!),
  explain: node => `with ${showColumns(node.columns)}`,
  needs(node, wanted) {
    const computed = new Set(node.columns.map(({ name }) => name))
    return [
      ...[...wanted].filter(name => !computed.has(name)),
      ...node.columns.flatMap(c => columnsUsed(c.expr)),
    ]
  },
  steps: (node, input) => [{ kind: 'project', columns: withColumns(node, input) }],
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

export const drop = defineOperator<DropNode>({
  kind: 'drop',
  output: (node, [input]) => projectedOutput(remaining(node, input!.schema), input!),
  needs: (node, _wanted, input) => remaining(node, input.schema).map(({ name }) => name),
  narrowed: (node, wanted, input) => selecting(node, remaining(node, input.schema), wanted),
  explain: node => `drop ${node.columns.map(c => JSON.stringify(c)).join(', ')}`,
  steps: (node, input) => [{ kind: 'project', columns: remaining(node, input) }],
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

export const rename = defineOperator<RenameNode>({
  kind: 'rename',
  output(node, [input]) {
    const names = new Map(node.names)
    const output: NodeOutput = {
      ...input!,
      schema: projectedSchema(renamed(node, input!.schema), input!.schema),
    }
    return {
      ...output,
      ...(input!.eventTime === undefined
        ? {}
        : { eventTime: names.get(input!.eventTime) ?? input!.eventTime }),
      ...(input!.keys ? { keys: input!.keys.map(key => names.get(key) ?? key) } : {}),
    }
  },
  narrowed: (node, wanted, input) => selecting(node, renamed(node, input.schema), wanted),
  explain: node =>
    `rename ${node.names.map(([a, b]) => `${JSON.stringify(a)} to ${JSON.stringify(b)}`).join(', ')}`,
  steps: (node, input) => [{ kind: 'project', columns: renamed(node, input) }],
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
