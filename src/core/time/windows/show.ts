import { showDuration } from '../duration.ts'
import type { WindowSpec } from './spec.ts'

/** Windows in words, for `explain`: `tumbling windows of 1h`. */
export function showWindow(spec: WindowSpec): string {
  switch (spec.kind) {
    case 'calendar': {
      const { unit, count, timeZone } = spec.span
      return `windows of ${count === 1 ? `a ${unit}` : `${count} ${unit}s`} in ${timeZone}`
    }
    case 'session':
      return `sessions that end after ${showDuration(spec.gapMs)} without rows`
    case 'count':
      return `windows of ${spec.rows} rows${spec.every === spec.rows ? '' : `, every ${spec.every}`}`
    case 'global':
      return 'one window of all time'
    case 'tumbling':
      return `tumbling windows of ${showDuration(spec.sizeMs)}`
    case 'sliding':
      return `sliding windows of ${showDuration(spec.sizeMs)}, every ${showDuration(spec.everyMs)}`
    case 'cumulate':
      return `windows that grow to ${showDuration(spec.maxMs)}, every ${showDuration(spec.everyMs)}`
  }
}
