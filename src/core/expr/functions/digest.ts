/** Hashes: one for buckets and samples, and those by which texts are known elsewhere. */

import { PlanError } from '../../errors.ts'
import { type ColumnType, isFloat, isNumeric, isText, isTimestamp } from '../../types/column-type.ts'
import { boundCall, expectArguments, untypedNull, wrongArgument } from '../bound.ts'
import type { Cell } from '../cell.ts'
import { hashBig, hashBytes, hashFloat, hashWhole } from '../murmur.ts'
import { show } from '../show.ts'
import type { Scratch } from '../text-bytes.ts'
import { type Emitted, type FunctionSpec, strict } from './contract.ts'
import { asText } from './text-argument.ts'

const MAX_SEED = 2 ** 32 - 1

/** `hash(x, seed)` as a uint32; equal values of any two whole types have equal hashes. */
const hash: FunctionSpec = {
  name: 'hash',
  bind(args, call) {
    expectArguments(call, 1)
    const [arg] = args
    if (arg!.type === undefined) throw untypedNull(call)
    const { type } = arg as { type: ColumnType }
    const isHashed =
      isText(type) || isNumeric(type) || type === 'bool' || type === 'date' || isTimestamp(type)
    if (!isHashed) throw wrongArgument(call, 'text, numbers, booleans and times', type)
    const seed = call.options?.seed ?? 0
    if (!Number.isInteger(seed) || (seed as number) < 0 || (seed as number) > MAX_SEED) {
      throw new PlanError(
        'OPTION',
        `${show(call)}: a seed is a whole number below 2^32, got ${String(seed)}`,
        {
          hint: 'r.user.hash(7)',
        },
      )
    }
    return boundCall(hash, 'uint32', [arg!], call, { seed })
  },
  interpret: strict((node, cell: Exclude<Cell, null>) => {
    const seed = node.options.seed as number
    if (typeof cell === 'string') {
      const bytes = new TextEncoder().encode(cell)
      return hashBytes(bytes, 0, bytes.length, seed)
    }
    if (isFloat(node.args[0]!.type!)) return hashFloat(cell as number, seed)
    return hashBig(BigInt(cell), seed)
  }),
  emit(node, emitter) {
    const { args, ...nulls } = emitter.strict(node)
    const [{ value, start, end }] = args as [Emitted]
    const type = node.args[0]!.type!
    const seed = emitter.outside(node.options.seed)
    const made = (compute: unknown, given: string): Emitted => ({
      value: emitter.constant(`${emitter.outside(compute)}(${given}, ${seed})`),
      ...nulls,
    })
    if (isText(type)) return made(hashBytes, `${value}, ${start}, ${end}`)
    if (isFloat(type)) return made(hashFloat, value)
    return emitter.representation(type) === 'big' ? made(hashBig, value) : made(hashWhole, `+${value}`)
  },
}

/** Loaded with the first digest: it is most of what a small program would load of Node. */
const digestOf = (name: string, data: string | Uint8Array): string =>
  process.getBuiltinModule('node:crypto').hash(name, data)

function digest(name: 'md5' | 'sha256'): FunctionSpec {
  const append = (scratch: Scratch, a: Uint8Array, s: number, e: number): number =>
    scratch.appendText(digestOf(name, a.subarray(s, e)))
  const spec: FunctionSpec = {
    name,
    costly: true,
    bind(args, call) {
      expectArguments(call, 1)
      return boundCall(spec, 'utf8', [asText(args[0]!, call)], call)
    },
    interpret: strict((_node, text: string) => digestOf(name, text)),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const { value, start, end } = args[0]!
      const given = emitter.outside(append)
      const code = `${given}(scratch, ${value}, ${start}, ${end})`
      const at = emitter.constant(nulls.valid === undefined ? code : `${nulls.valid} ? ${code} : 0`)
      return { ...emitter.scratchText(at), ...nulls }
    },
  }
  return spec
}

export const digests: readonly FunctionSpec[] = [hash, digest('md5'), digest('sha256')]
