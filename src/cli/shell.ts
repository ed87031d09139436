/** Commands that the user can copy: how this program is called here, and quoting. */

import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A word as a POSIX shell takes it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/** SQL in double quotes where nothing in it means anything to a shell, as it reads best; else in single ones. */
export const quotedSql = (sql: string): string => (/["$`\\!]/.test(sql) ? quoted(sql) : `"${sql}"`)

/** What to type for `millrace`: in a clone of the repository it is not installed. */
export function program(): string {
  const main = new URL('./main.ts', import.meta.url)
  if (!import.meta.url.endsWith('.ts')) return 'npx millrace'
  return process.env.npm_lifecycle_event === undefined
    ? `node ${quoted(relative('', fileURLToPath(main)))}`
    : 'npm run millrace --'
}
