/** What makes p-values of a detector's statistic: see `calibrator.ts`. */
export { type Calibrator, type CalibratorName, calibratorNames, openCalibrator } from './calibrator.ts'
