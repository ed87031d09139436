/** Programs of the system that tests need. */

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program is; undefined where it is not installed. */
export const program = (name: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map(folder => join(folder, name))
    .find(path => existsSync(path))

/** Whether all are there; says so where not. */
export function have(...names: string[]): boolean {
  const missing = names.filter(name => !program(name))
  if (missing.length > 0)
    console.warn(`skipped: ${missing.join(', ')} not installed (Debian: apt-get install chromium prometheus)`)
  return missing.length === 0
}
