/** Structs: their fields, and making them. */

import { NO_VALUES } from '../../batch/column.ts'
import { isStruct, structFields, structType } from '../../types/nested-type.ts'
import { fieldIndex } from '../../types/schema.ts'
import { boundCall, expectArguments, untypedNull, wrongArgument } from '../bound.ts'
import { show } from '../show.ts'
import { fieldColumn } from '../struct-columns.ts'
import { unknownField } from '../unknown-field.ts'
import type { FunctionSpec } from './contract.ts'
import { argumentColumn } from './nested-cells.ts'

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The field of that name; null where the struct is. */
const field: FunctionSpec = {
  name: 'field',
  closed: true,
  phrase: ([a], _args, { name }) =>
    IDENTIFIER.test(String(name)) ? `${a}.${name}` : `${a}.${JSON.stringify(name)}`,
  bind(args, call) {
    expectArguments(call, 1)
    const [arg] = args
    if (arg!.type === undefined) throw untypedNull(call)
    if (!isStruct(arg!.type)) throw wrongArgument(call, 'a struct', arg!.type)
    const fields = structFields(arg!.type)
    const name = call.options?.name
    const index = typeof name === 'string' ? fieldIndex(fields, name) : -1
    if (index < 0) throw unknownField(fields, name, show(call.args[0]!))
    const { type } = fields[index]!
    // Of a column it is a column; of a struct just made, what it was made of.
    if (arg!.kind === 'column' && arg!.within) return arg!.within(index, call)
    if (arg!.kind === 'call' && arg!.spec === struct) return arg!.args[index]!
    return boundCall(field, type, [arg!], call, { field: index })
  },
  nulls: 'own',
  columns: (node, [column], count, arena) => fieldColumn(column!, node.options.field as number, count, arena),
}

/** `struct({ a: …, b: … })`; never null itself. */
export const struct: FunctionSpec = {
  name: 'struct',
  phrase: (_operands, args, { names }) =>
    `struct(${args.map((arg, i) => `${JSON.stringify((names as string[])[i])}: ${arg}`).join(', ')})`,
  bind(args, call) {
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const names = call.options?.names as readonly string[]
    const fields = args.map(({ type }, i) => {
      if (type === undefined) throw untypedNull(call.args[i]!)
      return { name: names[i]!, type: type === 'dictionary' ? ('utf8' as const) : type }
    })
    return boundCall(struct, structType(fields), args, call, { names })
  },
  nulls: 'never',
  columns(node, args, count, arena) {
    const fields = structFields(node.type as 'struct<>')
    const children = fields.map(({ type }, i) => ({ ...argumentColumn(node, i, args, count, arena), type }))
    return { type: node.type, values: NO_VALUES, children }
  },
}

export const structs: readonly FunctionSpec[] = [field, struct]
