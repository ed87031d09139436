import { DEAD_LETTERS } from '../formats/bad-rows.ts'
import type { Json } from '../formats/contract.ts'
import type { OnBadRow, PlanNode } from '../plan.ts'
import { fieldOf, type Schema, schemaOf } from '../types/schema.ts'
import { defineOperator } from './define.ts'

/** Blocks of bytes become rows. The planner puts it behind sources of bytes; no user writes one. */
export interface DecodeNode extends PlanNode {
  readonly kind: 'decode'
  readonly format: string
  /** For the decoder, unless the bytes bring their own along. */
  readonly options: Json
  /** The columns that are decoded: what a row is good or bad by. */
  readonly schema: Schema
  /** Those of them that leave, in this order. */
  readonly columns: readonly string[]
  readonly onBadRow: OnBadRow
  /** Somebody looks at the places of rows: they are where their records begin, and not only in that order. */
  readonly placed?: true
}

const FAILING: Readonly<Record<OnBadRow, string>> = {
  fail: '',
  skip: '; bad rows are left out',
  port: '; bad rows are dead letters',
}

export const decode = defineOperator<DecodeNode>({
  kind: 'decode',
  ports: ['failed'],
  output: ({ schema, columns }, [input], port) => ({
    ...input!,
    schema: port === 'failed' ? DEAD_LETTERS : schemaOf(columns.map(name => fieldOf(schema, name))),
  }),
  explain({ format, schema, columns, onBadRow }) {
    const shown = columns.map(name => `${JSON.stringify(name)} ${fieldOf(schema, name).type}`).join(', ')
    const others = schema.length - columns.length
    const checked = others > 0 ? `, ${others} more checked` : ''
    return `decode ${format}: ${shown}${checked}${FAILING[onBadRow]}`
  },
  runtime: () => import('./decode-runtime.ts'),
})
