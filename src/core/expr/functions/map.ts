/** Functions of maps. A null map gives null. */

import { type Column, NO_VALUES } from '../../batch/column.ts'
import { compareCells } from '../../batch/compare.ts'
import { takeOrNull } from '../../batch/null-column.ts'
import type { ColumnType } from '../../types/column-type.ts'
import { isMap, listType, type MapType, mapTypes } from '../../types/nested-type.ts'
import { boundCall, expectArguments, untypedNull, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import type { Bound, FunctionSpec } from './contract.ts'
import { asElement, isValid, listsOf, literalColumn, NO_ROW, withValidity } from './nested-cells.ts'

function asMap(node: Bound, call: Call): Bound & { readonly type: MapType } {
  if (node.type === undefined) throw untypedNull(call)
  if (!isMap(node.type)) throw wrongArgument(call, 'a map', node.type)
  return node as Bound & { type: MapType }
}

/** The value under a key; null where there is none. */
const get: FunctionSpec = {
  name: 'get',
  closed: true,
  phrase: ([a, key]) => `${a}.get(${key})`,
  bind(args, call) {
    expectArguments(call, 2)
    const map = asMap(args[0]!, call)
    const { key, value } = mapTypes(map.type)
    return boundCall(get, value, [map, asElement(args[1]!, key, call)], call)
  },
  nulls: 'own',
  columns(node, args, count, arena) {
    const { offsets, elements, validity } = listsOf(args[0]!)
    const [keys, values] = elements.children as [Column, Column]
    const wanted = args[1] ?? literalColumn(node.args[1]!)
    const step = args[1] ? 1 : 0
    const rows = new Uint32Array(count).fill(NO_ROW)
    for (let i = 0; i < count; i++) {
      if (!isValid(validity, i) || !isValid(wanted.validity, step * i)) continue
      for (let entry = offsets[i]!; entry < offsets[i + 1]!; entry++) {
        if (compareCells(keys, entry, wanted, step * i) !== 0) continue
        rows[i] = entry
        break
      }
    }
    return takeOrNull(values, offsets[count]!, rows, arena)
  },
}

/** Keys, or values, as a list: the same memory. */
function part(name: 'keys' | 'values', child: 0 | 1): FunctionSpec {
  const typeOf = (type: MapType): ColumnType =>
    listType(name === 'keys' ? mapTypes(type).key : mapTypes(type).value)
  const spec: FunctionSpec = {
    name,
    closed: true,
    phrase: ([a]) => `${a}.${name}()`,
    bind(args, call) {
      expectArguments(call, 1)
      const map = asMap(args[0]!, call)
      return boundCall(spec, typeOf(map.type), [map], call)
    },
    columns(node, [map]) {
      const { offsets, elements, validity } = listsOf(map!)
      const lists = { type: node.type, values: NO_VALUES, offsets, children: [elements.children![child]!] }
      return withValidity(lists, validity)
    },
  }
  return spec
}

export const maps: readonly FunctionSpec[] = [get, part('keys', 0), part('values', 1)]
