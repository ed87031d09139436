import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { showDuration } from '../time/duration.ts'
import type { ColumnType } from '../types/column-type.ts'
import { type Field, fieldIndex, fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import type { OperatorContext } from './contract.ts'
import { defineOperator } from './define.ts'
import { HashJoin } from './hash-join.ts'
import { commonKeyType } from './join-keys.ts'
import { StreamJoin } from './stream-join.ts'

/** Columns that must be equal, and not null, for two rows to meet. */
export interface KeyPair {
  readonly left: string
  readonly right: string
}

/** A column of the output: `column` of the first input (0) or the second (1). */
export interface JoinedColumn {
  readonly input: 0 | 1
  readonly column: string
  readonly as: string
}

/** Each row of the first input with each row of the second that has the same keys. */
export interface JoinNode extends PlanNode {
  readonly kind: 'join'
  readonly how: 'inner'
  readonly on: readonly KeyPair[]
  /** Appended to names of the second input that the first has, too. */
  readonly suffix: string
  /** Rows meet only when their event times are no further apart. */
  readonly ttlMs?: number
  /** What leaves. Absent: all columns, a key of one name once. */
  readonly columns?: readonly JoinedColumn[]
}

/** Where the runtime finds things; inputs are 0 and 1. */
export interface JoinLayout {
  /** By input: the key columns, by their places. */
  readonly keyColumns: readonly [readonly number[], readonly number[]]
  /** By key: the type that both sides are cast to. */
  readonly keyTypes: readonly ColumnType[]
  readonly columns: readonly { readonly input: 0 | 1; readonly column: number }[]
  /** How far apart event times may be; and by input, the column that holds it. */
  readonly within?: { readonly ms: number; readonly times: readonly [number, number] }
}

export const join = defineOperator<JoinNode>({
  kind: 'join',
  output(node, inputs) {
    const [left, right] = inputs as readonly [NodeOutput, NodeOutput]
    keyTypes(node, left.schema, right.schema)
    if (node.ttlMs !== undefined) for (const input of inputs) checkTtl(input)
    const columns = joinedColumns(node, left.schema, right.schema)
    const keys = node.on.map(({ left }) => left)
    const kept = keys.every(key =>
      columns.some(({ input, as, column }) => input === 0 && as === key && column === key),
    )
    return {
      schema: schemaOf(
        columns.map(({ input, column, as }): Field => {
          const { type } = fieldOf(inputs[input]!.schema, column)
          return { name: as, type }
        }),
      ),
      bounded: left.bounded && right.bounded,
      lateness: false,
      timeOrdered: false,
      rows: inputs.some(({ rows }) => rows === 'changes') ? 'changes' : 'append',
      ...(kept ? { keys } : {}),
    }
  },
  explain({ on, ttlMs }) {
    const keys = on.map(({ left, right }) =>
      left === right ? JSON.stringify(left) : `${JSON.stringify(left)} = ${JSON.stringify(right)}`,
    )
    const within = ttlMs === undefined ? '' : `, at most ${showDuration(ttlMs)} apart`
    return `inner join on ${keys.join(', ')}${within}`
  },
  needs(node, wanted, input, { index, inputs }) {
    const [left, right] = inputs
    const columns = joinedColumns(node, left!.schema, right!.schema)
    const time = node.ttlMs === undefined ? [] : [input.eventTime!]
    return [
      ...columns.filter(({ input, as }) => input === index && wanted.has(as)).map(({ column }) => column),
      ...node.on.map(pair => (index === 0 ? pair.left : pair.right)),
      ...time,
    ]
  },
  // Names say which columns the inputs had before others were left out.
  narrowed(node, wanted, _input, inputs) {
    const columns = joinedColumns(node, inputs[0]!.schema, inputs[1]!.schema)
    const kept = columns.filter(({ as }) => wanted.has(as))
    return { ...node, columns: kept.length ? kept : columns.slice(0, 1) } as JoinNode
  },
  passesThrough: (node, column) =>
    node.columns?.some(({ input, as, column: name }) => input === 0 && as === column && name === column) ??
    true,
  routes: ({ on }) => [{ keys: on.map(({ left }) => left) }, { keys: on.map(({ right }) => right) }],
  ordered: () => true,
  readsFirst: (_node, inputs) => builtSide(inputs),
  children(_node, inputs) {
    const side = builtSide(inputs)
    return side === undefined ? 0 : (inputs[1 - side]!.children ?? 0) + 1
  },
  takesChanges: true,
  // The pairs are the same; what goes by their order is not: a limit, or which rows a watermark behind the join finds late.
  notRepeatable: (_node, inputs) =>
    inputs.every(({ bounded }) => !bounded)
      ? 'the order of pairs goes by when the rows of both streams arrive'
      : undefined,
  open(node, context) {
    const layout = layoutOf(node, context)
    const side = builtSide(context.inputs)
    return side === undefined ? new StreamJoin(layout, context) : new HashJoin(layout, side, context)
  },
})

/** Which input is held until it has ended, to be looked up in: the second, or the only one that ends. */
function builtSide([left, right]: readonly Pick<NodeOutput, 'bounded'>[]): 0 | 1 | undefined {
  if (right!.bounded) return 1
  return left!.bounded ? 0 : undefined
}

/** By key: the type that both sides are cast to. @throws {PlanError} `JOIN_TYPE`, `UNKNOWN_COLUMN` */
function keyTypes({ on }: JoinNode, left: Schema, right: Schema): ColumnType[] {
  return on.map(pair => {
    const [a, b] = [fieldOf(left, pair.left).type, fieldOf(right, pair.right).type]
    const type = commonKeyType(a, b)
    if (type !== undefined) return type
    throw new PlanError(
      'JOIN_TYPE',
      `join cannot compare ${JSON.stringify(pair.left)} ${a} with ${JSON.stringify(pair.right)} ${b}`,
      { hint: "cast one of them first: .with({ key: r => r.key.cast('int64') })" },
    )
  })
}

function checkTtl({ eventTime, rows }: NodeOutput): void {
  if (eventTime === undefined) {
    throw new PlanError('NO_EVENT_TIME', 'the ttl of join goes by event time, and an input has none', {
      hint: "put .watermark('column') before both sides",
    })
  }
  if (rows === 'changes') {
    throw new PlanError('CHANGES_INPUT', 'join with a ttl cannot take a changelog', {
      hint: 'leave ttl out: the changelog says itself what is gone',
    })
  }
}

/** The columns that leave, with their names. @throws {PlanError} `DUPLICATE_COLUMN` */
function joinedColumns(
  { columns, on, suffix }: JoinNode,
  left: Schema,
  right: Schema,
): readonly JoinedColumn[] {
  if (columns) return columns
  const names = new Set(left.map(({ name }) => name))
  const shared = new Set(on.filter(pair => pair.left === pair.right).map(pair => pair.right))
  const all: JoinedColumn[] = left.map(({ name }) => ({ input: 0, column: name, as: name }))
  for (const { name } of right) {
    if (shared.has(name)) continue
    all.push({ input: 1, column: name, as: names.has(name) ? name + suffix : name })
  }
  return all
}

function layoutOf(node: JoinNode, { inputs }: OperatorContext): JoinLayout {
  const [left, right] = [inputs[0]!.schema, inputs[1]!.schema]
  const timeOf = ({ schema, eventTime }: NodeOutput) => fieldIndex(schema, eventTime!)
  return {
    keyColumns: [
      node.on.map(pair => fieldIndex(left, pair.left)),
      node.on.map(pair => fieldIndex(right, pair.right)),
    ],
    keyTypes: keyTypes(node, left, right),
    columns: joinedColumns(node, left, right).map(({ input, column }) => ({
      input,
      column: fieldIndex(input === 0 ? left : right, column),
    })),
    ...(node.ttlMs === undefined
      ? {}
      : { within: { ms: node.ttlMs, times: [timeOf(inputs[0]!), timeOf(inputs[1]!)] } }),
  }
}
