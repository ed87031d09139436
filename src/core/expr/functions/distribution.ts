/**
 * Functions of a distribution at a number: `cdf(x, distribution)`. Null where the number is, NaN where it is NaN. The
 * distribution is an option of the call, as data; binding opens it where a registry is at hand, that is in a kernel or
 * the interpreter, not while a plan is typed.
 */

import type { DistributionData, DistributionFunction } from '../../distribution.ts'
import { isNumeric } from '../../types/column-type.ts'
import { boundCall, expectArguments, wrongArgument } from '../bound.ts'
import { coerce } from './casts.ts'
import { type BoundCall, type FunctionSpec, strict } from './contract.ts'

type Compute = (x: number) => number

function computeOf({ spec, options }: BoundCall): Compute {
  if (typeof options.compute === 'function') return options.compute as Compute
  throw new RangeError(`${spec.name}() was bound without distributions, so it cannot be evaluated`)
}

function distributionFunction(name: DistributionFunction): FunctionSpec {
  const spec: FunctionSpec = {
    name,
    costly: true,
    bind(args, call, outside) {
      expectArguments(call, 1)
      const [arg] = args
      if (arg!.type !== undefined && !isNumeric(arg!.type)) throw wrongArgument(call, 'a number', arg!.type)
      const opened = outside?.distributions?.(call.options!.distribution as DistributionData)
      const compute: Compute | undefined = opened && (x => opened[name]!(x))
      return boundCall(spec, 'float64', [coerce(arg!, 'float64')], call, { compute })
    },
    interpret: strict((node, x: number) => computeOf(node)(x)),
    emit(node, emitter) {
      const { args, ...nulls } = emitter.strict(node)
      const code = `${emitter.outside(computeOf(node))}(${args[0]!.value})`
      // What lies under a null may be anything, and does not deserve a series expansion.
      const value = emitter.constant(nulls.valid === undefined ? code : `(${nulls.valid}) ? ${code} : 0`)
      return { value, ...nulls }
    },
  }
  return spec
}

export const distributions: readonly FunctionSpec[] = [
  distributionFunction('pdf'),
  distributionFunction('logPdf'),
  distributionFunction('pmf'),
  distributionFunction('logPmf'),
  distributionFunction('cdf'),
  distributionFunction('sf'),
  distributionFunction('logCdf'),
  distributionFunction('logSf'),
  distributionFunction('quantile'),
  distributionFunction('isf'),
]
