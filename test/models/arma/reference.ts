/** Reads the reference numbers beside the repository; tests that need them are skipped where they are absent. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const directory = new URL('../../../../shared/reference/', import.meta.url)

export const hasReference = existsSync(directory)

/** Parsed files whose name passes, by name; empty where the folder is absent. */
export function referenceFiles(pattern: RegExp): Record<string, any>[] {
  if (!hasReference) {
    console.warn(`reference folder not found (${pattern}): those tests are skipped`)
    return []
  }
  return readdirSync(directory)
    .filter(name => pattern.test(name))
    .map(name => ({ file: name, ...JSON.parse(readFileSync(new URL(name, directory), 'utf8')) }))
}

/** One parsed file. */
export function reference(name: string): Record<string, any> {
  return JSON.parse(readFileSync(new URL(`${name}.json`, directory), 'utf8'))
}
