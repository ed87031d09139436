/** What decodes, by the format that the plan names. */

import { formatOf } from '../formats/index.ts'
import type { Operator, OperatorContext } from './contract.ts'
import type { DecodeNode } from './decode.ts'
import { openDecode } from './decode-rows.ts'

export const open = (node: DecodeNode, context: OperatorContext): Operator =>
  openDecode(node, formatOf(node.format), context)
