import type { StateLayout, StateTable } from '../../../core/fold.ts'

/** The key is as if it had not been seen. */
export function forget(state: StateTable, layout: StateLayout, key: number): void {
  for (const [name, field] of Object.entries(layout)) {
    if (field.kind === 'object') {
      ;(state[name] as unknown as unknown[])[key] = undefined
      continue
    }
    const { width = 1, initial = 0 } = field
    ;(state[name] as Float64Array | Int32Array | Uint32Array).fill(initial, key * width, (key + 1) * width)
  }
}
