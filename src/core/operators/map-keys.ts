/** Maps are no keys and have no order: entries in another order are the same map, and comparing them so would cost a sort each. */

import { PlanError } from '../errors.ts'
import type { NodeOutput, PlanNode } from '../plan.ts'
import { anyType, isMap } from '../types/nested-type.ts'
import { fieldIndex } from '../types/schema.ts'
import type { Route } from './define.ts'

/**
 * Refuses a verb that would find rows by a map, or order them by one.
 *
 * @throws {PlanError} `KEY_TYPE`
 */
export function refuseMapKeys(
  node: PlanNode,
  routes: readonly Route[] | undefined,
  inputs: readonly NodeOutput[],
): void {
  routes?.forEach((route, i) => {
    if (typeof route === 'object') for (const name of route.keys) refuse(node, name, inputs[i]!, 'key')
  })
  for (const name of orderedBy(node)) for (const input of inputs) refuse(node, name, input, 'order')
}

/** Columns that a node names as what it orders rows by. */
function orderedBy(node: PlanNode): string[] {
  const { by, orderBy } = node as { by?: unknown; orderBy?: unknown }
  return [by, orderBy].flat().flatMap(key => {
    const column = (key as { column?: unknown } | undefined)?.column
    return typeof column === 'string' ? [column] : []
  })
}

function refuse({ kind }: PlanNode, name: string, { schema }: NodeOutput, use: 'key' | 'order'): void {
  const type = schema[fieldIndex(schema, name)]?.type
  if (type === undefined || !anyType(type, isMap)) return
  const what = use === 'key' ? 'a map is no key' : 'maps have no order'
  throw new PlanError('KEY_TYPE', `${kind}: ${what}, and ${JSON.stringify(name)} is ${type}`, {
    hint: `take what it has for a key, or its entries: .with({ k: r => r.${/^\w+$/.test(name) ? name : 'column'}.get('k') })`,
  })
}
