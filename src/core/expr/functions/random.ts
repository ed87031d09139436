/** Numbers drawn by the place of a row, so that a row has the same one however the data comes. */

import { hashPlaces } from '../../batch/place-hash.ts'
import { allocFloat64 } from '../../batch/slab.ts'
import { PlanError } from '../../errors.ts'
import { boundCall, expectArguments } from '../bound.ts'
import { show } from '../show.ts'
import type { FunctionSpec } from './contract.ts'

/** `random(seed)`: from 0 up to 1, of 53 bits. */
const random: FunctionSpec = {
  name: 'random',
  bind(_args, call) {
    expectArguments(call, 0)
    const seed = call.options?.seed
    if (!Number.isInteger(seed) || (seed as number) < 0 || (seed as number) > 2 ** 32 - 1) {
      throw new PlanError(
        'OPTION',
        `${show(call)}: a seed is a whole number below 2^32, got ${String(seed)}`,
        {
          hint: 'random(7)',
        },
      )
    }
    return boundCall(random, 'float64', [], call, { seed })
  },
  nulls: 'never',
  columns({ options }, _args, count, arena, batch) {
    const seed = options.seed as number
    const high = hashPlaces(batch, seed)
    // Any other seed would do: the low bits are those of another hash.
    const low = hashPlaces(batch, seed + 2 ** 52)
    const values = allocFloat64(arena, count)
    for (let i = 0; i < count; i++) values[i] = (high[i]! * 2 ** 21 + (low[i]! >>> 11)) / 2 ** 53
    return { type: 'float64', values }
  },
}

export const randoms: readonly FunctionSpec[] = [random]
