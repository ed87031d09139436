/**
 * Functions of lists. Places count from 0, negative ones from the end; a null list gives null. Elements may be null and are
 * compared as keys are: nulls are equal, so are all NaNs, and both zeros.
 */

import { type Column, NO_VALUES } from '../../batch/column.ts'
import { compareCells } from '../../batch/compare.ts'
import { concatColumn } from '../../batch/concat-column.ts'
import { checkListSize } from '../../batch/list-offsets.ts'
import { takeOrNull } from '../../batch/null-column.ts'
import { type Arena, allocInt32 } from '../../batch/slab.ts'
import { takeColumn } from '../../batch/take-column.ts'
import { elementType, isList, isMap, type ListType, listType } from '../../types/nested-type.ts'
import { adaptLiterals, boundCall, expectArguments, mergedType, wrongArgument } from '../bound.ts'
import { coerce } from './casts.ts'
import type { BoundCall, FunctionSpec } from './contract.ts'
import {
  argumentColumn,
  asElement,
  asList,
  asPlace,
  boolColumn,
  type ColumnArguments,
  int32Column,
  isValid,
  listsOf,
  literalColumn,
  NO_NUMBER,
  NO_ROW,
  placeReader,
  sameKind,
  validityWhere,
  withValidity,
} from './nested-cells.ts'

/** The element at a place; null beyond the ends. */
const at: FunctionSpec = {
  name: 'at',
  bind(args, call) {
    expectArguments(call, 2)
    const list = asList(args[0]!, call)
    return boundCall(at, elementType(list.type), [list, asPlace(args[1]!, call)], call)
  },
  nulls: 'own',
  columns(node, args, count, arena) {
    const { offsets, elements, validity } = listsOf(args[0]!)
    const place = placeReader(node.args[1]!, args[1])
    const rows = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const start = offsets[i]!
      const length = offsets[i + 1]! - start
      const given = place(i)
      const own = given < 0 ? given + length : given
      rows[i] = own >= 0 && own < length && isValid(validity, i) ? start + own : NO_ROW
    }
    return takeOrNull(elements, offsets[count]!, rows, arena)
  },
}

/** How many elements a list has, or entries a map. */
export const listLength: FunctionSpec = {
  name: 'length',
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(listLength, 'int32', args, call)
  },
  columns(_node, [list], count, arena) {
    const offsets = list!.offsets!
    const values = allocInt32(arena, count)
    for (let i = 0; i < count; i++) values[i] = offsets[i + 1]! - offsets[i]!
    return withValidity({ type: 'int32', values }, list!.validity)
  },
}

/** Where elements equal a value: calls `found(list, place)` for the first place of each list that has one. */
function findFirst(
  node: BoundCall,
  args: ColumnArguments,
  count: number,
  found: (i: number, place: number) => void,
): { isNull(i: number): boolean } {
  const { offsets, elements, validity } = listsOf(args[0]!)
  const wanted = args[1] ?? literalColumn(node.args[1]!)
  const step = args[1] ? 1 : 0
  const isNull = (i: number) => !isValid(validity, i) || !isValid(wanted.validity, step * i)
  for (let i = 0; i < count; i++) {
    if (isNull(i)) continue
    const end = offsets[i + 1]!
    for (let element = offsets[i]!; element < end; element++) {
      if (compareCells(elements, element, wanted, step * i) !== 0) continue
      found(i, element - offsets[i]!)
      break
    }
  }
  return { isNull }
}

export const listContains: FunctionSpec = {
  name: 'contains',
  bind(args, call) {
    expectArguments(call, 2)
    const list = asList(args[0]!, call)
    return boundCall(listContains, 'bool', [list, asElement(args[1]!, elementType(list.type), call)], call)
  },
  columns(node, args, count, arena) {
    const has = new Uint8Array(count)
    const { isNull } = findFirst(node, args, count, i => {
      has[i] = 1
    })
    return boolColumn(count, arena, i => (isNull(i) ? undefined : has[i] === 1))
  },
}

/** The first place of an element that equals the value; -1 where none does. */
export const listIndexOf: FunctionSpec = {
  name: 'indexOf',
  bind(args, call) {
    expectArguments(call, 2, 3)
    const list = asList(args[0]!, call)
    return boundCall(listIndexOf, 'int32', [list, asElement(args[1]!, elementType(list.type), call)], call)
  },
  columns(node, args, count, arena) {
    const places = new Int32Array(count).fill(-1)
    const { isNull } = findFirst(node, args, count, (i, place) => {
      places[i] = place
    })
    return int32Column(count, arena, i => (isNull(i) ? NO_NUMBER : places[i]!))
  },
}

