/** The checks of what functions on arrays take: what does not exist, or makes no sense, is refused and not ignored. */
import { ModelError } from '../core/errors.ts'
import { optionChecks, type Refuse, shown } from '../core/options.ts'

const refuse: Refuse = (what, got, hint, above) => {
  throw new ModelError('MODEL_OPTION', `${what}, got ${shown(got)}`, { hint, ...(above ? { above } : {}) })
}

/**
 * @throws {ModelError} `MODEL_OPTION` for what is no object of options, an option not in `names`, or a value outside its
 *   range
 */
export const { checkNames: checkOptions, whole, flag, oneOf } = optionChecks(refuse)

/** Lags, weights and orders at most: what is made of them is as long, or that squared. */
export const MAX_LAGS = 1_000_000
