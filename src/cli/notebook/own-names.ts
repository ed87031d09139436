/** In a clone of this repository: the package's public names mean its sources, as they mean `dist` where it is installed. */

import { registerHooks } from 'node:module'
import { SOURCES } from './sources.ts'

registerHooks({
  resolve: (specifier, context, next) =>
    Object.hasOwn(SOURCES, specifier)
      ? { url: SOURCES[specifier]!.href, shortCircuit: true }
      : next(specifier, context),
})
