/**
 * Refuses a Node that Millrace does not run on, by name and version. The entries of the package import this before
 * anything else: what comes after may use what an older Node lacks.
 */

import { MillraceError } from './errors.ts'
import { nodeRefusal } from './node-version.ts'

const refusal = nodeRefusal(process.versions.node)
if (refusal !== undefined) {
  throw new MillraceError('NODE_VERSION', refusal, { hint: 'install a newer one: https://nodejs.org' })
}
