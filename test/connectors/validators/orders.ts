/** Validators that shards import. */

import * as v from 'valibot'
import * as z from 'zod'

export const order = z.object({
  id: z.int(),
  name: z.string().min(1),
  price: z.number().positive().optional(),
})

export const valibotOrder = v.object({
  id: v.number(),
  name: v.pipe(v.string(), v.minLength(1)),
  price: v.optional(v.pipe(v.number(), v.gtValue(0))),
})

export const notOne = () => 1
