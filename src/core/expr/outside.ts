/** What expressions call that is not part of their data: whoever evaluates them hands it in. */

import type { OpenDistribution } from '../distribution.ts'
import type { Functions } from '../user-functions/function-ref.ts'

/** Without them an expression can be typed and shown, but not evaluated where it needs them. */
export interface Outside {
  /** Opens the distributions that expressions name. */
  readonly distributions?: OpenDistribution
  /** The user's functions that expressions call. */
  readonly functions?: Functions
}
