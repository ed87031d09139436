/**
 * ECharts, when the first picture is drawn. It is a package that only those need who draw; and its one file for `require`
 * loads in a tenth of the time that its thousand modules for `import` take.
 */

import { createRequire } from 'node:module'
import { MillraceError } from '../../core/errors.ts'

type Echarts = typeof import('echarts')

let loaded: Echarts | undefined

/** @throws {MillraceError} `MISSING_PACKAGE` with the command that installs it */
export function loadEcharts(require: (name: string) => unknown = createRequire(import.meta.url)): Echarts {
  try {
    loaded ??= require('echarts') as Echarts
    return loaded
  } catch (error) {
    throw new MillraceError('MISSING_PACKAGE', 'pictures are drawn by echarts, which is not installed', {
      hint: 'npm install echarts',
      cause: error,
    })
  }
}
