import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { FunctionRef } from '../user-functions/function-ref.ts'
import { defineOperator, type OperatorDefinition } from './define.ts'
import { followColumns } from './follow-columns.ts'

/** Rows made of rows by a function of the user's: one of each, or for `flatMap` any number. */
export interface MapNode extends PlanNode {
  readonly kind: 'map' | 'flatMap'
  readonly function: FunctionRef
  /** What `explain` calls it. */
  readonly name: string
  /** The columns that the function gives. */
  readonly out: Schema
  /** Columns of the row that stay as they are, before those. */
  readonly keep: readonly string[]
  /** What becomes of rows for which the function fails: with `port` they leave by the port `failed`. */
  readonly onError: 'fail' | 'skip' | 'port'
  /** How many promises are waited for at once. */
  readonly concurrency: number
  /** False: rows leave as their promises settle. */
  readonly ordered: boolean
  /** A promise that has not settled by then has failed. */
  readonly timeoutMs?: number
  /** Equal rows may give others. */
  readonly impure?: true
  /** What the function gives is not looked at: `tap`. */
  readonly tap?: true
}

/** The column of failed rows that says why. */
export const ERROR_COLUMN = 'error'

function outputOf(node: MapNode, input: NodeOutput, port: string): NodeOutput {
  if (input.rows === 'changes' && node.impure) {
    throw new PlanError(
      'CHANGES_INPUT',
      `${node.kind} of an impure function cannot take a changelog: rows taken back might become others`,
      {
        hint: 'leave out pure: false if equal rows give equal rows',
      },
    )
  }
  if (port === 'failed') {
    const { uniqueKeys: _, ...rest } = input
    return { ...rest, schema: schemaOf([...input.schema, { name: ERROR_COLUMN, type: 'utf8' }]) }
  }
  const kept = node.keep.map(name => fieldOf(input.schema, name))
  const output = followColumns(input, schemaOf([...kept, ...node.out]), name =>
    node.keep.includes(name) ? name : undefined,
  )
  if (node.kind === 'map') return output
  const { uniqueKeys: _, ...rest } = output
  return rest
}

function defineMap(kind: MapNode['kind']): OperatorDefinition {
  return defineOperator<MapNode>({
    kind,
    ports: ['failed'],
    ...(kind === 'map' && { takesChanges: true as const }),
    output: (node, [input], port) => outputOf(node, input!, port),
    explain({ name, out, keep, onError, tap }) {
      if (tap) return `tap ${name}`
      const columns = [...keep, ...out.map(field => field.name)]
        .map(column => JSON.stringify(column))
        .join(', ')
      const failing = {
        fail: '',
        skip: '; rows that fail are left out',
        port: '; rows that fail are dead letters',
      }
      return `${kind} ${name} to ${columns}${failing[onError]}`
    },
    passesThrough: ({ keep }, column) => keep.includes(column),
    ...(kind === 'flatMap' && { children: (_node, [input]) => (input!.children ?? 0) + 1 }),
    notRepeatable: ({ name, impure, ordered }) =>
      impure
        ? `${name} may give other rows for equal ones`
        : ordered
          ? undefined
          : 'rows leave in the order in which their promises settle',
    usesFunctions: node => [node.function],
    runtime: () => import('./map-rows.ts'),
  })
}

export const map = defineMap('map')
export const flatMap = defineMap('flatMap')