/** Elements `start` to before `end`, as `Array.prototype.slice` takes them. */
export const listSlice: FunctionSpec = {
  name: 'slice',
  bind(args, call) {
    expectArguments(call, 2, 3)
    const [list, ...places] = args
    return boundCall(
      listSlice,
      asList(list!, call).type,
      [list!, ...places.map(place => asPlace(place, call))],
      call,
    )
  },
  nulls: 'own',
  columns(node, args, count, arena) {
    const { offsets, validity } = listsOf(args[0]!)
    const from = placeReader(node.args[1]!, args[1])
    const until = node.args[2] ? placeReader(node.args[2], args[2]) : () => 2 ** 31 - 1
    const isNull = (i: number) => !isValid(validity, i) || from(i) === NO_NUMBER || until(i) === NO_NUMBER
    return gatheredLists(args[0]!, count, arena, isNull, (i, take) => {
      const start = offsets[i]!
      const length = offsets[i + 1]! - start
      const within = (place: number) => Math.min(length, Math.max(0, place < 0 ? place + length : place))
      for (let k = within(from(i)); k < within(until(i)); k++) take(start + k)
    })
  },
}

/** Lists of some elements of those of a column, in any order. */
function gatheredLists(
  { type, offsets, children }: Column,
  count: number,
  arena: Arena,
  isNull: (i: number) => boolean,
  elementsOf: (i: number, take: (element: number) => void) => void,
): Column {
  const ends = allocInt32(arena, count + 1)
  let elements = new Uint32Array(offsets![count]! - offsets![0]!)
  let size = 0
  const take = (element: number) => {
    if (size === elements.length) {
      const grown = new Uint32Array(Math.max(64, 2 * size))
      grown.set(elements)
      elements = grown
    }
    elements[size++] = element
  }
  ends[0] = 0
  for (let i = 0; i < count; i++) {
    if (!isNull(i)) elementsOf(i, take)
    ends[i + 1] = size
  }
  const child = takeColumn(children![0]!, elements.subarray(0, size), arena)
  const column: Column = { type, values: NO_VALUES, offsets: ends, children: [child] }
  return withValidity(column, validityWhere(count, arena, isNull))
}

export const listReverse: FunctionSpec = {
  name: 'reverse',
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(listReverse, asList(args[0]!, call).type, args, call)
  },
  columns(_node, [list], count, arena) {
    const { offsets, validity } = listsOf(list!)
    return gatheredLists(
      list!,
      count,
      arena,
      i => !isValid(validity, i),
      (i, take) => {
        for (let element = offsets[i + 1]! - 1; element >= offsets[i]!; element--) take(element)
      },
    )
  },
}

/** Sorted as `orderBy` sorts: nulls last in either direction, unless asked otherwise. */
const listSort: FunctionSpec = {
  name: 'sort',
  closed: true,
  phrase: ([a]) => `${a}.sort()`,
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(listSort, asList(args[0]!, call).type, args, call, call.options)
  },
  columns(node, [list], count, arena) {
    const { offsets, elements, validity } = listsOf(list!)
    const { descending, nulls } = node.options
    const rows: number[] = []
    const nullsFirst = nulls === 'first'
    const compare = (a: number, b: number): number => {
      const [nullA, nullB] = [!isValid(elements.validity, a), !isValid(elements.validity, b)]
      if (nullA || nullB) return nullA === nullB ? a - b : nullA === nullsFirst ? -1 : 1
      const order = compareCells(elements, a, elements, b)
      return (descending ? -order : order) || a - b
    }
    return gatheredLists(
      list!,
      count,
      arena,
      i => !isValid(validity, i),
      (i, take) => {
        rows.length = 0
        for (let element = offsets[i]!; element < offsets[i + 1]!; element++) rows.push(element)
        for (const element of rows.sort(compare)) take(element)
      },
    )
  },
}

