/** The same for the command, which says so without a stack trace. Imported before anything else. */

import { nodeRefusal } from '../core/node-version.ts'

const refusal = nodeRefusal(process.versions.node)
if (refusal !== undefined) {
  process.stderr.write(
    `millrace: NODE_VERSION: ${refusal}\n  HINT: install a newer one: https://nodejs.org\n`,
  )
  process.exit(1)
}
