/** Where users called: what traces of errors begin with. */

import { MillraceError, setFrames } from '../errors.ts'

/** Stack frames of a user's call, taken when it was made; V8 turns them into text only when they are read. */
export interface CallSite {
  readonly stack: string
}

/** The frames from the caller of `above` on. */
export function callSite(above: Function): CallSite {
  const site = {} as { stack: string }
  Error.captureStackTrace(site, above)
  return site
}

const located = new WeakSet<MillraceError>()

/** Makes an error's trace begin at the user's call; the first site given is the closest, and stays. */
export function thrownAt(error: unknown, site: CallSite | undefined): unknown {
  if (error instanceof MillraceError && site && !located.has(error) && !Object.isSealed(error)) {
    located.add(error)
    setFrames(error, site)
  }
  return error
}
