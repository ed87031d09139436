export { type AcfOptions, acf, acov } from './acf.ts'
export { pacf } from './pacf.ts'
