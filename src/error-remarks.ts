/**
 * What an error says where it is shown, besides its message: the user's line with a caret, and the page of its code.
 *
 * Read when a stack is read: nothing is opened for errors that nobody looks at.
 */

import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { escapeControls } from './core/batch/format-table.ts'
import type { MillraceError } from './core/errors.ts'

/** Where a frame is. Lines and columns count from 1. */
interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Files of Millrace itself, as a program has them and as a clone does. */
const OWN = fileURLToPath(new URL('./', import.meta.url))
const PAGE = fileURLToPath(new URL('../docs/errors.md', import.meta.url))
const MOST_BYTES = 4 << 20
/** Characters of a line that are shown, and how many of them before the caret. */
const WIDTH = 100
const BEFORE = 60

/** The page of the error's code and, where the trace begins in a file of the user's, that line. */
export function remarksOn(error: MillraceError, frames: string): string {
  const line = userLine(frames, error.message)
  return `\n  docs: ${shownPath(PAGE)} (${error.code})${line === undefined ? '' : `\n\n${line}\n`}`
}

function userLine(frames: string, message: string): string | undefined {
  const place = firstOutside(frames)
  if (place === undefined) return undefined
  const text = lineOf(place)
  if (text === undefined) return undefined
  const at = subject(text, place.column - 1, message)
  const from = Math.max(0, at.start - BEFORE)
  const cut = text.slice(from, from + WIDTH).trimEnd()
  const indent = cut.length - cut.trimStart().length
  // Tabs stand for one column each, so that the caret stands below what it means.
  const shownOf = (from: number, to: number) => escapeControls(text.slice(from, to).replaceAll('\t', ' '))
  const shown = shownOf(from + indent, from + cut.length)
  const before = columnsOf(shownOf(from + indent, at.start))
  const caret =
    ' '.repeat(before) + '^'.repeat(Math.max(1, columnsOf(shownOf(at.start, at.start + at.length))))
  const number = String(place.line)
  return `  ${shownPath(place.file)}:${number}\n  ${number} | ${shown}\n  ${' '.repeat(number.length)} | ${caret}`
}

/** The first frame that is neither Millrace's nor Node's. */
function firstOutside(frames: string): Place | undefined {
  for (const frame of frames.split('\n')) {
    const found = /(?:^\s+at (?:async )?|\()((?:file:\/\/)?\/.*|[A-Za-z]:\\.*):(\d+):(\d+)\)?$/.exec(frame)
    if (!found) continue
    const file = pathOf(found[1]!)
    if (file === undefined || file.startsWith(OWN)) continue
    return { file, line: Number(found[2]), column: Number(found[3]) }
  }
  return undefined
}

function pathOf(location: string): string | undefined {
  try {
    return location.startsWith('file:') ? fileURLToPath(location) : location
  } catch {
    return undefined
  }
}

/** The text of a line, as far as the file is there and no larger than source is. */
function lineOf({ file, line }: Place): string | undefined {
  try {
    if (statSync(file).size > MOST_BYTES) return undefined
    return readFileSync(file, 'utf8').split(/\r?\n/, line)[line - 1]
  } catch {
    return undefined
  }
}

/** What of the line is meant: the name that the message quotes, where it stands after the call; else the call. */
function subject(text: string, column: number, message: string): { start: number; length: number } {
  const quoted = /"((?:[^"\\]|\\.)+)"/.exec(message.split('\n', 1)[0]!)?.[1]
  const start = quoted === undefined ? -1 : text.indexOf(quoted, column)
  if (start >= 0) return { start, length: quoted!.length }
  return { start: column, length: /^\w+/.exec(text.slice(column))?.[0].length ?? 1 }
}

/** Ideographs, their punctuation, syllables, and pictures: two columns each. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u

/** The columns of a terminal that a text takes. */
const columnsOf = (text: string): number =>
  [...text].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : /^\p{M}$/u.test(letter) ? 0 : 1), 0)

/** A path as someone in the current directory writes it. */
function shownPath(path: string): string {
  const near = relative('', path)
  return near.startsWith('..') || isAbsolute(near) ? path : near
}
