/** Patterns of paths: `*`, `?`, `[a-z]`, `{a,b}` within a name, `**` over any number of directories. */

import { readdir, stat } from 'node:fs/promises'
import { join, parse } from 'node:path'

/** Whether a path has a character that means something in a pattern. */
export const isPattern = (path: string): boolean => /[*?[{]/.test(path)

/**
 * The files that match a pattern, in the order of their names. Names that begin with a dot match only patterns that do;
 * `**` does not follow symbolic links, which may lead back up.
 */
export async function glob(pattern: string): Promise<string[]> {
  const { root } = parse(pattern)
  const pieces = pattern
    .slice(root.length)
    .split(/[/\\]+/)
    .filter(piece => piece !== '' && piece !== '.')
  const found = new Set<string>()
  await walk(root, pieces, found)
  return [...found].sort(byName)
}

/** All files below a directory, in the order of their names; not those that, or whose directories, begin with `.` or `_`. */
export async function filesBelow(directory: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await entries(directory)) {
    if (/^[._]/.test(entry.name)) continue
    const path = join(directory, entry.name)
    if (entry.isDirectory()) found.push(...(await filesBelow(path)))
    else if (await isFile(path)) found.push(path)
  }
  return found.sort(byName)
}

/** By code units, as every machine orders them. */
const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

async function walk(directory: string, pieces: readonly string[], found: Set<string>): Promise<void> {
  const [piece, ...rest] = pieces
  if (piece === undefined) return
  if (piece === '**') {
    await walk(directory, rest.length > 0 ? rest : ['*'], found)
    for (const entry of await entries(directory)) {
      if (entry.isDirectory() && !entry.name.startsWith('.'))
        await walk(join(directory, entry.name), pieces, found)
    }
    return
  }
  const names = isPattern(piece)
    ? (await entries(directory)).map(({ name }) => name).filter(matcher(piece))
    : [piece]
  for (const name of names) {
    const path = join(directory, name)
    if (rest.length > 0) await walk(path, rest, found)
    else if (await isFile(path)) found.add(path)
  }
}

/** What is in a directory; nothing where it is none, or not to be read. */
const entries = (directory: string) =>
  readdir(directory === '' ? '.' : directory, { withFileTypes: true }).catch(() => [])

const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() === true

function matcher(piece: string): (name: string) => boolean {
  const pattern = new RegExp(`^${alternatives(piece)}$`, 'su')
  const hidden = piece.startsWith('.')
  return name => (hidden || !name.startsWith('.')) && pattern.test(name)
}

/** `{a,b}` as a group; a brace that is not closed is a character. */
function alternatives(piece: string): string {
  const open = piece.indexOf('{')
  const close = piece.indexOf('}', open)
  if (open < 0 || close < 0) return characters(piece)
  const words = piece
    .slice(open + 1, close)
    .split(',')
    .map(characters)
    .join('|')
  return `${characters(piece.slice(0, open))}(?:${words})${alternatives(piece.slice(close + 1))}`
}

function characters(text: string): string {
  let source = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '*') source += '.*'
    else if (character === '?') source += '.'
    else if (character === '[' && text.indexOf(']', i + 2) > 0) {
      const close = text.indexOf(']', i + 2)
      const set = text
        .slice(i + 1, close)
        .replace(/^!/, '^')
        .replace(/[\\\]]/g, '\\$&')
      source += `[${set}]`
      i = close
    } else source += character.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  }
  return source
}
