/** What JSON.parse has for a file of one object, or of none; JSON texts have to be UTF-8. */

import type { Cell, CellStruct } from './cells.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** @throws {SyntaxError} `TypeError` for what is no JSON */
export function jsonRows(bytes: Uint8Array): CellStruct[] {
  return [JSON.parse(strict.decode(bytes)) as CellStruct]
}

/**
 * Whether a cell is what JSON.parse has, as far as columns can hold it: whole numbers are exact where a double is not, and what
 * is of several types within a column is text.
 */
export function sameJson(ours: Cell | undefined, theirs: Cell | undefined): boolean {
  if (ours === null || ours === undefined) return theirs === null || theirs === undefined
  if (typeof ours === 'bigint') return Number(ours) === theirs
  if (Array.isArray(ours)) {
    if (!Array.isArray(theirs)) return false
    return ours.length === theirs.length && ours.every((item, i) => sameJson(item, theirs[i]))
  }
  if (typeof ours === 'object') {
    if (typeof theirs !== 'object' || theirs === null) return false
    const names = new Set([...Object.keys(ours), ...Object.keys(theirs)])
    return [...names].every(name => sameJson((ours as CellStruct)[name], (theirs as CellStruct)[name]))
  }
  if (ours === theirs) return true
  return typeof ours === 'string' && typeof theirs !== 'string' && sameText(ours, theirs)
}

function sameText(text: string, value: Cell | undefined): boolean {
  try {
    return JSON.stringify(JSON.parse(text)) === JSON.stringify(value)
  } catch {
    return false
  }
}
