/**
 * Powers, logarithms and angles, as the JavaScript engine computes them in float64. DuckDB computes them by another library,
 * and fails where these give NaN or an infinity, so that nothing is sent there.
 */

import type { FunctionSpec } from './contract.ts'
import { floatFunction } from './number-argument.ts'

export const mathematics: readonly FunctionSpec[] = [
  floatFunction('sqrt', x => Math.sqrt(x)),
  floatFunction('exp', x => Math.exp(x)),
  floatFunction('log', x => Math.log(x)),
  floatFunction('log2', x => Math.log2(x)),
  floatFunction('log10', x => Math.log10(x)),
  floatFunction('pow', (x, y) => x ** y),
  floatFunction('sin', x => Math.sin(x)),
  floatFunction('cos', x => Math.cos(x)),
  floatFunction('tan', x => Math.tan(x)),
  floatFunction('asin', x => Math.asin(x)),
  floatFunction('acos', x => Math.acos(x)),
  floatFunction('atan', x => Math.atan(x)),
  floatFunction('atan2', (y, x) => Math.atan2(y, x)),
]
