/** A page for every error code, made of the tables of `docs/errors.md`. */

import { inert } from './pages.ts'

/** Paths and texts. */
export function* errorPages(text: string): Generator<[path: string, text: string]> {
  for (const { code, section, meaning, remedy } of errorCodes(text)) {
    const page = `# ${code}\n\n${sentence(meaning)}\n\n**What to do.** ${sentence(remedy)}\n\nOne of the errors of [${section.toLowerCase()}](../errors.md).`
    yield [`errors/${code}.md`, inert(page.replaceAll(/\]\((?!\.\.|[a-z]+:)([^)]+)\)/g, '](../$1)'))]
  }
}

export interface ErrorCode {
  readonly code: string
  readonly section: string
  readonly meaning: string
  readonly remedy: string
}

export function errorCodes(text: string): ErrorCode[] {
  let section = ''
  return text.split('\n').flatMap(line => {
    section = /^## (.*)$/.exec(line)?.[1] ?? section
    if (!/^\| `[A-Z]/.test(line)) return []
    const cells = line
      .replaceAll('\\|', '\u0000')
      .split('|')
      .map(cell => cell.trim().replaceAll('\u0000', '|'))
    const [, codes = '', meaning = '', remedy = ''] = cells
    return [...codes.matchAll(/`([A-Z][A-Z0-9_]*)`/g)].map(([, code]) => ({
      code: code!,
      section,
      meaning,
      remedy,
    }))
  })
}

const sentence = (text: string): string => {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?:]$/.test(first) ? first : `${first}.`
}
