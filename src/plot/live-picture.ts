/** A picture in a notebook that changes while a cell runs. */

import { liveDisplay } from '../core/display.ts'
import type { Figure } from './figure.ts'

/** A place for a picture that changes; `livePicture` makes it. */
export interface LivePicture {
  /**
   * Shows this figure in place of the one before. A function makes it only when it is shown: of many in a short time that is
   * the last.
   */
  show(figure: Figure | (() => Figure)): void
  /** Shows the last figure. To be awaited before the cell ends. */
  close(): Promise<void>
}

/**
 * A place in a notebook for a picture that changes, at most about every `everyMs`: while rows arrive, say. Outside of
 * notebooks the last figure's name is printed when it is closed.
 *
 * @example
 * const picture = livePicture()
 * const points: { x: number; y: number }[] = []
 * for (let x = 0; x < 100; x++) {
 *   points.push({ x, y: x * x })
 *   picture.show(() => line(points, { x: 'x', y: 'y' }))
 * }
 * await picture.close()
 */
export function livePicture({ everyMs = 500 }: { readonly everyMs?: number } = {}): LivePicture {
  const display = liveDisplay(everyMs)
  return {
    show: figure => display.update(() => (typeof figure === 'function' ? figure() : figure).bundle()),
    close: () => display.close(),
  }
}
