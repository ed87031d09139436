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
/** Of a call that goes on, how many are looked at. */
const MOST_LINES = 40
const BEFORE = 60

/** The page of the error's code and, where the trace begins in a file of the user's, that line. */
export function remarksOn(error: MillraceError, frames: string): string {
  const line = userLine(frames, error.message)
  return `\n  docs: ${shownPath(PAGE)} (${error.code})${line === undefined ? '' : `\n\n${line}\n`}`
}

function userLine(frames: string, message: string): string | undefined {
  const place = firstOutside(frames)
  const lines = place && linesFrom(place)
  if (lines?.[0] === undefined) return undefined
  const at = subject(lines as [string, ...string[]], place!.column - 1, message)
  const text = lines[at.line]!
  const from = Math.max(0, at.start - BEFORE)
  const cut = text.slice(from, from + WIDTH).trimEnd()
  const indent = cut.length - cut.trimStart().length
  // Tabs stand for one column each, so that the caret stands below what it means.
  const shownOf = (from: number, to: number) => escapeControls(text.slice(from, to).replaceAll('\t', ' '))
  const shown = shownOf(from + indent, from + cut.length)
  const before = columnsOf(shownOf(from + indent, at.start))
  const end = Math.min(at.start + at.length, from + cut.length)
  const caret = ' '.repeat(before) + '^'.repeat(Math.max(1, columnsOf(shownOf(at.start, end))))
  const number = String(place!.line + at.line)
  return `  ${shownPath(place!.file)}:${number}\n  ${number} | ${shown}\n  ${' '.repeat(number.length)} | ${caret}`
}

/** The first frame that is neither Millrace's, nor Node's, nor another package's. */
function firstOutside(frames: string): Place | undefined {
  for (const frame of frames.split('\n')) {
    const found = /(?:^\s+at (?:async )?|\()((?:file:\/\/)?\/.*|[A-Za-z]:\\.*):(\d+):(\d+)\)?$/.exec(frame)
    if (!found) continue
    const file = pathOf(found[1]!)
    if (file === undefined || file.startsWith(OWN) || /[\\/]node_modules[\\/]/.test(file)) continue
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

/** The text of a line and of some after it, as far as the file is there and no larger than source is. */
function linesFrom({ file, line }: Place): string[] | undefined {
  try {
    if (statSync(file).size > MOST_BYTES) return undefined
    return readFileSync(file, 'utf8')
      .split(/\r?\n/, line - 1 + MOST_LINES)
      .slice(line - 1)
  } catch {
    return undefined
  }
}

/** What is meant, in the line of the call or one that the call goes on in. */
interface Subject {
  readonly line: number
  readonly start: number
  readonly length: number
}

/**
 * What of the call is meant: the line of the function it was given that threw, or the name that the message quotes, where it
 * stands after the call; else the call.
 */
function subject(lines: readonly [string, ...string[]], column: number, message: string): Subject {
  const first = lines[0]
  const call = [first.slice(column), ...lines.slice(1)].slice(0, linesOfCall(first.slice(column), lines))
  const said = message.split('\n', 1)[0]!
  const threw = lineThatThrew(call, said)
  if (threw !== undefined) {
    const start = lines[threw]!.search(/\S/)
    return { line: threw, start, length: lines[threw]!.trim().length }
  }
  const quoted = /"((?:[^"\\]|\\.)+)"/.exec(said)?.[1]
  if (quoted !== undefined) {
    const name = new RegExp(`(?<![\\w$])${quoted.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}(?![\\w$])`)
    const line = call.findIndex(text => name.test(text))
    if (line >= 0)
      return { line, start: call[line]!.search(name) + (line === 0 ? column : 0), length: quoted.length }
  }
  // Of some calls the place is their parenthesis.
  const start = first[column] === '(' ? column - /\w*$/.exec(first.slice(0, column))![0].length : column
  return { line: 0, start, length: /^\w+/.exec(first.slice(start))?.[0].length ?? 1 }
}

/** How many lines a call goes on for, by its brackets outside of texts. */
function linesOfCall(first: string, lines: readonly string[]): number {
  let open = 0
  for (const [i, line] of lines.entries()) {
    const code = (i === 0 ? first : line).replace(
      /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\/.*$/g,
      '',
    )
    for (const letter of code) {
      if ('([{'.includes(letter)) open++
      else if (')]}'.includes(letter) && --open <= 0) return i + 1
    }
    if (open === 0) return i + 1
  }
  return lines.length
}

/** The line of a call at which the function that is its first argument threw, as the message of `FUNCTION_FAILED` says it. */
function lineThatThrew(call: readonly string[], said: string): number | undefined {
  const [, line, text = ''] = / at line (\d+) of it, (.*?)…?; it was called with /.exec(said) ?? []
  if (line === undefined) return undefined
  const argument = /^\w*\(\s*(?=\S)/.exec(call.join('\n'))?.[0]
  if (argument === undefined) return undefined
  const found = argument.split('\n').length - 1 + Number(line) - 1
  // The function may be one of elsewhere, and its source another than the one that is compiled.
  const words = text.match(/\w+/g)?.slice(0, 5) ?? []
  return words.length > 0 && words.every(word => call[found]?.includes(word)) ? found : undefined
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
