/** Keys as state: in blocks of ids, of which those are written that changed. */

import { type Batch, NO_POSITION } from '../batch/batch.ts'
import { heapArena } from '../batch/slab.ts'
import { plainText } from '../batch/take.ts'
import { DIRTY_IDS, type DirtyBlocks } from '../state/dirty-blocks.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { StateWriter } from '../state/state-writer.ts'

/**
 * Writes the keys whose blocks changed as the table `keys`, with a number each. Keys that are there 0 times are left
 * out.
 */
export function saveKeys(
  to: StateWriter,
  keys: KeyTable,
  dirty: DirtyBlocks,
  numbers: Int32Array | Float64Array | undefined,
): void {
  const counts = numbers instanceof Int32Array ? numbers : undefined
  const blocks = Math.ceil(keys.size / DIRTY_IDS)
  for (let block = 0; block < blocks; block++) {
    if (to.since !== undefined && !dirty.has(block)) continue
    const ids: number[] = []
    const end = Math.min(keys.size, (block + 1) * DIRTY_IDS)
    for (let id = block * DIRTY_IDS; id < end; id++) if (counts?.[id] !== 0) ids.push(id)
    const { batch, keyGroups } = keyTable(keys, ids, numbers)
    to.block('keys', block, batch, keyGroups)
  }
  to.blocks('keys', blocks)
  dirty.clear()
}

/** Keys of some ids with a number each. */
function keyTable(keys: KeyTable, ids: readonly number[], numbers: Int32Array | Float64Array | undefined) {
  // Without the dictionary of all keys, which would be saved with each block.
  const columns = keys
    .columns(Uint32Array.from(ids), heapArena)
    .map(column => (column.dictionary ? plainText(column, ids.length, heapArena) : column))
  if (numbers instanceof Int32Array)
    columns.push({ type: 'int32', values: Int32Array.from(ids, id => numbers[id]!) })
  else if (numbers) columns.push({ type: 'float64', values: Float64Array.from(ids, id => numbers[id]!) })
  const schema = columns.map(({ type }, i) => ({ name: `${i}`, type }))
  const batch: Batch = { schema, length: ids.length, columns, position: NO_POSITION }
  return { batch, keyGroups: Uint8Array.from(ids, id => keys.keyGroup(id)) }
}
