export {
  type CssEstimate,
  type CssShape,
  type CssWorkspace,
  css,
  cssConditioning,
  cssFit,
  cssObjective,
  cssResiduals,
  cssWorkspace,
} from './css.ts'