/** The first of each element that occurs several times; null is one like any other. */
const listDistinct: FunctionSpec = {
  name: 'distinct',
  closed: true,
  phrase: ([a]) => `${a}.distinct()`,
  bind(args, call) {
    expectArguments(call, 1)
    return boundCall(listDistinct, asList(args[0]!, call).type, args, call)
  },
  columns(_node, [list], count, arena) {
    const { offsets, elements, validity } = listsOf(list!)
    const rows: number[] = []
    return gatheredLists(
      list!,
      count,
      arena,
      i => !isValid(validity, i),
      (i, take) => {
        rows.length = 0
        for (let element = offsets[i]!; element < offsets[i + 1]!; element++) rows.push(element)
        rows.sort((a, b) => compareCells(elements, a, elements, b) || a - b)
        const kept = rows.filter(
          (row, k) => k === 0 || compareCells(elements, rows[k - 1]!, elements, row) !== 0,
        )
        for (const element of kept.sort((a, b) => a - b)) take(element)
      },
    )
  },
}

/** The elements of several lists, one list after the other; null where one is. */
export const listConcat: FunctionSpec = {
  name: 'concat',
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const lists = args.map(arg => asList(arg, call))
    const { type } = lists[0]!
    for (const list of lists)
      if (!sameKind(elementType(list.type), elementType(type)))
        throw wrongArgument(call, `lists as ${type}`, list.type)
    const own = elementType(type) === 'dictionary' ? listType('utf8') : type
    return boundCall(listConcat, own, lists, call)
  },
  columns(node, args, count, arena) {
    const lists = args.map((_, a) => listsOf(argumentColumn(node, a, args, count, arena)))
    const sizes = lists.map(({ offsets }) => offsets[count]!)
    const parts = sizes.map(length => ({ length }))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    checkListSize(total)
    const type = elementType(node.type as ListType)
    const elements = concatColumn(
      lists.map(({ elements }) => ({ ...elements, type })),
      parts,
      total,
      arena,
    )
    let base = 0
    const bases = sizes.map(size => (base += size) - size)
    const offsets = new Int32Array(count + 1)
    offsets[count] = total
    const whole: Column = {
      type: node.type,
      values: NO_VALUES,
      offsets,
      children: [elements],
    }
    const isNull = (i: number) => lists.some(({ validity }) => !isValid(validity, i))
    return gatheredLists(whole, count, arena, isNull, (i, take) => {
      lists.forEach(({ offsets }, a) => {
        for (let k = offsets[i]!; k < offsets[i + 1]!; k++) take(bases[a]! + k)
      })
    })
  },
}

/** `list(a, b, …)`: a list of values of one type; never null itself. */
const list: FunctionSpec = {
  name: 'list',
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const adapted = adaptLiterals(args)
    const merged = mergedType(adapted, call)
    const type = merged === 'dictionary' ? 'utf8' : merged
    return boundCall(
      list,
      listType(type),
      adapted.map(arg => coerce(arg, type)),
      call,
    )
  },
  nulls: 'never',
  columns(node, args, count, arena) {
    const width = args.length
    checkListSize(width * count)
    const type = elementType(node.type as ListType)
    const columns = args.map((_, a) => ({ ...argumentColumn(node, a, args, count, arena), type }))
    const joined = concatColumn(
      columns,
      columns.map(() => ({ length: count })),
      width * count,
      arena,
    )
    const rows = new Uint32Array(width * count)
    const offsets = allocInt32(arena, count + 1)
    offsets[0] = 0
    for (let i = 0; i < count; i++) {
      for (let a = 0; a < width; a++) rows[i * width + a] = a * count + i
      offsets[i + 1] = (i + 1) * width
    }
    return { type: node.type, values: NO_VALUES, offsets, children: [takeColumn(joined, rows, arena)] }
  },
}

/** Functions whose names texts have, too: those of lists, by name. */
const BY_NAME = new Map(
  [listLength, listContains, listIndexOf, listSlice, listReverse, listConcat].map(spec => [spec.name, spec]),
)

/** The function for texts and for lists; `length` for maps as well. */
export function alsoOfLists(spec: FunctionSpec): FunctionSpec {
  const ofLists = BY_NAME.get(spec.name)
  if (!ofLists) return spec
  const isOfLists = (type: string | undefined) =>
    type !== undefined && (isList(type) || (isMap(type) && ofLists === listLength))
  return {
    ...spec,
    maybeColumns: true,
    bind: (args, call, outside) => (isOfLists(args[0]?.type) ? ofLists : spec).bind(args, call, outside),
  }
}

export const lists: readonly FunctionSpec[] = [at, listSort, listDistinct, list]
