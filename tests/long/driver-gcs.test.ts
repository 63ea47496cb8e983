import { driverSuite } from '../storage/driver-suite.ts'

driverSuite('gcs')
