/** The ends of a plan: where rows come from and where they land. Connectors do the work. */

import { BYTES } from '../connector.ts'
import { DEAD_LETTERS } from '../formats/bad-rows.ts'
import type { NodeOutput, SinkNode, SourceNode } from '../plan.ts'
import { defineOperator } from './define.ts'

export const source = defineOperator<SourceNode>({
  kind: 'source',
  ports: ['failed'],
  output: (node, _inputs, port): NodeOutput => ({
    schema: port === 'failed' ? DEAD_LETTERS : node.encoded ? BYTES : node.schema!,
    bounded: node.bounded,
    lateness: false,
    timeOrdered: false,
    rows: 'append',
  }),
  explain: node => node.label,
})

export const sink = defineOperator<SinkNode>({
  kind: 'sink',
  output: (_node, [input]) => input!,
  takesChanges: true,
  explain: node => `write to ${node.label}`,
})
