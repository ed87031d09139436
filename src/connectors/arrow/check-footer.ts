/** Whether the lists in the footer of an Arrow file can be as long as it says: apache-arrow makes an object per entry. */

import { ConnectorError } from '../../core/errors.ts'

/** @throws {ConnectorError} `CORRUPT_FILE` @throws {RangeError} for what lies outside of the footer */
export function checkFooter(footer: Uint8Array, where: string): void {
  const view = new DataView(footer.buffer, footer.byteOffset, footer.byteLength)
  const tooLong = () =>
    new ConnectorError('CORRUPT_FILE', `${where} is damaged: a list in its footer is longer than the footer`)
  let entries = 0
  /** Where a field of a table is; 0 where it is absent. Fields are numbered from 0. */
  const fieldAt = (table: number, field: number): number => {
    const vtable = table - view.getInt32(table, true)
    const slot = 4 + 2 * field
    if (slot >= view.getUint16(vtable, true)) return 0
    const offset = view.getUint16(vtable + slot, true)
    return offset === 0 ? 0 : table + offset
  }
  const follow = (at: number): number => at + view.getUint32(at, true)
  /** The first entry of a list, and how many there are. */
  const listAt = (table: number, field: number, size: number): { at: number; length: number } => {
    const place = fieldAt(table, field)
    if (place === 0) return { at: 0, length: 0 }
    const list = follow(place)
    const length = view.getUint32(list, true)
    entries += length
    if (length * size > view.byteLength || entries > view.byteLength) throw tooLong()
    return { at: list + 4, length }
  }
  const checkFields = (table: number, field: number, depth: number): void => {
    if (depth > 100) throw tooLong()
    const { at, length } = listAt(table, field, 4)
    for (let i = 0; i < length; i++) {
      const own = follow(at + 4 * i)
      checkFields(own, 5, depth + 1)
      listAt(own, 6, 4)
    }
  }
  const root = follow(0)
  listAt(root, 2, 24)
  listAt(root, 3, 24)
  listAt(root, 4, 4)
  const schema = fieldAt(root, 1)
  if (schema === 0) return
  checkFields(follow(schema), 1, 0)
  listAt(follow(schema), 2, 4)
}
