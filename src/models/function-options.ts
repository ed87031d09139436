/** The check of what functions on arrays take: an option that does not exist is refused, not ignored. */
import { ModelError } from '../core/errors.ts'
import { optionChecks, type Refuse, shown } from '../core/options.ts'

const refuse: Refuse = (what, got, hint, above) => {
  throw new ModelError('MODEL_OPTION', `${what}, got ${shown(got)}`, { hint, ...(above ? { above } : {}) })
}

/** @throws {ModelError} `MODEL_OPTION` for what is no object of options, or an option not in `names` */
export const { checkNames: checkOptions } = optionChecks(refuse)
