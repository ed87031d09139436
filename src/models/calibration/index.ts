/** Calibrators turn a detector's statistic into a p-value: see `calibrator.ts`. */
export { type Calibrator, type CalibratorName, calibratorNames, openCalibrator } from './calibrator.ts'
