import { showDuration } from '../duration.ts'
import type { CalendarSpan } from './calendar.ts'
import type { WindowSpec } from './spec.ts'

const showSpan = ({ unit, count }: CalendarSpan): string => (count === 1 ? `a ${unit}` : `${count} ${unit}s`)

/** Windows in words, for `explain`: `tumbling windows of 1h`. */
export function showWindow(spec: WindowSpec): string {
  switch (spec.kind) {
    case 'calendar': {
      return `windows of ${showSpan(spec.span)} in ${spec.span.timeZone}`
    }
    case 'calendarSliding': {
      const { span, count } = spec
      const whole = { ...span, count: span.count * count }
      return `sliding windows of ${showSpan(whole)}, every ${showSpan(span)}, in ${span.timeZone}`
    }
    case 'calendarCumulate': {
      const { span, every } = spec
      const step = typeof every === 'number' ? showDuration(every) : showSpan(every)
      return `windows that grow to ${showSpan(span)}, every ${step}, in ${span.timeZone}`
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
