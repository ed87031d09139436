/**
 * ECharts, when the first picture is drawn. It is a package that only those need who draw; and its one file for `require`
 * loads in a tenth of the time that its thousand modules for `import` take.
 */

import { createRequire } from 'node:module'
import { MillraceError } from '../../core/errors.ts'

type Echarts = typeof import('echarts')

let loaded: Echarts | undefined

/** @throws {MillraceError} `MISSING_PACKAGE` with the command that installs it */
export function echartsFrom(require: (name: string) => unknown): Echarts {
  try {
    return require('echarts') as Echarts
  } catch (cause) {
    throw new MillraceError('MISSING_PACKAGE', 'pictures are drawn by echarts, which is not installed', {
      hint: 'npm install echarts',
      cause,
    })
  }
}

/** ECharts, loaded once. @throws as {@link echartsFrom} */
export function loadEcharts(): Echarts {
  loaded ??= echartsFrom(createRequire(import.meta.url))
  return loaded
}
