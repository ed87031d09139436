import { showDuration } from '../duration.ts'
import type { WindowSpec } from './spec.ts'

/** Windows in words, for `explain`: `tumbling windows of 1h`. */
export function showWindow(spec: WindowSpec): string {
  return `tumbling windows of ${showDuration(spec.sizeMs)}`
}
