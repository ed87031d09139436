/** Named state of detectors. */
export { type PartSpec, type RecordLayout, record } from '../../../core/record.ts'
