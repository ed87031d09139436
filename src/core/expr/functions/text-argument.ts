/** What the functions of text share. */

import { isText } from '../../types/column-type.ts'
import { wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { coerce } from './casts.ts'
import type { Bound } from './contract.ts'

/** The argument as text: a bare null becomes one, anything but text is refused. */
export const asText = (node: Bound, call: Call): Bound => {
  if (node.type === undefined) return coerce(node, 'utf8')
  if (!isText(node.type)) throw wrongArgument(call, 'text', node.type)
  return node
}
