/** Values in a template: `format(x, '{} of {}', y)`. */

import { PlanError } from '../../errors.ts'
import { type ColumnType, isFloat, isText } from '../../types/column-type.ts'
import { boundCall, expectArguments, isWhole, untypedNull, wrongArgument } from '../bound.ts'
import type { Call } from '../expr.ts'
import { show } from '../show.ts'
import type { Scratch } from '../text-bytes.ts'
import { decodeBetween } from '../text-points.ts'
import { type FormatValue, fillTemplate, parseTemplate } from '../text-template.ts'
import {
  type Bound,
  type BoundCall,
  type Emitted,
  type Emitter,
  type FunctionSpec,
  strict,
} from './contract.ts'
import { formatTime, isTimeArgument } from './time-text.ts'

function kindOf(node: Bound, call: Call): 'text' | 'whole' | 'float' | 'bool' {
  const { type } = node
  if (type === undefined) throw untypedNull(call)
  if (isText(type)) return 'text'
  if (type === 'bool') return 'bool'
  if (isFloat(type)) return 'float'
  if (isWhole(type)) return 'whole'
  throw wrongArgument(call, 'texts, numbers and booleans', type, 'format() the time by itself before')
}

/** No parity: floats have the fewest digits that identify them, and DuckDB has other formats, too. */
export const formatTemplate: FunctionSpec = {
  name: 'format',
  costly: true,
  bind(args, call) {
    if (isTimeArgument(args[0])) return formatTime.bind(args, call)
    expectArguments(call, 1, Number.POSITIVE_INFINITY)
    const pattern = call.options?.pattern
    const kinds = args.map(arg => kindOf(arg, call))
    const parts = typeof pattern === 'string' ? parseTemplate(pattern, kinds) : 'the template is a text'
    if (typeof parts === 'string') {
      throw new PlanError('ARGUMENT_TYPE', `${show(call)}: ${parts}`, {
        hint: "r.name.format('{} has {:.1f} of {:>6}', r.part, r.total)",
      })
    }
    return boundCall(formatTemplate, 'utf8', args, call, { parts })
  },
  interpret: strict(({ options }, ...values: FormatValue[]) =>
    fillTemplate(options.parts as ReturnType<typeof parseTemplate> as [], values),
  ),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const values = args.map((arg, i) => jsValue(node.args[i]!.type!, arg, emitter))
    const code = `${emitter.outside(append)}(scratch, ${emitter.outside(partsOf(node))}, [${values.join(', ')}])`
    const start = emitter.constant(nulls.valid === undefined ? code : `${nulls.valid} ? ${code} : 0`)
    return { ...emitter.scratchText(start), ...nulls }
  },
}

const partsOf = ({ options }: BoundCall): unknown => options.parts

const append = (scratch: Scratch, parts: [], values: FormatValue[]): number =>
  scratch.appendText(fillTemplate(parts, values).toWellFormed())

function jsValue(type: ColumnType, { value, start, end }: Emitted, emitter: Emitter): string {
  if (isText(type)) return `${emitter.outside(decodeBetween)}(${value}, ${start}, ${end})`
  return type === 'bool' ? `!!(${value})` : value
}

export const formats: readonly FunctionSpec[] = [formatTemplate]
