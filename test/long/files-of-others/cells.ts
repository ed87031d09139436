/** Cells as texts that can be compared, whoever has read them. */

/** A cell of `collect({ timestamps: 'bigint' })`, or what an independent reader has for it. */
export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Date
  | Cells
  | CellMap
  | CellStruct
export interface Cells extends ReadonlyArray<Cell> {}
export interface CellMap extends ReadonlyMap<Cell, Cell> {}
export interface CellStruct {
  readonly [name: string]: Cell
}

/** Numbers of any kind by their value, zeros by their sign; dates by their day. */
export function shownCell(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return 'null'
  if (typeof cell === 'number') return Object.is(cell, -0) ? '-0' : String(cell)
  if (typeof cell === 'string') return JSON.stringify(cell)
  if (typeof cell !== 'object') return String(cell)
  if (cell instanceof Date) return String(cell.getTime() / 86_400_000)
  if (cell instanceof Uint8Array) return `x${Buffer.from(cell).toString('hex')}`
  if (Array.isArray(cell)) return `[${cell.map(shownCell).join()}]`
  const isMap = cell instanceof Map
  const entries: (readonly [Cell, Cell])[] = isMap ? [...cell] : Object.entries(cell)
  return `${isMap ? 'map' : ''}{${entries.map(pair => pair.map(shownCell).join(':')).join()}}`
}

/** How two readings differ first; undefined where they do not. */
export function difference(ours: readonly CellStruct[], theirs: readonly CellStruct[]): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} rows, not ${theirs.length}`
  for (let row = 0; row < ours.length; row++) {
    const [a, b] = [shownCell(ours[row]), shownCell(theirs[row])]
    if (a === b) continue
    let at = 0
    while (a[at] === b[at]) at++
    const from = Math.max(0, at - 60)
    return `row ${row}: …${a.slice(from, at + 60)}, not …${b.slice(from, at + 60)}`
  }
  return undefined
}

/** A number of units as a decimal number with `scale` digits after the point. */
export function decimalText(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const text = scale === 0 ? whole : `${whole}.${digits.slice(-scale)}`
  return units < 0n ? `-${text}` : text
}

/** A time of day as a clock shows it, without zeros at its end. */
export function clockText(units: bigint, perSecond: bigint): string {
  const two = (n: bigint) => String(n).padStart(2, '0')
  const seconds = units / perSecond
  const fraction = String(units % perSecond)
    .padStart(String(perSecond).length - 1, '0')
    .replace(/0+$/, '')
  const text = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  return fraction === '' ? text : `${text}.${fraction}`
}
