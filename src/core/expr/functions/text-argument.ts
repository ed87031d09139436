/** What the functions of text share. */

import { PlanError } from '../../errors.ts'
import { isText } from '../../types/column-type.ts'
import { wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { show } from '../show.ts'
import { coerce } from './casts.ts'
import type { Bound } from './contract.ts'

/** The argument as text: a bare null becomes one, anything but text is refused. */
export const asText = (node: Bound, call: Call): Bound => {
  if (node.type === undefined) return coerce(node, 'utf8')
  if (!isText(node.type)) throw wrongArgument(call, 'text', node.type)
  return node
}

/** A text that is the same for all rows. @param example how it is written, for the error */
export function literalText(node: Bound, call: Call, example: string): string {
  if (node.kind === 'literal' && typeof node.cell === 'string') return node.cell
  throw new PlanError('ARGUMENT_TYPE', `${show(call)}: the pattern is a text, the same for all rows`, {
    hint: example,
  })
}
